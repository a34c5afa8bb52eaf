import { View } from 'react-native';

import { useVenues } from '@/api/queries';
import { useVenueName } from '@/api/use-venue-name';
import { humanise } from '@/format/words';
import { Badge, type BadgeTone } from '@/ui/Badge';
import { Card } from '@/ui/Card';
import { Row } from '@/ui/Row';
import { Failure, Skeleton } from '@/ui/states';
import { Txt } from '@/ui/Txt';

const TONES: Readonly<Record<string, BadgeTone>> = { up: 'positive', degraded: 'warning', down: 'negative' };

/** The venues this server trades at and how each is. */
export function VenueHealth() {
  const venues = useVenues();
  const nameOf = useVenueName();
  return (
    <Card flush title="State of the exchanges" testID="venues">
      {venues.isPending ? <Skeleton rows={2} /> : null}
      {venues.isError && !venues.data ? <Failure error={venues.error} onRetry={() => void venues.refetch()} /> : null}
      {venues.data?.map((venue, i) => (
        <Row key={venue.id} first={i === 0}>
          <View style={{ flex: 1, gap: 2 }}>
            <Txt variant="strong">{nameOf(venue.id)}</Txt>
            <Txt variant="small" tone="muted" tabular>
              {[
                venue.needs_credential ? (venue.connected ? 'Connected' : 'Not connected') : 'Needs no key',
                venue.latency_ms === undefined ? null : `answers in ${venue.latency_ms} ms`,
              ]
                .filter(Boolean)
                .join(' · ')}
            </Txt>
          </View>
          <Badge label={humanise(venue.status)} tone={TONES[venue.status] ?? 'neutral'} />
        </Row>
      ))}
    </Card>
  );
}
