import { useMutation } from '@tanstack/react-query';
import { View } from 'react-native';

import { messageOf } from '@/api/errors';
import { keys } from '@/api/keys';
import type { Credential } from '@/api/types';
import { humanise } from '@/format/words';
import { useServices } from '@/lib/services';
import { space } from '@/theme/tokens';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { Notice } from '@/ui/states';
import { Txt } from '@/ui/Txt';

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
    <Dialog title={`Disconnect ${name}?`} onClose={onDone} testID="disconnect-dialog">
      <Txt tone="muted">
        {`NIJA can no longer trade there, nor close what is open at ${humanise(credential.venue)}. The key itself stays valid at the exchange until you delete it there.`}
      </Txt>
      {revoke.isError ? <Notice live tone="negative" text={messageOf(revoke.error)} /> : null}
      <View style={{ flexDirection: 'row', gap: space.m, flexWrap: 'wrap' }}>
        <Button kind="secondary" label="Keep it" onPress={onDone} style={{ flex: 1 }} />
        <Button
          kind="danger"
          label="Disconnect"
          busy={revoke.isPending}
          onPress={() => revoke.mutate()}
          style={{ flex: 1 }}
          testID="disconnect-confirm"
        />
      </View>
    </Dialog>
  );
}
