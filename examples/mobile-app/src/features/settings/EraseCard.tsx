import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { View } from 'react-native';

import { messageOf } from '@/api/errors';
import { useServices } from '@/lib/services';
import { space } from '@/theme/tokens';
import { Button } from '@/ui/Button';
import { Card } from '@/ui/Card';
import { Dialog } from '@/ui/Dialog';
import { Field } from '@/ui/Field';
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
        <Button kind="danger" label="Erase all keys" onPress={() => setAsking(true)} testID="erase-open" />
      </View>
      {asking ? <EraseDialog onDone={() => setAsking(false)} /> : null}
    </Card>
  );
}

function EraseDialog({ onDone }: { onDone: () => void }) {
  const { api, cache } = useServices();
  const [password, setPassword] = useState('');
  const erase = useMutation({
    mutationFn: () => api.eraseCredentials(password),
    gcTime: 0,
    onSuccess: () => cache.invalidateQueries(),
  });
  return (
    <Dialog title="Erase all exchange keys?" onClose={onDone} testID="erase-dialog">
      {erase.isSuccess ? (
        <>
          <Notice
            live
            tone="positive"
            text={`Erased. Entry ${erase.data.audit_seq} of the audit log records it.`}
            testID="erase-done"
          />
          <Button label="Close" onPress={onDone} />
        </>
      ) : (
        <>
          <Txt tone="muted">This cannot be undone. Delete the keys at the exchanges as well.</Txt>
          <Field
            label="Your password"
            secureTextEntry
            value={password}
            onChange={setPassword}
            autoComplete="current-password"
            testID="erase-password"
          />
          {erase.isError ? <Notice live tone="negative" text={messageOf(erase.error)} /> : null}
          <View style={{ flexDirection: 'row', gap: space.m, flexWrap: 'wrap' }}>
            <Button kind="secondary" label="Keep them" onPress={onDone} style={{ flex: 1 }} />
            <Button
              kind="danger"
              label="Erase"
              disabled={password === ''}
              busy={erase.isPending}
              onPress={() => erase.mutate()}
              style={{ flex: 1 }}
              testID="erase-confirm"
            />
          </View>
        </>
      )}
    </Dialog>
  );
}
