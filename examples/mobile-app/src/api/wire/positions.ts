/** Positions and activity. */
import type { DecimalString, Timestamp } from './scalars';

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
