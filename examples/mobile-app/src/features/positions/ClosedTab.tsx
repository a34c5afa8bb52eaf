import { View } from 'react-native';

import { rowsOf, useClosedPositions } from '@/api/queries';
import type { Position } from '@/api/types';
import { useVenueName } from '@/api/use-venue-name';
import { sign } from '@/format/decimal';
import { assets, money, price } from '@/format/money';
import { shortDateTime } from '@/format/time';
import { space } from '@/theme/tokens';
import { Card } from '@/ui/Card';
import { Delta } from '@/ui/Delta';
import { LoadMore } from '@/ui/LoadMore';
import { Row } from '@/ui/Row';
import { Empty, Failure, Skeleton } from '@/ui/states';
import { Txt } from '@/ui/Txt';
import { SideBadge } from './SideBadge';

/** Positions that were closed, newest first. */
export function ClosedTab() {
  const closed = useClosedPositions();
  const rows = rowsOf(closed.data);
  return (
    <Card flush testID="closed-positions">
      {closed.isPending ? <Skeleton rows={4} /> : null}
      {closed.isError && !closed.data ? <Failure error={closed.error} onRetry={() => void closed.refetch()} /> : null}
      {closed.data && rows.length === 0 ? (
        <Empty
          title="No closed positions"
          text="Positions you close, or that a stop closes, are kept here with their result."
        />
      ) : null}
      {rows.map((position, i) => (
        <ClosedRow key={position.id} position={position} first={i === 0} />
      ))}
      <LoadMore query={closed} />
    </Card>
  );
}

function ClosedRow({ position: p, first }: { position: Position; first: boolean }) {
  const nameOf = useVenueName();
  const { quote } = assets(p.symbol);
  return (
    <Row first={first}>
      <View style={{ flex: 1, minWidth: 0, gap: 2 }}>
        <View style={{ flexDirection: 'row', gap: space.s, alignItems: 'center' }}>
          <Txt variant="strong">{p.symbol}</Txt>
          <SideBadge side={p.side} />
        </View>
        <Txt variant="small" tone="muted" tabular>
          {nameOf(p.venue)}
          {sign(p.entry_price) > 0 ? ` · entry ${price(p.entry_price, quote)}` : ''}
        </Txt>
        <Txt
          variant="small"
          tone="muted"
          tabular
        >{`Closed ${shortDateTime(p.closed_at ?? p.updated_at, Date.now())}`}</Txt>
      </View>
      <View style={{ alignItems: 'flex-end', gap: 2 }}>
        <Delta value={p.realised_pnl} currency={quote} variant="strong" align="right" />
        <Txt variant="small" tone="muted" tabular>{`${money(p.fees, quote)} fees`}</Txt>
      </View>
    </Row>
  );
}
