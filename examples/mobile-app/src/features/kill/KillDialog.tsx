import { useState } from 'react';
import { View } from 'react-native';

import { messageOf } from '@/api/errors';
import { space } from '@/theme/tokens';
import { Button } from '@/ui/Button';
import { Choice } from '@/ui/Choice';
import { Dialog } from '@/ui/Dialog';
import { Notice } from '@/ui/states';
import { Txt } from '@/ui/Txt';
import { useKill } from './use-kill';

const POSITIONS = [
  { value: 'keep', label: 'Keep them' },
  { value: 'close', label: 'Close them all' },
] as const;

/** Asks what is to be stopped before anything is. */
export function KillDialog({ onDone }: { onDone: () => void }) {
  const { start } = useKill();
  const [positions, setPositions] = useState<string>('keep');
  const flatten = positions === 'close';
  return (
    <Dialog title="Stop all trading?" onClose={onDone} testID="kill-dialog">
      <Txt tone="muted">
        Your strategies and you can open nothing until you take the switch off. Every working order is cancelled.
      </Txt>
      <Choice
        label="Open positions"
        options={POSITIONS}
        value={positions}
        onChange={setPositions}
        testID="kill-positions"
      />
      <Txt variant="small" testID="kill-meaning">
        {flatten
          ? 'Each position is closed at the market price. This cannot be undone.'
          : 'Positions stay open, and the stops that guard them stay in force.'}
      </Txt>
      {start.isError ? <Notice live tone="negative" text={messageOf(start.error)} testID="kill-error" /> : null}
      <View style={{ flexDirection: 'row', gap: space.m, flexWrap: 'wrap' }}>
        <Button kind="secondary" label="Go on trading" onPress={onDone} style={grow} testID="kill-cancel" />
        <Button
          kind="danger"
          label={flatten ? 'Stop and close all' : 'Stop trading'}
          busy={start.isPending}
          onPress={() => start.mutate(flatten, { onSuccess: onDone })}
          style={grow}
          testID="kill-confirm"
        />
      </View>
    </Dialog>
  );
}

const grow = { flexGrow: 1 } as const;
