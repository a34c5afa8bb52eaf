import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { View } from 'react-native';

import { useServices } from '@/lib/services';
import { space } from '@/theme/tokens';
import { Button } from '@/ui/Button';
import { Card } from '@/ui/Card';
import { ConfirmDialog } from '@/ui/ConfirmDialog';
import { Dialog } from '@/ui/Dialog';
import { Notice } from '@/ui/states';
import { Txt } from '@/ui/Txt';

/** The end of all stored exchange keys, which cannot be undone. */
export function EraseCard() {
  const [asking, setAsking] = useState(false);
  return (
    <Card title="Erase my exchange keys" testID="erase">
      <View style={{ gap: space.l }}>
        <Txt variant="small" tone="muted">
          Destroys what opens your stored keys, for ever and for everyone. The audit log proves it. Orders that rest at
          an exchange stay there, and nothing here can close a position any more.
        </Txt>
        <Button
          kind="danger"
          label="Erase all keys"
          onPress={() => setAsking(true)}
          style={{ alignSelf: 'flex-start' }}
          testID="erase-open"
        />
      </View>
      {asking ? <EraseDialog onDone={() => setAsking(false)} /> : null}
    </Card>
  );
}

function EraseDialog({ onDone }: { onDone: () => void }) {
  const { api, cache } = useServices();
  const erase = useMutation({
    mutationFn: (password: string) => api.eraseCredentials(password),
    gcTime: 0,
    onSuccess: () => cache.invalidateQueries(),
  });
  if (erase.isSuccess) {
    return (
      <Dialog title="Erased" onClose={onDone} testID="erase-dialog">
        <Notice
          live
          tone="positive"
          text={`Erased. Entry ${erase.data.audit_seq} of the audit log records it.`}
          testID="erase-done"
        />
        <Button label="Close" onPress={onDone} />
      </Dialog>
    );
  }
  return (
    <ConfirmDialog
      title="Erase all exchange keys?"
      text="This cannot be undone. Delete the keys at the exchanges as well."
      label="Erase"
      away="Keep them"
      danger
      withPassword
      busy={erase.isPending}
      error={erase.error}
      onConfirm={(password) => erase.mutate(password)}
      onClose={onDone}
      testID="erase"
    />
  );
}
