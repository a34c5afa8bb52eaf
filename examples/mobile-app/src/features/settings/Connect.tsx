import { useVenues } from '@/api/queries';
import { Card } from '@/ui/Card';
import { Screen } from '@/ui/Screen';
import { Empty, Failure, Skeleton } from '@/ui/states';
import { ConnectForm } from './ConnectForm';

/** Connect an exchange with a key that is sealed on this device. */
export function Connect() {
  const venues = useVenues();
  const choices = venues.data?.filter((venue) => venue.needs_credential);
  return (
    <Screen title="Connect an exchange" maxWidth={640} testID="connect" back={{ label: 'Settings', href: '/settings' }}>
      {venues.isPending ? (
        <Card flush>
          <Skeleton rows={4} />
        </Card>
      ) : null}
      {venues.isError && !venues.data ? (
        <Card flush>
          <Failure error={venues.error} onRetry={() => void venues.refetch()} />
        </Card>
      ) : null}
      {choices?.length === 0 ? (
        <Card flush>
          <Empty
            title="Nothing to connect"
            text="This server trades on the paper venue only. Whoever runs it can add exchanges to its configuration."
          />
        </Card>
      ) : null}
      {choices && choices.length > 0 ? <ConnectForm venues={choices} /> : null}
    </Screen>
  );
}
