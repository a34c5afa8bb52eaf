import { useState } from 'react';
import { View } from 'react-native';

import { useEquity } from '@/api/queries';
import type { EquityDay } from '@/api/types';
import { sign } from '@/format/decimal';
import { axisMoney } from '@/format/money';
import { utcDay } from '@/format/time';
import { space } from '@/theme/tokens';
import { Button } from '@/ui/Button';
import { Card } from '@/ui/Card';
import { Choice } from '@/ui/Choice';
import { Delta } from '@/ui/Delta';
import { LineChart } from '@/ui/LineChart';
import { Segmented } from '@/ui/Segmented';
import { Empty, Failure, Skeleton } from '@/ui/states';
import { Txt } from '@/ui/Txt';
import { AccountCurve } from './AccountCurve';
import { DayTable } from './DayTable';
import { currencies, describe, pointsOf, won } from './series';

const RANGES = [
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '366', label: '1 year' },
] as const;
type Range = (typeof RANGES)[number]['value'];

const VIEWS = [
  { value: 'account', label: 'Live' },
  { value: 'days', label: 'Closed, by day' },
] as const;
type Drawn = (typeof VIEWS)[number]['value'];

/** What trading has won and lost over time. */
export function EquityCard() {
  const [view, setView] = useState<Drawn>('account');
  return (
    <Card title="Profit and loss" testID="equity-card">
      <View style={{ gap: space.m }}>
        <Choice
          label="What is drawn"
          hideLabel
          options={VIEWS}
          value={view}
          onChange={(value) => setView(value as Drawn)}
          testID="equity-view"
        />
        {view === 'account' ? <AccountCurve /> : <Days />}
      </View>
    </Card>
  );
}

/** What closing positions has won and lost, day by day and together. */
function Days() {
  const [range, setRange] = useState<Range>('90');
  const equity = useEquity(Number(range));
  const [chosen, setChosen] = useState<string | null>(null);
  const known = currencies(equity.data ?? []);
  const currency = chosen !== null && known.includes(chosen) ? chosen : (known[0] ?? 'USD');
  const days = equity.data?.filter((day) => day.currency === currency) ?? [];
  if (equity.isPending) return <Skeleton rows={3} />;
  if (equity.isError && !equity.data) return <Failure error={equity.error} onRetry={() => void equity.refetch()} />;
  if (days.length === 0)
    return (
      <Empty
        title="Nothing realised yet"
        text="From the first fill on, fees and what closed positions won or lost are drawn here by day."
      />
    );
  return (
    <View style={{ gap: space.m }}>
      <View style={{ flexDirection: 'row', flexWrap: 'wrap', gap: space.m }}>
        <View style={{ flexGrow: 1, maxWidth: 360 }}>
          <Segmented label="How far back" options={RANGES} value={range} onChange={setRange} testID="equity-range" />
        </View>
        {known.length > 1 ? (
          <View style={{ flexGrow: 1, maxWidth: 240 }}>
            <Segmented
              label="Currency"
              options={known.map((value) => ({ value, label: value }))}
              value={currency}
              onChange={setChosen}
              testID="equity-currency"
            />
          </View>
        ) : null}
      </View>
      <Curve days={days} currency={currency} />
    </View>
  );
}

function Curve({ days, currency }: { days: readonly EquityDay[]; currency: string }) {
  const [pointed, setPointed] = useState<number | null>(null);
  const [table, setTable] = useState(false);
  // The first point stands for what was before the first day.
  const day = pointed === null ? undefined : days[pointed - 1];
  const together = won(days);
  return (
    <>
      <View
        style={{ flexDirection: 'row', flexWrap: 'wrap', columnGap: space.m, alignItems: 'baseline', minHeight: 26 }}
      >
        <Delta
          value={day ? day.total : together}
          currency={currency}
          variant="figure"
          label={day ? `Together up to ${day.day}` : 'Realised in this time, after fees'}
          testID="equity-total"
        />
        <Txt variant="small" tone="muted" tabular>
          {day ? `up to the end of ${utcDay(day.day)}` : 'in this time, after fees'}
        </Txt>
      </View>
      <LineChart
        points={pointsOf(days)}
        label={describe(days, currency)}
        steps={false}
        base={0}
        tone={sign(days[days.length - 1]?.total ?? '0') < 0 ? 'negative' : 'positive'}
        axis={(value) => axisMoney(value, currency)}
        ends={(at) => utcDay(new Date(at).toISOString().slice(0, 10))}
        onPoint={setPointed}
        testID="equity-chart"
      />
      <View
        style={{
          flexDirection: 'row',
          flexWrap: 'wrap',
          justifyContent: 'space-between',
          alignItems: 'center',
          gap: space.m,
        }}
      >
        <Txt variant="small" tone="muted">
          Days are UTC, by the exchanges’ clocks.
        </Txt>
        <Button
          kind="quiet"
          label={table ? 'Hide the days' : 'Show the days'}
          onPress={() => setTable(!table)}
          testID="equity-days"
        />
      </View>
      {table ? <DayTable days={days} currency={currency} /> : null}
    </>
  );
}
