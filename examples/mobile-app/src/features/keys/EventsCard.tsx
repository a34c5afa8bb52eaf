import { View } from 'react-native';

import { useKeyEvents } from '@/api/queries';
import type { KeyEvent } from '@/api/types';
import { shortDateTime } from '@/format/time';
import { humanise } from '@/format/words';
import { useNow } from '@/lib/use-now';
import { space } from '@/theme/tokens';
import { Badge } from '@/ui/Badge';
import { Card } from '@/ui/Card';
import { Row } from '@/ui/Row';
import { Empty, Failure, Skeleton } from '@/ui/states';
import { Txt } from '@/ui/Txt';

/** Lines asked for; those about other keys and about looking at the log are left out here. */
const ASKED = 100;
const SHOWN = 12;
const READS = ['list', 'read_audit', 'read_policy'];

/** What was done with a key, out of the vault's audit log; what was refused stands out. */
export function EventsCard({ venue }: { venue: string }) {
  const events = useKeyEvents(ASKED);
  const now = useNow();
  const rows = events.data?.items
    .filter((event) => (event.venue === undefined || event.venue === venue) && !READS.includes(event.action))
    .slice(0, SHOWN);
  return (
    <Card flush title="What was done with it" testID="key-events">
      {events.isPending ? <Skeleton rows={3} /> : null}
      {events.isError && !events.data ? <Failure error={events.error} onRetry={() => void events.refetch()} /> : null}
      {rows?.length === 0 ? <Empty title="Nothing yet" text="Every use and every refused use stands here." /> : null}
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
  return `${humanise(event.action)}${event.purpose ? ` (${humanise(event.purpose)})` : ''}${times}`;
}
