import { useState } from 'react';

import type { KillSwitch } from '@/api/types';
import { useVenueName } from '@/api/use-venue-name';
import { ReleaseDialog } from '@/features/kill/ReleaseDialog';
import { StandingCard } from '@/features/kill/StandingCard';
import { Button } from '@/ui/Button';
import { useAdminKill } from './use-admin-kill';

/** A switch that is on, as an administrator sees it, and the way out. */
export function SwitchCard({ kill }: { kill: KillSwitch }) {
  const nameOf = useVenueName();
  const { release } = useAdminKill();
  const [asking, setAsking] = useState(false);
  const scope = kill.user_id ? `user:${kill.user_id}` : kill.scope;
  const title =
    kill.scope === 'user'
      ? 'A user’s trading'
      : kill.scope === 'platform'
        ? 'The whole platform'
        : nameOf(kill.scope.replace(/^venue:/, ''));
  return (
    <StandingCard kill={kill} title={`${title} is stopped`} whose="all">
      <Button
        kind="secondary"
        label="Let trading go on…"
        onPress={() => setAsking(true)}
        style={{ alignSelf: 'flex-start' }}
        testID="admin-release"
      />
      {asking ? (
        <ReleaseDialog
          text="Strategies of all users it stopped may open positions again at once. Orders that were cancelled stay cancelled."
          busy={release.isPending}
          error={release.error}
          onConfirm={(password) => release.mutate({ scope, password }, { onSuccess: () => setAsking(false) })}
          onClose={() => setAsking(false)}
          testID="admin-ask"
        />
      ) : null}
    </StandingCard>
  );
}
