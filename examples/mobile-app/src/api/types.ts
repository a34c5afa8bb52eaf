/**
 * The JSON of the API, mirroring `nija-client/src/wire`. Decimals are strings and stay strings (see `format/decimal.ts`);
 * times are RFC 3339 in UTC. Open unions (`string`) are read tolerantly: the server may add values and fields.
 * `npm run types` regenerates `openapi.d.ts` from a running server and checks this file against it.
 */
export type DecimalString = string;
export type Timestamp = string;

export interface User { id: string; email: string; tier: string; created_at: Timestamp }

export interface Session {
  user: User;
  access_token: string;
  token_type: string;
  /** Seconds. */
  expires_in: number;
  refresh_token: string;
}

export interface Problem {
  type: string;
  title: string;
  status: number;
  code: string;
  detail: string;
  request_id?: string;
  order?: Order;
  /** Seconds. */
  retry_after?: number;
}

export interface Page<T> { items: T[]; next_cursor?: string }

export interface SealingKey { key_id: string; public_key: string; suite: string }

export interface StoreCredential {
  venue: string;
  label: string;
  key_id: string;
  encapsulated_key: string;
  ciphertext: string;
}

export interface Credential {
  id: string;
  venue: string;
  label: string;
  version: number;
  /** `delegated`, `session` or `device`. */
  custody: string;
  /** `active` or `revoked`. */
  status: string;
  rights: string[];
  created_at: Timestamp;
}

export interface Venue {
  id: string;
  name: string;
  /** `up`, `degraded` or `down`. */
  status: string;
  latency_ms?: number;
  connected: boolean;
  needs_credential: boolean;
}

export interface BotStatus { state: string; since: Timestamp }

export interface Balance {
  venue: string;
  asset: string;
  total: DecimalString;
  available: DecimalString;
  as_of: Timestamp;
}

export interface Overview {
  bot: BotStatus;
  equity: DecimalString;
  cash: DecimalString;
  pnl_today: DecimalString;
  pnl_total: DecimalString;
  positions: Position[];
  recent_activity: Activity[];
  balances: Balance[];
  as_of: Timestamp;
}

export interface Market {
  symbol: string;
  venue: string;
  bid?: DecimalString;
  ask?: DecimalString;
  min_quantity: DecimalString;
  min_notional: DecimalString;
  lot_size: DecimalString;
  tick_size: DecimalString;
  maker_fee: DecimalString;
  taker_fee: DecimalString;
}

export interface Candle {
  start: Timestamp;
  open: DecimalString;
  high: DecimalString;
  low: DecimalString;
  close: DecimalString;
  volume: DecimalString;
}

export interface Position {
  id: string;
  venue: string;
  symbol: string;
  /** `long` or `short`. */
  side: string;
  quantity: DecimalString;
  entry_price: DecimalString;
  current_price?: DecimalString;
  market_value?: DecimalString;
  unrealised_pnl?: DecimalString;
  unrealised_pnl_pct?: DecimalString;
  realised_pnl: DecimalString;
  fees: DecimalString;
  opened_at: Timestamp;
  updated_at: Timestamp;
  closed_at?: Timestamp;
}

export interface Activity {
  id: string;
  /** `trade`, `order`, `credential` or `bot`. */
  kind: string;
  title: string;
  detail?: string;
  symbol?: string;
  venue?: string;
  side?: string;
  quantity?: DecimalString;
  price?: DecimalString;
  fee?: DecimalString;
  realised_pnl?: DecimalString;
  order_id?: string;
  at: Timestamp;
}

export type Side = 'buy' | 'sell';
export type SizeType = 'quote' | 'base';
export type OrderType = 'market' | 'limit';

export interface NewOrder {
  client_order_id?: string;
  symbol: string;
  side: Side;
  size: DecimalString;
  size_type?: SizeType;
  order_type?: OrderType;
  limit_price?: DecimalString;
  time_in_force?: 'gtc' | 'ioc';
  venue?: string;
  signal_type?: 'entry' | 'exit' | 'stop_loss';
  strategy?: string;
}

export interface Order {
  id: string;
  client_order_id: string;
  symbol: string;
  side: string;
  order_type: string;
  size: DecimalString;
  size_type: string;
  limit_price?: DecimalString;
  state: string;
  reason?: string;
  reason_code?: string;
  venue?: string;
  venue_order_id?: string;
  filled: DecimalString;
  average_price?: DecimalString;
  fees: DecimalString;
  signal_type: string;
  strategy?: string;
  created_at: Timestamp;
  updated_at: Timestamp;
}

export interface Check { name: string; verdict: string; detail?: string }

export interface OrderPreview {
  accepted: boolean;
  reason?: string;
  reason_code?: string;
  checks: Check[];
  route?: RoutingDecision;
}

export interface RoutingDecision {
  order_id?: string;
  symbol: string;
  side: string;
  policy: string;
  venue?: string;
  reason: string;
  estimated_price?: DecimalString;
  estimated_fees?: DecimalString;
  estimated_latency_ms?: number;
  candidates: RouteCandidate[];
  decided_at: Timestamp;
}

export interface RouteCandidate {
  venue: string;
  eligible: boolean;
  /** 0 to 100. */
  score?: DecimalString;
  factors: RouteFactor[];
  rejections: string[];
}

export interface RouteFactor {
  name: string;
  /** 0 to 100. */
  score: DecimalString;
  /** 0 to 1. */
  weight: DecimalString;
}
