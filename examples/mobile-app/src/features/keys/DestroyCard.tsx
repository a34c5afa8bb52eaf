import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { View } from 'react-native';

import { keys } from '@/api/keys';
import type { Credential } from '@/api/types';
import { useVenueName } from '@/api/use-venue-name';
import { useServices } from '@/lib/services';
import { space } from '@/theme/tokens';
import { Button } from '@/ui/Button';
import { Card } from '@/ui/Card';
import { ConfirmDialog } from '@/ui/ConfirmDialog';
import { Txt } from '@/ui/Txt';

/** The end of one key for good: what the vault stores of it is wiped. */
export function DestroyCard({ credential }: { credential: Credential }) {
  const [asking, setAsking] = useState(false);
  const name = useVenueName()(credential.venue);
  const inUse = credential.status === 'active' ? ' It is disconnected by that as well.' : '';
  const stored =
    credential.custody === 'device'
      ? `Marks this key as destroyed, for ever.${inUse} The key itself was never here: delete it on your phone and at ${name}.`
      : `Wipes what the vault stores of this key, in all its versions, for good.${inUse} Its lines in the audit log stay. A backup from before has it still, encrypted, until it expires. At ${name} the key stays valid until you delete it there.`;
  return (
    <Card title="Destroy this key" testID="key-destroy">
      <View style={{ gap: space.l }}>
        <Txt variant="small" tone="muted">
          {stored}
        </Txt>
        <Button
          kind="danger"
          label="Destroy this key"
          onPress={() => setAsking(true)}
          style={{ alignSelf: 'flex-start' }}
          testID="destroy-open"
        />
      </View>
      {asking ? <DestroyDialog credential={credential} venue={name} onDone={() => setAsking(false)} /> : null}
    </Card>
  );
}

function DestroyDialog({ credential, venue, onDone }: { credential: Credential; venue: string; onDone: () => void }) {
  const { api, cache } = useServices();
  const name = credential.label || venue;
  const destroy = useMutation({
    mutationFn: (password: string) => api.destroyCredential(credential.id, password),
    // The password must not linger in the mutation cache.
    gcTime: 0,
    onSuccess: async () => {
      await Promise.all(
        [keys.credentials, keys.venues, keys.overview].map((queryKey) => cache.invalidateQueries({ queryKey })),
      );
      onDone();
    },
  });
  const inUse = `It is in use: nothing here can close what is open at ${venue} any more, and orders that rest there stay. `;
  return (
    <ConfirmDialog
      title={`Destroy ${name}${credential.label ? ` at ${venue}` : ''}?`}
      text={`${credential.status === 'active' ? inUse : ''}What the vault stores of this key is wiped for good. This cannot be undone.`}
      label="Destroy"
      away="Keep it"
      danger
      typed={name}
      withPassword
      busy={destroy.isPending}
      error={destroy.error}
      onConfirm={(password) => destroy.mutate(password)}
      onClose={onDone}
      testID="destroy"
    />
  );
}
