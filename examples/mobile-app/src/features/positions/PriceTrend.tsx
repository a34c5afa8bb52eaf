import { useCandles } from '@/api/queries';
import type { Position } from '@/api/types';
import { divide, multiply, round, sign } from '@/format/decimal';
import { Sparkline } from '@/ui/Sparkline';

/** The price of the last four hours at the position's venue, its end moving with the live price. */
export function PriceTrend({ position: { symbol, venue, current_price } }: { position: Position }) {
  const candles = useCandles(symbol, venue);
  const closes = (candles.data ?? []).map((candle) => candle.close);
  const values = current_price === undefined ? closes : [...closes, current_price];
  return <Sparkline values={values} label={trendWords(values)} />;
}

/** `Price over the last four hours: up 1.2 %`. */
export function trendWords(values: readonly string[]): string {
  const [first, last] = [values[0], values[values.length - 1]];
  const ratio = first && last ? divide(last, first, 8) : null;
  if (ratio === null) return 'Price over the last four hours: not known';
  const change = round(multiply(ratio, '100'), 2);
  const moved = round((Number(change) - 100).toFixed(2), 2);
  const way = { '1': 'up', '0': 'unchanged', '-1': 'down' }[`${sign(moved)}`];
  return `Price over the last four hours: ${way}${sign(moved) === 0 ? '' : ` ${moved.replace('-', '')} per cent`}`;
}
