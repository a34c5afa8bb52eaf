/** A user's own limits. Shares are of the equity: `0.05` is 5 %. */
import type { DecimalString, Timestamp } from './scalars';

export interface RiskLimits {
  max_equity_share?: DecimalString;
  max_daily_loss?: DecimalString;
  max_drawdown?: DecimalString;
  largest_position?: DecimalString;
  positions?: number;
  price_collar?: DecimalString;
  allowed_symbols?: string[];
}

export interface RiskLevel {
  level: string;
  limits: RiskLimits;
}

export interface PendingLimits {
  level?: string;
  limits: RiskLimits;
  looser: string[];
  effective_at: Timestamp;
}

export interface RiskSettings {
  /** Goes back as `If-Match` of a change. */
  version: string;
  level?: string;
  limits: RiskLimits;
  effective: RiskLimits;
  pending?: PendingLimits;
  loosening_delay_s: number;
  levels: RiskLevel[];
}

export interface ChangeRiskSettings {
  level?: string;
  limits?: RiskLimits;
  password?: string;
}
