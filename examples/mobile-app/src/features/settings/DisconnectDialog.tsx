import { useMutation } from '@tanstack/react-query';

import { keys } from '@/api/keys';
import type { Credential } from '@/api/types';
import { humanise } from '@/format/words';
import { useServices } from '@/lib/services';
import { ConfirmDialog } from '@/ui/ConfirmDialog';

/** Asks before a key is revoked here. */
export function DisconnectDialog({ credential, onDone }: { credential: Credential; onDone: () => void }) {
  const { api, cache } = useServices();
  const name = credential.label || humanise(credential.venue);
  const revoke = useMutation({
    mutationFn: () => api.revokeCredential(credential.id),
    onSuccess: async () => {
      await Promise.all(
        [keys.credentials, keys.venues, keys.overview].map((queryKey) => cache.invalidateQueries({ queryKey })),
      );
      onDone();
    },
  });
  return (
    <ConfirmDialog
      title={`Disconnect ${name}?`}
      text={`NIJA can no longer trade there, nor close what is open at ${humanise(credential.venue)}. The key itself stays valid at the exchange until you delete it there.`}
      label="Disconnect"
      away="Keep it"
      danger
      busy={revoke.isPending}
      error={revoke.error}
      onConfirm={() => revoke.mutate()}
      onClose={onDone}
      testID="disconnect"
    />
  );
}
