import { useState } from 'react';
import { View } from 'react-native';

import { usePnl } from '@/api/queries';
import type { PnlRow } from '@/api/types';
import { useVenueName } from '@/api/use-venue-name';
import { money, signedMoney } from '@/format/money';
import { useWide } from '@/theme/theme';
import { space } from '@/theme/tokens';
import { Card } from '@/ui/Card';
import { Delta } from '@/ui/Delta';
import { LoadMore } from '@/ui/LoadMore';
import { Segmented } from '@/ui/Segmented';
import { Empty, Failure, Skeleton } from '@/ui/states';
import { Table, type Column } from '@/ui/Table';
import { Txt } from '@/ui/Txt';
import { feesWords } from './fees';

const WAYS = [
  { value: 'pair', label: 'By pair' },
  { value: 'venue', label: 'By exchange' },
] as const;
type Way = (typeof WAYS)[number]['value'];

/** What each pair, or each venue, won and lost since the first fill. */
export function BreakdownCard() {
  const [by, setBy] = useState<Way>('pair');
  const wide = useWide();
  const nameOf = useVenueName();
  const pnl = usePnl(by);
  const rows = pnl.data?.pages.flatMap(({ items }) => items) ?? [];
  const columns: Column<PnlRow>[] = [
    {
      head: by === 'pair' ? 'Pair' : 'Venue',
      flex: 1.3,
      cell: (row) => (
        <View>
          <Txt variant="small">{by === 'pair' ? row.key : nameOf(row.key)}</Txt>
          {feesWords(row) ? (
            <Txt variant="label" tone="muted" tabular>
              {feesWords(row)}
            </Txt>
          ) : null}
        </View>
      ),
    },
    { head: 'Fills', flex: 0.7, cell: (row) => String(row.fills) },
    { head: 'Realised', cell: (row) => signedMoney(row.realised, row.currency) },
    { head: 'Fees', cell: (row) => money(row.fees, row.currency) },
    { head: 'Net', cell: (row) => <Delta value={row.net} currency={row.currency} variant="small" align="right" /> },
  ];
  return (
    <Card flush title="Where it came from" testID="breakdown">
      {pnl.isError && !pnl.data ? <Failure error={pnl.error} onRetry={() => void pnl.refetch()} /> : null}
      {pnl.data && rows.length === 0 ? (
        <Empty
          title="No fills yet"
          text="What each pair and each exchange won, lost and cost in fees is listed here."
        />
      ) : (
        <View style={{ gap: space.s, paddingHorizontal: space.l, paddingBottom: space.m }}>
          <View style={{ maxWidth: 360 }}>
            <Segmented label="Listed by" options={WAYS} value={by} onChange={setBy} testID="breakdown-by" />
          </View>
          {rows.length > 0 && !pnl.isPlaceholderData ? (
            <Table
              label={`Realised profit and loss ${by === 'pair' ? 'by pair' : 'by exchange'}`}
              // On a phone realised and fees together are the net.
              columns={wide ? columns : columns.filter(({ head }) => head !== 'Realised' && head !== 'Fills')}
              rows={rows}
              rowKey={(row) => `${row.key} ${row.currency}`}
              testID="breakdown-table"
            />
          ) : null}
        </View>
      )}
      {pnl.isPending || pnl.isPlaceholderData ? <Skeleton rows={2} /> : null}
      <LoadMore query={pnl} />
    </Card>
  );
}
