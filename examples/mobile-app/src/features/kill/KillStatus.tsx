import { useState } from 'react';
import { View } from 'react-native';

import { messageOf } from '@/api/errors';
import type { KillSwitch } from '@/api/types';
import { useVenueName } from '@/api/use-venue-name';
import { space } from '@/theme/tokens';
import { Button } from '@/ui/Button';
import { ConfirmDialog } from '@/ui/ConfirmDialog';
import { Notice } from '@/ui/states';
import { Txt } from '@/ui/Txt';
import { ReleaseDialog } from './ReleaseDialog';
import { StandingCard } from './StandingCard';
import { useKill } from './use-kill';
import { isOwn, scopeWords } from './words';

/** A kill switch that is on, as whoever it stops sees it, and the way out. */
export function KillStatus({ kill }: { kill: KillSwitch }) {
  const nameOf = useVenueName();
  return (
    <StandingCard kill={kill} title={scopeWords(kill.scope, nameOf)} whose="own">
      {isOwn(kill) ? (
        <Actions kill={kill} />
      ) : (
        <Txt variant="small" tone="muted">
          Only those who run this platform can take it off. Exits still go through.
        </Txt>
      )}
    </StandingCard>
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
        <ReleaseDialog
          text="Strategies may open positions again at once. Orders that were cancelled stay cancelled."
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
