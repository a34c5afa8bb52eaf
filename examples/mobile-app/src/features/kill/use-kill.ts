import { useMutation } from '@tanstack/react-query';

import { keys } from '@/api/keys';
import type { KillSwitch } from '@/api/types';
import { useServices } from '@/lib/services';

/** Throws the user's kill switch and takes it off. Throwing it twice does no harm: its work starts over. */
export function useKill() {
  const { api, cache } = useServices();
  const shown = {
    onSuccess: (all: KillSwitch[]) => void cache.setQueryData(keys.kills, all),
    // A lost answer does not say that nothing happened.
    onSettled: () =>
      Promise.all(
        [keys.kills, keys.overview, keys.open, keys.orders].map((queryKey) => cache.invalidateQueries({ queryKey })),
      ),
  };
  return {
    start: useMutation({ mutationFn: (flatten: boolean) => api.throwKillSwitch(flatten), ...shown }),
    release: useMutation({ mutationFn: (password: string) => api.releaseKillSwitch(password), gcTime: 0, ...shown }),
  };
}
