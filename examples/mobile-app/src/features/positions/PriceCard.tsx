import { useState } from 'react';
import { View } from 'react-native';

import { useCandles } from '@/api/queries';
import type { Candle, Position, Protection } from '@/api/types';
import { assets, axisMoney, price } from '@/format/money';
import { clock } from '@/format/time';
import { Card } from '@/ui/Card';
import { LineChart, type Guide } from '@/ui/LineChart';
import { Empty, Failure, Skeleton } from '@/ui/states';
import { Txt } from '@/ui/Txt';
import { trendWords } from './PriceTrend';

interface Props {
  position: Position;
  protection: Protection | undefined;
}

/** The price of the last four hours with the entry, the stop and the targets across it. */
export function PriceCard({ position, protection }: Props) {
  const candles = useCandles(position.symbol, position.venue);
  return (
    <Card title="Price, last four hours" testID="price-card" flush={!candles.data?.length}>
      {candles.isPending ? <Skeleton rows={3} /> : null}
      {candles.isError && !candles.data ? (
        <Failure error={candles.error} onRetry={() => void candles.refetch()} />
      ) : null}
      {candles.data?.length === 0 ? (
        <Empty title="No prices yet" text="The exchange has told no candles of this pair so far." />
      ) : null}
      {candles.data?.length ? <Chart position={position} protection={protection} candles={candles.data} /> : null}
    </Card>
  );
}

function Chart({ position: p, protection, candles }: Props & { candles: readonly Candle[] }) {
  const { quote } = assets(p.symbol);
  const [pointed, setPointed] = useState<number | null>(null);
  const points = pointsOf(candles, p.current_price);
  const [point] = pointed === null ? [] : points.slice(pointed);
  const values =
    p.current_price === undefined
      ? candles.map(({ close }) => close)
      : [...candles.map(({ close }) => close), p.current_price];
  return (
    <View style={{ gap: 8 }}>
      <View style={{ flexDirection: 'row', alignItems: 'baseline', gap: 8, flexWrap: 'wrap' }}>
        <Txt variant="figure" tabular testID="position-price">
          {price(point ? String(point.value) : p.current_price, quote)}
        </Txt>
        <Txt variant="small" tone="muted" tabular>
          {point ? `at ${clock(new Date(point.at).toISOString()).slice(0, 5)}` : 'now'}
        </Txt>
      </View>
      <LineChart
        points={points}
        label={trendWords(values)}
        guides={guidesOf(p, protection)}
        axis={(value) => axisMoney(value, quote)}
        ends={(at) => clock(new Date(at).toISOString()).slice(0, 5)}
        onPoint={setPointed}
      />
    </View>
  );
}

/** The closes, and the price of now at their end. */
export function pointsOf(candles: readonly Candle[], now: string | undefined): { at: number; value: number }[] {
  const closes = candles.map(({ start, close }) => ({ at: Date.parse(start), value: Number(close) }));
  const last = closes[closes.length - 1];
  return now === undefined || !last ? closes : [...closes, { at: last.at + FIVE_MINUTES, value: Number(now) }];
}

const FIVE_MINUTES = 300_000;

export function guidesOf(position: Position, protection: Protection | undefined): Guide[] {
  const targets = (protection?.plan.take_profits ?? [])
    .map((profit, i): Guide => ({ value: Number(profit.price), label: `TP${i + 1}`, tone: 'positive' }))
    .filter((_, i) => !protection?.taken.includes(i + 1));
  const stop = protection?.stop_now;
  return [
    { value: Number(position.entry_price), label: 'Entry', tone: 'text' },
    ...(stop === undefined ? [] : [{ value: Number(stop), label: 'Stop', tone: 'negative' as const }]),
    ...targets,
  ];
}
