import { useState } from 'react';
import { View } from 'react-native';

import type { KillSwitch } from '@/api/types';
import { useVenueName } from '@/api/use-venue-name';
import { DustList } from '@/features/kill/DustList';
import { KillProof } from '@/features/kill/KillProof';
import { Unconfirmed } from '@/features/kill/Unconfirmed';
import { standing } from '@/features/kill/words';
import { dateTime } from '@/format/time';
import { usePalette } from '@/theme/theme';
import { space } from '@/theme/tokens';
import { Badge } from '@/ui/Badge';
import { Button } from '@/ui/Button';
import { Card } from '@/ui/Card';
import { ConfirmDialog } from '@/ui/ConfirmDialog';
import { Txt } from '@/ui/Txt';
import { useAdminKill } from './use-admin-kill';

/** A switch that is on: how far it has come with everybody, and the way out. */
export function SwitchCard({ kill }: { kill: KillSwitch }) {
  const nameOf = useVenueName();
  const palette = usePalette();
  const { release } = useAdminKill();
  const [asking, setAsking] = useState(false);
  const { label, tone, text } = standing(kill, 'all');
  const scope = kill.user_id ? `user:${kill.user_id}` : kill.scope;
  const title =
    kill.scope === 'user'
      ? 'A user’s trading'
      : kill.scope === 'platform'
        ? 'The whole platform'
        : nameOf(kill.scope.replace(/^venue:/, ''));
  return (
    <Card
      title={`${title} is stopped`}
      testID={`admin-on-${kill.scope}`}
      style={{ borderColor: palette.negative }}
      action={<Badge label={label} tone={tone} testID="admin-state" />}
    >
      <View style={{ gap: space.l }}>
        <View role="status" style={{ gap: space.xs }}>
          <Txt testID="admin-text">{text}</Txt>
          <Txt variant="small" tone="muted">{`The kill switch is on since ${dateTime(kill.since)}.`}</Txt>
          {kill.user_id ? <Txt variant="small" tone="muted">{`User ${kill.user_id}`}</Txt> : null}
        </View>
        <Unconfirmed left={kill.unconfirmed} />
        <DustList dust={kill.dust} />
        <KillProof proof={kill.proof} />
        <Button
          kind="secondary"
          label="Let trading go on…"
          onPress={() => setAsking(true)}
          style={{ alignSelf: 'flex-start' }}
          testID="admin-release"
        />
      </View>
      {asking ? (
        <ConfirmDialog
          title="Let trading go on?"
          text="Strategies of all users it stopped may open positions again at once. Orders that were cancelled stay cancelled."
          label="Let it go on"
          away="Not now"
          withPassword
          busy={release.isPending}
          error={release.error}
          onConfirm={(password) => release.mutate({ scope, password }, { onSuccess: () => setAsking(false) })}
          onClose={() => setAsking(false)}
          testID="admin-ask"
        />
      ) : null}
    </Card>
  );
}
