import { View } from 'react-native';

import { useKeyEvents } from '@/api/queries';
import type { KeyEvent } from '@/api/types';
import { shortDateTime } from '@/format/time';
import { useNow } from '@/lib/use-now';
import { space } from '@/theme/tokens';
import { Badge } from '@/ui/Badge';
import { Card } from '@/ui/Card';
import { Row } from '@/ui/Row';
import { Empty, Failure, Skeleton } from '@/ui/states';
import { Txt } from '@/ui/Txt';
import { eventWords } from './event-words';

/** What was done with a key, out of the vault's audit log; what was refused stands out. */
export function EventsCard({ venue }: { venue: string }) {
  const events = useKeyEvents(venue);
  const now = useNow();
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
        <Row key={event.seq} first={i === 0} wrap>
          <View style={{ flex: 1, gap: 2, minWidth: 180 }}>
            <View style={{ flexDirection: 'row', gap: space.s, alignItems: 'center', flexWrap: 'wrap' }}>
              <Txt variant="small">{titleOf(event)}</Txt>
              {event.outcome === 'refused' ? <Badge label="Refused" tone="negative" /> : null}
            </View>
            {event.outcome === 'refused' && event.detail ? (
              <Txt variant="small" tone="muted">
                {event.detail}
              </Txt>
            ) : null}
          </View>
          <Txt variant="small" tone="muted" tabular>
            {shortDateTime(event.at, now)}
          </Txt>
        </Row>
      ))}
    </Card>
  );
}

function titleOf(event: KeyEvent): string {
  const times = event.count > 1 ? `, ${event.count} times` : '';
  return `${eventWords(event.action, event.purpose)}${times}`;
}
