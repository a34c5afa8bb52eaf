//! The overview and market data.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Activity, Position};

/// `GET /v1/dashboard/overview`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Overview {
    /// The bot's state.
    pub bot: BotStatus,
    /// Cash and positions over all venues, in USD. Other currencies are measured at their price.
    pub equity: Decimal,
    /// Cash free to trade, in USD: dollars, stablecoins and other money at its price.
    pub cash: Decimal,
    /// Realised and unrealised since 00:00 UTC, in USD, after fees.
    pub pnl_today: Decimal,
    /// Realised and unrealised since the first fill, in USD, after fees.
    pub pnl_total: Decimal,
    /// Open positions, largest first.
    pub positions: Vec<Position>,
    /// The newest few lines.
    pub recent_activity: Vec<Activity>,
    /// Balances by venue.
    pub balances: Vec<Balance>,
    /// RFC 3339, UTC.
    pub as_of: String,
}

/// One UTC day of `GET /v1/dashboard/equity?days=90`, in one quote currency; a day without fills has none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EquityDay {
    /// `2026-11-26`, by the venues' clocks.
    pub day: String,
    /// `USD`, ...
    pub currency: String,
    /// Won by closing, fees not counted.
    pub realised: Decimal,
    /// Fees paid; below zero where rebates were more.
    pub fees: Decimal,
    /// Realised less fees.
    pub net: Decimal,
    /// All of `net` from the first fill to the end of this day: the curve.
    pub total: Decimal,
}

/// Whether strategies and signals may open positions. Exits always go through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BotStatus {
    /// `running` or `paused`.
    pub state: String,
    /// RFC 3339, UTC: since when.
    pub since: String,
}

/// Money or an asset at a venue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Balance {
    /// The venue.
    pub venue: String,
    /// `USD`, `BTC`, ...
    pub asset: String,
    /// All of it.
    pub total: Decimal,
    /// What is not held by working orders.
    pub available: Decimal,
    /// RFC 3339, UTC: when the venue said so.
    pub as_of: String,
}

/// `GET /v1/markets/{symbol}/candles?venue=&interval=5m&limit=100`, oldest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Candle {
    /// Start of the interval, RFC 3339, UTC.
    pub start: String,
    /// First price.
    pub open: Decimal,
    /// Highest price.
    pub high: Decimal,
    /// Lowest price.
    pub low: Decimal,
    /// Last price.
    pub close: Decimal,
    /// Base units traded.
    pub volume: Decimal,
}

/// `GET /v1/markets`: what can be traded and where.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Market {
    /// Canonical symbol.
    pub symbol: String,
    /// The venue.
    pub venue: String,
    /// Best bid, once seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bid: Option<Decimal>,
    /// Best ask, once seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask: Option<Decimal>,
    /// Smallest order in base units.
    pub min_quantity: Decimal,
    /// Smallest order in quote units.
    pub min_notional: Decimal,
    /// Quantities are multiples of this.
    pub lot_size: Decimal,
    /// Prices are multiples of this.
    pub tick_size: Decimal,
    /// The caller's maker fee as a rate: `0.0025` is 25 basis points.
    pub maker_fee: Decimal,
    /// The caller's taker fee as a rate.
    pub taker_fee: Decimal,
}

/// `GET /health`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Health {
    /// `ok`, `degraded` or `starting`.
    pub status: String,
    /// Version of the server.
    pub version: String,
    /// Each part and how it is: `ledger`, `vault`, `venue:kraken`.
    pub parts: Vec<PartHealth>,
}

/// One part's health.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PartHealth {
    /// Its name.
    pub name: String,
    /// `up`, `degraded` or `down`.
    pub status: String,
    /// In words, where something is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}
