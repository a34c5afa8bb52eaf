import { useState } from 'react';
import { View } from 'react-native';

import type { KeyEvent } from '@/api/types';
import { dateTime, shortDateTime } from '@/format/time';
import { useNow } from '@/lib/use-now';
import { space } from '@/theme/tokens';
import { Badge } from '@/ui/Badge';
import { Button } from '@/ui/Button';
import { Fact, Facts } from '@/ui/Facts';
import { Row } from '@/ui/Row';
import { Txt } from '@/ui/Txt';
import { eventWords, originWords } from './event-words';
import { ProofCheck } from './ProofCheck';

/** A line of the audit log; opened, all that it says, and whether it is what the vault signed. */
export function EventRow({ event, first }: { event: KeyEvent; first: boolean }) {
  const now = useNow();
  const [open, setOpen] = useState(false);
  const refused = event.outcome === 'refused';
  return (
    <View testID={`key-event-${event.action}`}>
      <Row first={first} wrap>
        <View style={{ flexGrow: 1, flexShrink: 1, flexBasis: 180, gap: 2 }}>
          <View style={{ flexDirection: 'row', gap: space.s, alignItems: 'center', flexWrap: 'wrap' }}>
            <Txt variant="small">{titleOf(event)}</Txt>
            {refused ? <Badge label="Refused" tone="negative" /> : null}
          </View>
          {refused && event.detail ? (
            <Txt variant="small" tone="muted">
              {event.detail}
            </Txt>
          ) : null}
          <Txt variant="small" tone="muted" tabular>
            {shortDateTime(event.at, now)}
          </Txt>
        </View>
        <Button
          kind="quiet"
          label={open ? 'Hide' : 'Details'}
          hint={`${open ? 'Hide' : 'Details of'} entry ${event.seq}`}
          expanded={open}
          onPress={() => setOpen(!open)}
          testID="key-event-open"
        />
      </Row>
      {open ? <Details event={event} /> : null}
    </View>
  );
}

function Details({ event }: { event: KeyEvent }) {
  return (
    <View style={{ paddingHorizontal: space.l, paddingBottom: space.l, gap: space.m }}>
      <Facts>
        <Fact label="Entry of the log" value={String(event.seq)} />
        <Fact label="When" value={dateTime(event.at)} />
        {event.origin ? <Fact label="From" value={originWords(event.origin)} testID="key-event-origin" /> : null}
        {event.actor ? <Fact label="By" value={event.actor} /> : null}
        {event.version === undefined ? null : <Fact label="Version of the key" value={String(event.version)} />}
        {event.detail ? <Fact label="More" value={event.detail} /> : null}
      </Facts>
      <ProofCheck claim={event} />
    </View>
  );
}

function titleOf(event: KeyEvent): string {
  const times = event.count > 1 ? `, ${event.count} times` : '';
  return `${eventWords(event.action, event.purpose)}${times}`;
}
