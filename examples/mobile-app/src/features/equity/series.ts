/** The realised equity curve from its days: pure, so that it can be tested without a screen. */
import type { EquityDay } from '@/api/types';
import { add, compare } from '@/format/decimal';
import { signedMoney } from '@/format/money';

const DAY_MS = 86_400_000;

/** The currencies that there are, the one with most days first. */
export function currencies(days: readonly EquityDay[]): string[] {
  const counts = new Map<string, number>();
  days.forEach(({ currency }) => counts.set(currency, (counts.get(currency) ?? 0) + 1));
  return [...counts].sort(([a, m], [b, n]) => n - m || a.localeCompare(b)).map(([currency]) => currency);
}

export const startOf = (day: string): number => Date.parse(`${day}T00:00:00Z`);

/** What the curve stood at before the first of its days. */
export function before(days: readonly EquityDay[]): string {
  const [first] = days;
  return first ? add(first.total, negate(first.net)) : '0';
}

/** One point at the start of each day, with what stood at its end; before them where it began. */
export function pointsOf(days: readonly EquityDay[]): { at: number; value: number }[] {
  const [first] = days;
  if (!first) return [];
  const began = { at: startOf(first.day) - DAY_MS, value: Number(before(days)) };
  return [began, ...days.map(({ day, total }) => ({ at: startOf(day), value: Number(total) }))];
}

/** Won or lost over all of the days. */
export function won(days: readonly EquityDay[]): string {
  return days.reduce((sum, { net }) => add(sum, net), '0');
}

/** The curve in a sentence, for those who cannot see it. */
export function describe(days: readonly EquityDay[], currency: string): string {
  const [first] = days;
  const last = days[days.length - 1];
  if (!first || !last) return 'No days yet';
  const by = (a: EquityDay, b: EquityDay) => compare(a.net, b.net);
  const best = days.reduce((a, b) => (by(a, b) >= 0 ? a : b));
  const worst = days.reduce((a, b) => (by(a, b) <= 0 ? a : b));
  const many = days.length === 1 ? 'on one day' : `on ${days.length} days from ${first.day} to ${last.day}`;
  return (
    `Realised profit and loss after fees: ${signedMoney(won(days), currency)} ${many}. ` +
    `Best day ${best.day} with ${signedMoney(best.net, currency)}, worst ${worst.day} with ${signedMoney(worst.net, currency)}.`
  );
}

function negate(text: string): string {
  return text.startsWith('-') ? text.slice(1) : `-${text}`;
}
