import { useRouter } from 'expo-router';
import { useState } from 'react';
import { View } from 'react-native';

import { useCredentials } from '@/api/queries';
import type { Credential } from '@/api/types';
import { useVenueName } from '@/api/use-venue-name';
import { day } from '@/format/time';
import { humanise } from '@/format/words';
import { space } from '@/theme/tokens';
import { Badge } from '@/ui/Badge';
import { Button } from '@/ui/Button';
import { Card } from '@/ui/Card';
import { Row } from '@/ui/Row';
import { Empty, Failure, Skeleton } from '@/ui/states';
import { Txt } from '@/ui/Txt';
import { healthBadge } from '@/features/keys/health';
import { awayWords, custodyWords, endedWords, leavesAlone } from './custody';
import { DisconnectDialog } from './DisconnectDialog';

/** The connected exchanges: who can use each key, and what it may do. */
export function Exchanges() {
  const router = useRouter();
  const credentials = useCredentials();
  const [leaving, setLeaving] = useState<Credential | null>(null);
  const connect = () => router.push('/connect');
  return (
    <Card
      flush
      title="Exchanges"
      testID="exchanges"
      action={
        <Button kind="quiet" label="Connect" hint="Connect an exchange" onPress={connect} testID="connect-exchange" />
      }
    >
      {credentials.isPending ? <Skeleton rows={2} /> : null}
      {credentials.isError && !credentials.data ? (
        <Failure error={credentials.error} onRetry={() => void credentials.refetch()} />
      ) : null}
      {credentials.data?.length === 0 ? (
        <Empty
          title="No exchange connected"
          text="Connect one with a key that may trade but not withdraw. The paper venue works without a key."
          action={{ label: 'Connect an exchange', onPress: connect }}
        />
      ) : null}
      {credentials.data?.map((credential, i) => (
        <CredentialRow
          key={credential.id}
          credential={credential}
          first={i === 0}
          onLeave={() => setLeaving(credential)}
        />
      ))}
      {leaving ? <DisconnectDialog credential={leaving} onDone={() => setLeaving(null)} /> : null}
    </Card>
  );
}

function CredentialRow({
  credential: c,
  first,
  onLeave,
}: {
  credential: Credential;
  first: boolean;
  onLeave: () => void;
}) {
  const nameOf = useVenueName();
  const router = useRouter();
  const active = c.status === 'active';
  const badge = active ? healthBadge(c.health) : null;
  return (
    <Row first={first} wrap testID={`credential-${c.venue}`}>
      <View style={{ flexGrow: 1, flexShrink: 1, flexBasis: 260, gap: 4 }}>
        <View style={{ flexDirection: 'row', flexWrap: 'wrap', gap: space.s, alignItems: 'center' }}>
          <Txt variant="strong">{c.label || nameOf(c.venue)}</Txt>
          <Badge label={humanise(c.status)} tone={active ? 'positive' : 'neutral'} />
          {badge ? <Badge {...badge} testID={`health-${c.venue}`} /> : null}
          {active && c.custody === 'session' && c.health && !c.health.unlocked_until ? (
            <Badge label="Locked" tone="warning" testID={`locked-${c.venue}`} />
          ) : null}
        </View>
        <Txt
          variant="small"
          tone="muted"
        >{`${nameOf(c.venue)} · version ${c.version} · connected ${day(c.created_at)}`}</Txt>
        {active ? (
          <>
            <Txt variant="small" tone="muted">{`Custody: ${custodyWords(c.custody)}`}</Txt>
            <Txt
              variant="small"
              tone="muted"
            >{`May: ${c.rights.map(humanise).join(', ') || 'not said by the exchange'}`}</Txt>
          </>
        ) : (
          <Txt variant="small" tone="muted" testID={`ended-${c.venue}`}>
            {endedWords(c)}
          </Txt>
        )}
        {active && leavesAlone(c.custody) ? (
          <Txt variant="small" tone="muted" testID={`away-${c.venue}`}>
            {awayWords(c.custody)}
          </Txt>
        ) : null}
      </View>
      <View style={{ flexDirection: 'row', flexWrap: 'wrap', gap: space.s }}>
        <Button
          kind="secondary"
          label="Manage"
          hint={`Manage ${c.label || nameOf(c.venue)}`}
          onPress={() => router.push(`/keys/${c.id}`)}
          testID={`manage-${c.venue}`}
        />
        {active ? (
          <Button
            kind="secondary"
            label="Disconnect"
            hint={`Disconnect ${c.label || nameOf(c.venue)}`}
            onPress={onLeave}
            testID={`disconnect-${c.venue}`}
          />
        ) : null}
      </View>
    </Row>
  );
}
