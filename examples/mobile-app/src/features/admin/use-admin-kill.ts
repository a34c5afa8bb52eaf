import { useMutation } from '@tanstack/react-query';

import { keys } from '@/api/keys';
import type { ReleaseKill, ThrowKill } from '@/api/types';
import { useServices } from '@/lib/services';

/** Throws and releases the switches of an administrator. The password does not linger in the cache. */
export function useAdminKill() {
  const { api, cache } = useServices();
  // A lost answer does not say that nothing happened.
  const onSettled = () =>
    Promise.all([keys.allKills, keys.kills, keys.overview].map((queryKey) => cache.invalidateQueries({ queryKey })));
  return {
    start: useMutation({ mutationFn: (wanted: ThrowKill) => api.throwAnyKillSwitch(wanted), gcTime: 0, onSettled }),
    release: useMutation({
      mutationFn: (wanted: ReleaseKill) => api.releaseAnyKillSwitch(wanted),
      gcTime: 0,
      onSettled,
    }),
  };
}
