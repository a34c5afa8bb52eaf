/** Orders, previews and routes. */
import type { DecimalString, Timestamp } from './scalars';

export type Side = 'buy' | 'sell';

export type SizeType = 'quote' | 'base';

export type OrderType = 'market' | 'limit' | 'stop_limit' | 'bracket';

export interface NewOrder {
  client_order_id?: string;
  symbol: string;
  side: Side;
  size: DecimalString;
  size_type?: SizeType;
  order_type?: OrderType;
  limit_price?: DecimalString;
  stop_price?: DecimalString;
  take_profit_price?: DecimalString;
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
  stop_price?: DecimalString;
  take_profit_price?: DecimalString;
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

export interface Check {
  name: string;
  verdict: string;
  detail?: string;
}

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
