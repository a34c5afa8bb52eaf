import { View } from 'react-native';

import { rowsOf, useClosedPositions } from '@/api/queries';
import type { Position } from '@/api/types';
import { useVenueName } from '@/api/use-venue-name';
import { add, multiply } from '@/format/decimal';
import { assets, money, signedMoney } from '@/format/money';
import { shortDateTime } from '@/format/time';
import { useTables } from '@/theme/theme';
import { space } from '@/theme/tokens';
import { Card } from '@/ui/Card';
import { Delta } from '@/ui/Delta';
import { LoadMore } from '@/ui/LoadMore';
import { Row } from '@/ui/Row';
import { Empty, Failure, Skeleton } from '@/ui/states';
import { Table, type Column } from '@/ui/Table';
import { Txt } from '@/ui/Txt';
import { SideBadge } from './SideBadge';

/** Positions that were closed, newest first. */
export function ClosedTab() {
  const closed = useClosedPositions();
  const rows = rowsOf(closed.data);
  const table = useTables();
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
      {table && rows.length > 0 ? <ClosedTable positions={rows} /> : null}
      {table ? null : rows.map((position, i) => <ClosedRow key={position.id} position={position} first={i === 0} />)}
      <LoadMore query={closed} />
    </Card>
  );
}

/** What it came to: what closing won, less the fees of all its fills. */
const net = (p: Position): string => add(p.realised_pnl, multiply(p.fees, '-1'));

const when = (at: string): string => shortDateTime(at, Date.now());

function ClosedTable({ positions }: { positions: readonly Position[] }) {
  const nameOf = useVenueName();
  const quoteOf = (p: Position) => assets(p.symbol).quote;
  const columns: Column<Position>[] = [
    { head: 'Position', flex: 1.4, cell: (p) => <Name position={p} /> },
    { head: 'Exchange', cell: (p) => nameOf(p.venue) },
    { head: 'Opened', cell: (p) => when(p.opened_at) },
    { head: 'Closed', cell: (p) => when(p.closed_at ?? p.updated_at) },
    { head: 'Realised', cell: (p) => signedMoney(p.realised_pnl, quoteOf(p)) },
    { head: 'Fees', cell: (p) => money(p.fees, quoteOf(p)) },
    { head: 'Net', cell: (p) => <Delta value={net(p)} currency={quoteOf(p)} variant="small" align="right" /> },
  ];
  return (
    <View style={{ paddingHorizontal: space.l, paddingVertical: space.xs }}>
      <Table label="Closed positions" columns={columns} rows={positions} rowKey={(p) => p.id} />
    </View>
  );
}

function Name({ position: p }: { position: Position }) {
  return (
    <View style={{ flexDirection: 'row', gap: space.s, alignItems: 'center' }}>
      <Txt variant="strong">{p.symbol}</Txt>
      <SideBadge side={p.side} />
    </View>
  );
}

function ClosedRow({ position: p, first }: { position: Position; first: boolean }) {
  const nameOf = useVenueName();
  const { quote } = assets(p.symbol);
  return (
    <Row first={first}>
      <View style={{ flex: 1, minWidth: 0, gap: 2 }}>
        <Name position={p} />
        <Txt variant="small" tone="muted" tabular>
          {nameOf(p.venue)}
        </Txt>
        <Txt variant="small" tone="muted" tabular>{`Closed ${when(p.closed_at ?? p.updated_at)}`}</Txt>
      </View>
      <View style={{ alignItems: 'flex-end', gap: 2 }}>
        <Delta value={net(p)} currency={quote} variant="strong" align="right" label="Net profit and loss" />
        <Txt variant="small" tone="muted" tabular>{`after ${money(p.fees, quote)} fees`}</Txt>
      </View>
    </Row>
  );
}
