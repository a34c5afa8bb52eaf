import type { PnlRow } from '@/api/types';
import { sign } from '@/format/decimal';
import { holding } from '@/format/money';

/** Fees that were not taken in the row's own currency: `fees of 0.00012 BTC`. */
export function feesWords({ fees_paid, currency }: Pick<PnlRow, 'fees_paid' | 'currency'>): string {
  const others = fees_paid.filter(({ asset, amount }) => asset !== currency && sign(amount) !== 0);
  return others.length ? `fees of ${others.map(({ asset, amount }) => holding(asset, amount)).join(', ')}` : '';
}
