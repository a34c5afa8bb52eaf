/** The measured curve: pure, so that it can be tested without a screen. */
import type { EquityPoint, Overview } from '@/api/types';
import { compare } from '@/format/decimal';
import { signedMoney } from '@/format/money';
import { dateTime } from '@/format/time';

/** A point of the curve; what it is made of is known where it was measured. */
export type Measured = Pick<EquityPoint, 'at' | 'pnl'> & Partial<EquityPoint>;

/** The measurements, and what the account stands at now as the newest point. */
export function withNow(points: readonly EquityPoint[], overview: Overview | undefined): Measured[] {
  const last = points[points.length - 1];
  if (!overview || (last && Date.parse(overview.as_of) <= Date.parse(last.at))) return [...points];
  return [...points, { at: overview.as_of, pnl: overview.pnl_total }];
}

export function curvePoints(points: readonly Measured[]): { at: number; value: number }[] {
  return points.map(({ at, pnl }) => ({ at: Date.parse(at), value: Number(pnl) }));
}

/** `every 5 minutes`, `every second`. */
export function everyWords(seconds: number): string {
  const [n, unit] = seconds % 60 === 0 ? [seconds / 60, 'minute'] : [seconds, 'second'];
  return n === 1 ? `every ${unit}` : `every ${n} ${unit}s`;
}

/** The curve in a sentence, for those who cannot see it. */
export function curveInWords(points: readonly Measured[], currency: string): string {
  const [first] = points;
  const last = points[points.length - 1];
  if (!first || !last) return 'Not measured yet';
  const best = points.reduce((a, b) => (compare(a.pnl, b.pnl) >= 0 ? a : b));
  const worst = points.reduce((a, b) => (compare(a.pnl, b.pnl) <= 0 ? a : b));
  return (
    `Realised and unrealised profit and loss from ${dateTime(first.at)} to ${dateTime(last.at)}: ` +
    `${signedMoney(first.pnl, currency)} to ${signedMoney(last.pnl, currency)}, ` +
    `highest ${signedMoney(best.pnl, currency)}, lowest ${signedMoney(worst.pnl, currency)}.`
  );
}
