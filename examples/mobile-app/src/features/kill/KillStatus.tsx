import { useState } from 'react';
import { View } from 'react-native';

import { messageOf } from '@/api/errors';
import type { KillSwitch } from '@/api/types';
import { useVenueName } from '@/api/use-venue-name';
import { dateTime } from '@/format/time';
import { space } from '@/theme/tokens';
import { usePalette } from '@/theme/theme';
import { Badge } from '@/ui/Badge';
import { Button } from '@/ui/Button';
import { Card } from '@/ui/Card';
import { ConfirmDialog } from '@/ui/ConfirmDialog';
import { Notice } from '@/ui/states';
import { Txt } from '@/ui/Txt';
import { DustList } from './DustList';
import { KillProof } from './KillProof';
import { Unconfirmed } from './Unconfirmed';
import { useKill } from './use-kill';
import { isOwn, scopeWords, standing } from './words';

/** A kill switch that is on: how far it has come, what could not be confirmed, and the way out. */
export function KillStatus({ kill }: { kill: KillSwitch }) {
  const nameOf = useVenueName();
  const palette = usePalette();
  const { label, tone, text } = standing(kill);
  return (
    <Card
      title={scopeWords(kill.scope, nameOf)}
      testID={`kill-on-${kill.scope}`}
      style={{ borderColor: palette.negative }}
      action={<Badge label={label} tone={tone} testID="kill-state" />}
    >
      <View style={{ gap: space.l }}>
        <View role="status" style={{ gap: space.xs }}>
          <Txt testID="kill-text">{text}</Txt>
          <Txt variant="small" tone="muted">{`The kill switch is on since ${dateTime(kill.since)}.`}</Txt>
        </View>
        <Unconfirmed left={kill.unconfirmed} />
        <DustList dust={kill.dust} />
        <KillProof proof={kill.proof} />
        {isOwn(kill) ? (
          <Actions kill={kill} />
        ) : (
          <Txt variant="small" tone="muted">
            Only those who run this platform can take it off. Exits still go through.
          </Txt>
        )}
      </View>
    </Card>
  );
}

function Actions({ kill }: { kill: KillSwitch }) {
  const { start, release } = useKill();
  const [asking, setAsking] = useState<'release' | 'flatten' | null>(null);
  const again = kill.done && kill.unconfirmed.length > 0;
  return (
    <View style={{ flexDirection: 'row', gap: space.m, flexWrap: 'wrap' }}>
      <Button kind="primary" label="Let trading go on…" onPress={() => setAsking('release')} testID="kill-release" />
      {again ? (
        <Button
          kind="secondary"
          label="Check again"
          busy={start.isPending}
          onPress={() => start.mutate(kill.flatten)}
          testID="kill-again"
        />
      ) : null}
      {kill.flatten ? null : (
        <Button
          kind="secondary"
          label="Close all positions…"
          onPress={() => setAsking('flatten')}
          testID="kill-flatten"
        />
      )}
      {start.isError && asking === null ? <Notice live tone="negative" text={messageOf(start.error)} /> : null}
      {asking === 'release' ? (
        <ConfirmDialog
          title="Let trading go on?"
          text="Strategies may open positions again at once. Orders that were cancelled stay cancelled."
          label="Let it go on"
          away="Not now"
          withPassword
          busy={release.isPending}
          error={release.error}
          onConfirm={(password) => release.mutate(password, { onSuccess: () => setAsking(null) })}
          onClose={() => setAsking(null)}
          testID="kill-ask"
        />
      ) : null}
      {asking === 'flatten' ? (
        <ConfirmDialog
          title="Close all positions?"
          text="Each is closed at the market price. This cannot be undone."
          label="Close all"
          away="Not now"
          danger
          busy={start.isPending}
          error={start.error}
          onConfirm={() => start.mutate(true, { onSuccess: () => setAsking(null) })}
          onClose={() => setAsking(null)}
          testID="kill-ask"
        />
      ) : null}
    </View>
  );
}
