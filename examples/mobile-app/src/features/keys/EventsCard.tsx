import { useKeyEvents } from '@/api/queries';
import { Card } from '@/ui/Card';
import { Empty, Failure, Skeleton } from '@/ui/states';
import { EventRow } from './EventRow';

/** What was done with a key, out of the vault's audit log; what was refused stands out. */
export function EventsCard({ venue }: { venue: string }) {
  const events = useKeyEvents(venue);
  const rows = events.data?.items;
  return (
    <Card flush title="What was done with it" testID="key-events">
      {events.isPending ? <Skeleton rows={3} /> : null}
      {events.isError && !events.data ? <Failure error={events.error} onRetry={() => void events.refetch()} /> : null}
      {rows?.length === 0 ? (
        <Empty
          title={events.data?.cut ? 'Nothing of late' : 'Nothing yet'}
          text="Every use and every refused use stands here."
        />
      ) : null}
      {rows?.map((event, i) => (
        <EventRow key={event.seq} event={event} first={i === 0} />
      ))}
    </Card>
  );
}
