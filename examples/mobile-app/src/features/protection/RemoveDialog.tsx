import { useMutation } from '@tanstack/react-query';

import { keys } from '@/api/keys';
import type { Position, Protection } from '@/api/types';
import { useServices } from '@/lib/services';
import { ConfirmDialog } from '@/ui/ConfirmDialog';

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
    <ConfirmDialog
      title={`Leave ${position.symbol} unguarded?`}
      text="Its stop and its targets go, and an order that rests at the exchange for them is cancelled. No price closes the position by itself then."
      label="Remove"
      away="Keep it"
      danger
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
      onClose={onDone}
      testID="protection-remove"
    />
  );
}
