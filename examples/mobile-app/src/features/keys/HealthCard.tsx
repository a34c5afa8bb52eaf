import { useMutation } from '@tanstack/react-query';
import { View } from 'react-native';

import { messageOf } from '@/api/errors';
import { keys } from '@/api/keys';
import type { Credential } from '@/api/types';
import { useVenueName } from '@/api/use-venue-name';
import { awayWords, custodyWords, endedWords, leavesAlone } from '@/features/settings/custody';
import { ago, day } from '@/format/time';
import { humanise } from '@/format/words';
import { useServices } from '@/lib/services';
import { useNow } from '@/lib/use-now';
import { space } from '@/theme/tokens';
import { Badge } from '@/ui/Badge';
import { Button } from '@/ui/Button';
import { Card } from '@/ui/Card';
import { Fact, Facts } from '@/ui/Facts';
import { Notice } from '@/ui/states';
import { Txt } from '@/ui/Txt';
import { problemWords } from './health';

/** How a key is doing, worst first, and what it may do. */
export function HealthCard({ credential: c }: { credential: Credential }) {
  const { api, cache } = useServices();
  const nameOf = useVenueName();
  const now = useNow();
  const { health } = c;
  const check = useMutation({
    mutationFn: () => api.checkCredential(c.id),
    onSuccess: () =>
      Promise.all([keys.credentials, keys.overview].map((queryKey) => cache.invalidateQueries({ queryKey }))),
  });
  const active = c.status === 'active';
  return (
    <Card
      title={nameOf(c.venue)}
      testID="key-health"
      action={<Badge label={humanise(c.status)} tone={active ? 'positive' : 'neutral'} />}
    >
      <View style={{ gap: space.m }}>
        {active
          ? health?.problems.map((problem) => (
              <Notice key={problem} {...problemWords(problem, health)} testID={`problem-${problem}`} />
            ))
          : null}
        {active && leavesAlone(c.custody) ? (
          <Notice tone="warning" text={awayWords(c.custody)} testID="key-away" />
        ) : null}
        <View style={{ gap: 4 }}>
          <Txt variant="small" tone="muted">
            {active ? 'Custody' : 'Not in use any more'}
          </Txt>
          <Txt variant="small" testID="key-custody">
            {active ? custodyWords(c.custody) : endedWords(c)}
          </Txt>
        </View>
        <Facts>
          <Fact label="May" value={c.rights.map(humanise).join(', ') || 'not said by the exchange'} />
          <Fact label="Version" value={`${c.version}${health ? `, since ${day(health.stored_at)}` : ''}`} />
          {active && health ? <Fact label="Replace by" value={day(health.rotate_by)} testID="key-rotate-by" /> : null}
          {health ? <Fact label="Last used" value={lastUse(c, now)} testID="key-last-used" /> : null}
          {c.fingerprint ? <Fact label="Fingerprint" value={c.fingerprint} testID="key-fingerprint" /> : null}
          {active && health && c.custody !== 'device' ? (
            <Fact label="Checked with the exchange" value={ago(health.checked_at ?? health.stored_at, now)} />
          ) : null}
          {active && health?.expires_at ? <Fact label="Ends at the exchange" value={day(health.expires_at)} /> : null}
        </Facts>
        {check.isError ? <Notice live tone="negative" text={messageOf(check.error)} /> : null}
        {active && c.custody !== 'device' ? (
          <Button
            kind="secondary"
            label="Check now"
            busy={check.isPending}
            onPress={() => check.mutate()}
            style={{ alignSelf: 'flex-start' }}
            testID="key-check"
          />
        ) : null}
      </View>
    </Card>
  );
}

/** When a key was last used, as far as the server can know. */
function lastUse({ custody, health }: Credential, now: number): string {
  if (custody === 'device') return 'only your phone knows';
  return health?.last_used_at ? ago(health.last_used_at, now) : 'never';
}
