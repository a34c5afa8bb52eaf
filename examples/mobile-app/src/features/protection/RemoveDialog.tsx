import { useMutation } from '@tanstack/react-query';
import { View } from 'react-native';

import { messageOf } from '@/api/errors';
import { keys } from '@/api/keys';
import type { Position, Protection } from '@/api/types';
import { useServices } from '@/lib/services';
import { space } from '@/theme/tokens';
import { Button } from '@/ui/Button';
import { Dialog } from '@/ui/Dialog';
import { Notice } from '@/ui/states';
import { Txt } from '@/ui/Txt';

/** Asks before a position is left without what guards it. */
export function RemoveDialog({ position, onDone }: { position: Position; onDone: () => void }) {
  const { api, cache } = useServices();
  const remove = useMutation({
    mutationFn: () => api.unprotect(position.id),
    onSuccess: () => {
      cache.setQueryData<Protection[]>(keys.protections, (all = []) =>
        all.filter((one) => one.position_id !== position.id),
      );
      onDone();
    },
  });
  return (
    <Dialog title={`Leave ${position.symbol} unguarded?`} onClose={onDone} testID="protection-dialog">
      <Txt tone="muted">
        Its stop and its targets go, and an order that rests at the exchange for them is cancelled. No price closes the
        position by itself then.
      </Txt>
      {remove.isError ? <Notice live tone="negative" text={messageOf(remove.error)} testID="protection-error" /> : null}
      <View style={{ flexDirection: 'row', gap: space.m, flexWrap: 'wrap' }}>
        <Button kind="secondary" label="Keep it" onPress={onDone} style={{ flexGrow: 1 }} />
        <Button
          kind="danger"
          label="Remove"
          busy={remove.isPending}
          onPress={() => remove.mutate()}
          style={{ flexGrow: 1 }}
          testID="protection-remove-confirm"
        />
      </View>
    </Dialog>
  );
}
