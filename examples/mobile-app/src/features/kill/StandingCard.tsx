import type { ReactNode } from 'react';
import { View } from 'react-native';

import type { KillSwitch } from '@/api/types';
import { dateTime } from '@/format/time';
import { usePalette } from '@/theme/theme';
import { space } from '@/theme/tokens';
import { Badge } from '@/ui/Badge';
import { Card } from '@/ui/Card';
import { Txt } from '@/ui/Txt';
import { DustList } from './DustList';
import { KillProof } from './KillProof';
import { Unconfirmed } from './Unconfirmed';
import { standing } from './words';

interface Props {
  kill: KillSwitch;
  title: string;
  /** Whose orders and positions it tells of: the reader's own, or everybody's, as an administrator sees it. */
  whose: 'own' | 'all';
  /** The way out. */
  children: ReactNode;
}

/** A kill switch that is on: how far it has come, what could not be confirmed, what the exchanges say. */
export function StandingCard({ kill, title, whose, children }: Props) {
  const palette = usePalette();
  const { label, tone, text } = standing(kill, whose);
  const name = whose === 'own' ? 'kill' : 'admin';
  return (
    <Card
      title={title}
      testID={`${name}-on-${kill.scope}`}
      style={{ borderColor: palette.negative }}
      action={<Badge label={label} tone={tone} testID={`${name}-state`} />}
    >
      <View style={{ gap: space.l }}>
        <View role="status" style={{ gap: space.xs }}>
          <Txt testID={`${name}-text`}>{text}</Txt>
          <Txt variant="small" tone="muted">{`The kill switch is on since ${dateTime(kill.since)}.`}</Txt>
          {kill.user_id ? <Txt variant="small" tone="muted">{`User ${kill.user_id}`}</Txt> : null}
        </View>
        <Unconfirmed left={kill.unconfirmed} />
        <DustList dust={kill.dust} />
        <KillProof proof={kill.proof} />
        {children}
      </View>
    </Card>
  );
}
