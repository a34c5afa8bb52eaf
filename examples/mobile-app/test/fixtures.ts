// Small valid values of the wire types.
import type { Activity, KeyEvent, Market, Order, Overview, Position, RoutingDecision } from '@/api/types';
import format2 from '../../../nija-client/tests/audit-proof-2.json';

export const AT = '2026-11-23T10:00:00Z';

export const position = (over: Partial<Position> = {}): Position => ({
  id: 'p1',
  venue: 'kraken',
  symbol: 'BTC-USD',
  side: 'long',
  quantity: '0.01',
  entry_price: '60000',
  current_price: '61000',
  market_value: '610',
  unrealised_pnl: '10',
  unrealised_pnl_pct: '1.6667',
  realised_pnl: '0',
  fees: '0.5',
  opened_at: AT,
  updated_at: AT,
  ...over,
});

export const activity = (over: Partial<Activity> = {}): Activity => ({
  id: 'a1',
  kind: 'trade',
  title: 'Bought 0.01 BTC',
  at: AT,
  ...over,
});

export const order = (over: Partial<Order> = {}): Order => ({
  id: 'o1',
  client_order_id: 'c1',
  symbol: 'BTC-USD',
  side: 'buy',
  order_type: 'market',
  size: '100',
  size_type: 'quote',
  state: 'filled',
  venue: 'kraken',
  filled: '0.0016',
  average_price: '62500',
  fees: '0.26',
  signal_type: 'entry',
  created_at: AT,
  updated_at: AT,
  ...over,
});

export const overview = (over: Partial<Overview> = {}): Overview => ({
  bot: { state: 'running', since: AT },
  equity: '1000',
  cash: '390',
  pnl_today: '1',
  pnl_total: '2',
  positions: [position()],
  recent_activity: [activity()],
  balances: [],
  as_of: AT,
  ...over,
});

export const market = (over: Partial<Market> = {}): Market => ({
  symbol: 'BTC-USD',
  venue: 'kraken',
  bid: '62400',
  ask: '62500',
  min_quantity: '0.0001',
  min_notional: '5',
  lot_size: '0.00000001',
  tick_size: '0.1',
  maker_fee: '0.0016',
  taker_fee: '0.0026',
  ...over,
});

export const decision = (over: Partial<RoutingDecision> = {}): RoutingDecision => ({
  order_id: 'o1',
  symbol: 'BTC-USD',
  side: 'buy',
  policy: 'weighted_score',
  venue: 'kraken',
  reason: 'Lowest fees.',
  estimated_price: '62500',
  estimated_fees: '0.26',
  estimated_latency_ms: 12,
  decided_at: AT,
  candidates: [
    {
      venue: 'kraken',
      eligible: true,
      score: '86.42',
      factors: [{ name: 'fees', score: '90', weight: '0.35' }],
      rejections: [],
    },
    { venue: 'coinbase', eligible: false, factors: [], rejections: ['insufficient_usd'] },
  ],
  ...over,
});

/** The line of the audit log that the frozen proof of format 2 is of. */
export const keyEvent: KeyEvent = {
  seq: 10,
  at: new Date(format2.proof.entry.at_micros / 1000).toISOString(),
  action: 'store',
  outcome: 'ok',
  venue: 'one',
  version: 4,
  count: 1,
  actor: 'uid 1000',
  origin: 'cli',
};
