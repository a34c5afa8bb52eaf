import { useLocalSearchParams } from 'expo-router';

import { useCredentials } from '@/api/queries';
import { useVenueName } from '@/api/use-venue-name';
import { Card } from '@/ui/Card';
import { Screen } from '@/ui/Screen';
import { Empty, Failure, Skeleton } from '@/ui/states';
import { DestroyCard } from './DestroyCard';
import { EventsCard } from './EventsCard';
import { HealthCard } from './HealthCard';
import { ReplaceCard } from './ReplaceCard';
import { RotationCard } from './RotationCard';
import { SessionCard } from './SessionCard';

/** One exchange key: how it is, its replacement, its unlock, and what was done with it. */
export function KeyPage() {
  const { id } = useLocalSearchParams<{ id: string }>();
  const credentials = useCredentials();
  const nameOf = useVenueName();
  const key = credentials.data?.find((credential) => credential.id === id);
  const title = key ? key.label || nameOf(key.venue) : 'Exchange key';
  return (
    <Screen title={title} maxWidth={720} testID="key" back={{ label: 'Settings', href: '/settings' }}>
      {credentials.isPending ? (
        <Card flush>
          <Skeleton rows={4} />
        </Card>
      ) : null}
      {credentials.isError && !credentials.data ? (
        <Card flush>
          <Failure error={credentials.error} onRetry={() => void credentials.refetch()} />
        </Card>
      ) : null}
      {credentials.data && !key ? (
        <Card flush>
          <Empty title="No such key" text="It may have been removed. The settings list those that there are." />
        </Card>
      ) : null}
      {key ? (
        <>
          <HealthCard credential={key} />
          {key.custody === 'session' && key.status === 'active' ? <SessionCard credential={key} /> : null}
          {key.custody === 'session' && key.status === 'active' ? <ReplaceCard credential={key} /> : null}
          {key.custody === 'delegated' && key.status === 'active' ? <RotationCard credential={key} /> : null}
          <EventsCard venue={key.venue} />
          {key.status === 'destroyed' ? null : <DestroyCard credential={key} />}
        </>
      ) : null}
    </Screen>
  );
}
