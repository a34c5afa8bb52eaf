import { useState } from 'react';

import { Choice } from '@/ui/Choice';
import { ConfirmDialog } from '@/ui/ConfirmDialog';
import { Txt } from '@/ui/Txt';
import { useKill } from './use-kill';

export const POSITIONS = [
  { value: 'keep', label: 'Keep them' },
  { value: 'close', label: 'Close them all' },
] as const;

/** What becomes of positions, by what was chosen. */
export const positionsWords = (flatten: boolean): string =>
  flatten
    ? 'Each position is closed at the market price. This cannot be undone.'
    : 'Positions stay open, and the stops that guard them stay in force.';

/** Asks what is to be stopped before anything is. */
export function KillDialog({ onDone }: { onDone: () => void }) {
  const { start } = useKill();
  const [positions, setPositions] = useState<string>('keep');
  const flatten = positions === 'close';
  return (
    <ConfirmDialog
      title="Stop all trading?"
      text="Your strategies and you can open nothing until you take the switch off. Every working order is cancelled."
      label={flatten ? 'Stop and close all' : 'Stop trading'}
      away="Go on trading"
      danger
      busy={start.isPending}
      error={start.error}
      onConfirm={() => start.mutate(flatten, { onSuccess: onDone })}
      onClose={onDone}
      testID="kill"
    >
      <Choice
        label="Open positions"
        options={POSITIONS}
        value={positions}
        onChange={setPositions}
        testID="kill-positions"
      />
      <Txt variant="small" testID="kill-meaning">
        {positionsWords(flatten)}
      </Txt>
    </ConfirmDialog>
  );
}
