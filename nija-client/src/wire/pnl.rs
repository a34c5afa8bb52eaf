//! Profits by day, pair and venue, and the curve of an account.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// What one UTC day, pair or venue won and paid in one quote currency: `GET /v1/dashboard/pnl?by=day|pair|venue`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PnlRow {
    /// `2026-11-26` by the venues' clocks, `BTC-USD` or `kraken`. One key has a row for each currency.
    pub key: String,
    /// The currency of all amounts but `fees_paid.amount`: `USD`, ...
    pub currency: String,
    /// Won by closing, fees not counted.
    pub realised: Decimal,
    /// Fees paid, at their worth when they were paid; below zero where rebates were more.
    pub fees: Decimal,
    /// Realised less fees.
    pub net: Decimal,
    /// Executions.
    pub fills: u64,
    /// The same fees by the asset that the venue took, by name.
    pub fees_paid: Vec<FeePaid>,
}

/// Fees that were taken in one asset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FeePaid {
    /// `USD`, `BTC`, `BNB`, ...
    pub asset: String,
    /// Units of it.
    pub amount: Decimal,
    /// What they were worth in the row's currency when they were paid; zero where nobody quoted the asset.
    pub in_quote: Decimal,
}

/// The curve of an account: `GET /v1/dashboard/equity/curve`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EquityCurve {
    /// The currency of all amounts. What is in another one is measured at the prices of the moment.
    pub currency: String,
    /// Seconds between two measurements. Older days have their last one alone.
    pub every_seconds: u64,
    /// Oldest first. There is none while the server did not run.
    pub points: Vec<EquityPoint>,
}

/// An account as it was measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EquityPoint {
    /// RFC 3339, UTC.
    pub at: String,
    /// Cash and positions at the last quotes. Missing where no venue had told a balance or a position had no price yet. It moves when money
    /// is paid in or out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equity: Option<Decimal>,
    /// Won by closing since the first fill, less all fees.
    pub realised: Decimal,
    /// What closing the open positions at the last quotes would have won, fees not counted.
    pub unrealised: Decimal,
    /// Realised and unrealised: what trading won or lost. It does not move when money is paid in or out.
    pub pnl: Decimal,
    /// Open positions that had no price yet, or whose currency had none: they count as having won nothing.
    pub unpriced: u32,
}

/// What `GET /v1/dashboard/pnl` tells profits by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum PnlBy {
    /// UTC days, newest first.
    Day,
    /// Pairs, by name.
    Pair,
    /// Venues, by name.
    Venue,
}
