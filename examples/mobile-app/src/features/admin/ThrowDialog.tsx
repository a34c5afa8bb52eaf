import { useState } from 'react';

import { useVenues } from '@/api/queries';
import { venueName } from '@/api/use-venue-name';
import { POSITIONS, positionsWords } from '@/features/kill/KillDialog';
import { Choice } from '@/ui/Choice';
import { ConfirmDialog } from '@/ui/ConfirmDialog';
import { Txt } from '@/ui/Txt';
import { useAdminKill } from './use-admin-kill';

/** Asks where trading is to stop, what becomes of positions, and for the password. */
export function ThrowDialog({ onDone }: { onDone: () => void }) {
  const venues = useVenues().data ?? [];
  const { start } = useAdminKill();
  const [scope, setScope] = useState('platform');
  const [positions, setPositions] = useState<string>('keep');
  const flatten = positions === 'close';
  const places = [
    { value: 'platform', label: 'Whole platform' },
    ...venues.map(({ id }) => ({ value: `venue:${id}`, label: venueName(venues, id) })),
  ];
  const name = places.find((place) => place.value === scope)?.label ?? scope;
  return (
    <ConfirmDialog
      title="Stop trading for everybody?"
      text="No user can open anything there until an administrator takes the switch off. Every working order there is cancelled."
      label={flatten ? 'Stop and close all' : 'Stop trading'}
      away="Go on trading"
      danger
      withPassword
      busy={start.isPending}
      error={start.error}
      onConfirm={(password) => start.mutate({ scope, flatten, password }, { onSuccess: onDone })}
      onClose={onDone}
      testID="admin-throw"
    >
      <Choice label="Where" options={places} value={scope} onChange={setScope} testID="admin-scope" />
      <Choice
        label="Open positions of all users"
        options={POSITIONS}
        value={positions}
        onChange={setPositions}
        testID="admin-positions"
      />
      <Txt variant="small" testID="admin-meaning">
        {`${scope === 'platform' ? 'Everywhere' : `At ${name}`}. ${positionsWords(flatten)}`}
      </Txt>
    </ConfirmDialog>
  );
}
