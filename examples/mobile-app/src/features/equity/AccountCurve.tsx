import { useState } from 'react';
import { View } from 'react-native';

import { useEquityCurve, useOverview } from '@/api/queries';
import type { EquityCurve } from '@/api/types';
import { sign } from '@/format/decimal';
import { axisMoney, signedMoney } from '@/format/money';
import { shortDateTime } from '@/format/time';
import { space } from '@/theme/tokens';
import { Delta } from '@/ui/Delta';
import { LineChart } from '@/ui/LineChart';
import { Segmented } from '@/ui/Segmented';
import { Empty, Failure, Skeleton } from '@/ui/states';
import { Txt } from '@/ui/Txt';
import { curveInWords, curvePoints, everyWords, withNow, type Measured } from './curve';

const RANGES = [
  { value: '24', label: '24 hours' },
  { value: '168', label: '7 days' },
  { value: 'all', label: 'All' },
] as const;
type Range = (typeof RANGES)[number]['value'];

/** What trading won or lost as it was measured, open positions at the quotes of the moment included. */
export function AccountCurve() {
  const [range, setRange] = useState<Range>('24');
  const curve = useEquityCurve(range === 'all' ? undefined : Number(range));
  const overview = useOverview();
  const measured = curve.data ? withNow(curve.data.points, overview.data) : [];
  return (
    <View style={{ gap: space.m }}>
      <View style={{ maxWidth: 360 }}>
        <Segmented label="How far back" options={RANGES} value={range} onChange={setRange} testID="curve-range" />
      </View>
      {curve.isPending ? <Skeleton rows={3} /> : null}
      {curve.isError && !curve.data ? <Failure error={curve.error} onRetry={() => void curve.refetch()} /> : null}
      {curve.data && measured.length < 2 ? (
        <Empty
          title="Not measured yet"
          text={`The account is measured ${everyWords(curve.data.every_seconds)}. The curve begins with the first of them.`}
        />
      ) : null}
      {curve.data && measured.length > 1 ? <Drawn curve={curve.data} points={measured} /> : null}
    </View>
  );
}

function Drawn({ curve, points }: { curve: EquityCurve; points: readonly Measured[] }) {
  const [pointed, setPointed] = useState<number | null>(null);
  const { currency } = curve;
  const last = points[points.length - 1];
  const point = (pointed === null ? undefined : points[pointed]) ?? last;
  if (!point) return null;
  return (
    <>
      <View style={{ gap: 2 }}>
        <View style={{ flexDirection: 'row', flexWrap: 'wrap', columnGap: space.m, alignItems: 'baseline' }}>
          <Delta
            value={point.pnl}
            currency={currency}
            variant="figure"
            label="Realised and unrealised profit and loss"
            testID="curve-pnl"
          />
          <Txt variant="small" tone="muted" tabular>
            {point === last ? 'now' : shortDateTime(point.at, Date.now())}
          </Txt>
        </View>
        {point.realised !== undefined && point.unrealised !== undefined ? (
          <Txt variant="small" tone="muted" tabular>
            {`${signedMoney(point.realised, currency)} realised, ${signedMoney(point.unrealised, currency)} in open positions`}
          </Txt>
        ) : null}
      </View>
      <LineChart
        points={curvePoints(points)}
        label={curveInWords(points, currency)}
        base={0}
        tone={sign(last?.pnl ?? '0') < 0 ? 'negative' : 'positive'}
        axis={(value) => axisMoney(value, currency)}
        ends={(at) => shortDateTime(new Date(at).toISOString(), Date.now())}
        onPoint={setPointed}
        testID="curve-chart"
      />
      <Txt variant="small" tone="muted">
        {`Measured ${everyWords(curve.every_seconds)}, since the first fill; money paid in or out does not move it.`}
        {curve.points.some(({ unpriced }) => unpriced > 0)
          ? ' Now and then an open position had no price and counts as having won nothing.'
          : ''}
      </Txt>
    </>
  );
}
