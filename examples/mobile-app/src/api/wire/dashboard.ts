/** The overview and market data. */
import type { Activity, Position } from './positions';
import type { DecimalString, Timestamp } from './scalars';

export interface BotStatus {
  state: string;
  since: Timestamp;
}

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
