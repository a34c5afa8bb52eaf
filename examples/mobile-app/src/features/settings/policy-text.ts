/** An order policy as it is typed. */
import type { OrderPolicy, PolicyPair } from '@/api/types';

export interface PolicyText {
  pairs: string;
  order: string;
  hour: string;
}

const NUMBER = /^\d+(?:\.\d+)?$/;
const PAIR = /^([A-Z0-9]+-[A-Z0-9]+)(?:\s+(\d+(?:\.\d+)?)\s*-\s*(\d+(?:\.\d+)?))?$/;

export function textOf(policy: OrderPolicy | undefined): PolicyText {
  const pair = ({ symbol, low, high }: PolicyPair) => (low && high ? `${symbol} ${low}-${high}` : symbol);
  return {
    pairs: policy?.pairs.map(pair).join(', ') ?? '',
    order: policy?.max_order ?? '',
    hour: policy?.max_buys_per_hour ?? '',
  };
}

/** The policy, or what is wrong with it. The server has the last word. */
export function policyOf(text: PolicyText): { policy?: OrderPolicy; error?: string } {
  const pairs: PolicyPair[] = [];
  for (const part of text.pairs.split(',').map((part) => part.trim().toUpperCase())) {
    if (!part) continue;
    const [, symbol, low, high] = PAIR.exec(part) ?? [];
    if (!symbol) return { error: `${part} is not a pair like BTC-USD, or one with prices like BTC-USD 20000-200000.` };
    pairs.push(low && high ? { symbol, low, high } : { symbol });
  }
  if (pairs.length === 0) return { error: 'Name at least one pair.' };
  for (const amount of [text.order.trim(), text.hour.trim()])
    if (amount && !NUMBER.test(amount)) return { error: `${amount} is not an amount.` };
  return {
    policy: {
      pairs,
      ...(text.order.trim() ? { max_order: text.order.trim() } : {}),
      ...(text.hour.trim() ? { max_buys_per_hour: text.hour.trim() } : {}),
    },
  };
}
