import type { EquityDay } from '@/api/types';
import { money, signedMoney } from '@/format/money';
import { utcDay } from '@/format/time';
import { useWide } from '@/theme/theme';
import { Delta } from '@/ui/Delta';
import { Table, type Column } from '@/ui/Table';

/** The days in figures, the newest first. */
export function DayTable({ days, currency }: { days: readonly EquityDay[]; currency: string }) {
  const wide = useWide();
  const columns: Column<EquityDay>[] = [
    { head: 'Day', flex: 1.3, cell: (day) => utcDay(day.day) },
    { head: 'Realised', cell: (day) => signedMoney(day.realised, currency) },
    { head: 'Fees', cell: (day) => money(day.fees, currency) },
    {
      head: 'Net',
      cell: (day) => <Delta value={day.net} currency={currency} variant="small" align="right" />,
    },
    { head: 'Together', cell: (day) => signedMoney(day.total, currency) },
  ];
  return (
    <Table
      label="Realised profit and loss by day"
      // On a phone there is room for three columns of large amounts; realised and fees together are the net.
      columns={wide ? columns : columns.filter(({ head }) => head !== 'Realised' && head !== 'Fees')}
      rows={[...days].reverse()}
      rowKey={(day) => day.day}
      testID="equity-table"
    />
  );
}
