import type { Protection } from '@/api/types';
import { price, rate } from '@/format/money';

/** What guards a position, for a list: `Stop $58,000.00`, `2 targets, no stop`, `No stop`. */
export function guardWords(protection: Protection | undefined, quote: string): { label: string; safe: boolean } {
  if (!protection) return { label: 'No stop', safe: false };
  if (protection.stop_hit) return { label: 'Stop went off', safe: true };
  const { plan, stop_now } = protection;
  if (stop_now !== undefined) return { label: `Stop ${price(stop_now, quote)}`, safe: true };
  if (plan.trailing_share !== undefined || plan.trailing_distance !== undefined)
    return { label: 'Trailing stop', safe: true };
  const targets = plan.take_profits?.length ?? 0;
  return { label: `${targets === 1 ? 'Target' : `${targets} targets`}, no stop`, safe: false };
}

/** How a trailing stop follows: `2 % behind the best price`. */
export function trailWords({ plan }: Protection, quote: string): string | undefined {
  if (plan.trailing_share !== undefined) return `${rate(plan.trailing_share)} behind the best price`;
  if (plan.trailing_distance !== undefined) return `${price(plan.trailing_distance, quote)} behind the best price`;
  return undefined;
}
