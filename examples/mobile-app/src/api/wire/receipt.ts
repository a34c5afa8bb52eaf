/** What an order really cost. Positive slippage, fees and costs are worse for the user. */
import type { RoutingDecision } from './orders';
import type { DecimalString, Timestamp } from './scalars';

export interface OrderReceipt {
  order_id: string;
  symbol: string;
  side: string;
  state: string;
  reason?: string;
  reason_code?: string;
  arrival_price?: DecimalString;
  shortfall: DecimalString;
  shortfall_bps?: DecimalString;
  total: ReceiptFigures;
  times: ReceiptTimes;
  attempts: ReceiptAttempt[];
  venues: ReceiptVenue[];
  not_routed?: RoutingDecision;
}

export interface ReceiptFigures {
  fills: number;
  filled: DecimalString;
  notional: DecimalString;
  expected_price?: DecimalString;
  average_price?: DecimalString;
  slippage: DecimalString;
  slippage_bps?: DecimalString;
  fees: DecimalString;
  fee_bps?: DecimalString;
  cost: DecimalString;
  cost_bps?: DecimalString;
}

export interface ReceiptTimes {
  taken_up_at?: Timestamp;
  routed_at?: Timestamp;
  sent_at?: Timestamp;
  acknowledged_at?: Timestamp;
  first_fill_at?: Timestamp;
  last_fill_at?: Timestamp;
  ended_at?: Timestamp;
  route_ms?: DecimalString;
  queue_ms?: DecimalString;
  venue_ms?: DecimalString;
  total_ms?: DecimalString;
}

export interface ReceiptAttempt {
  attempt: number;
  venue: string;
  order_type: string;
  quantity: DecimalString;
  expected_price: DecimalString;
  expected_fees?: DecimalString;
  expected_latency_ms?: DecimalString;
  route_reason: string;
  state: string;
  reason?: string;
  reason_code?: string;
  figures: ReceiptFigures;
  times: ReceiptTimes;
}

export interface ReceiptVenue {
  venue: string;
  attempts: number;
  figures: ReceiptFigures;
}
