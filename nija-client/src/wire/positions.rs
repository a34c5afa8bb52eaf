//! Positions and activity.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A position, derived from fills alone (`GET /v1/positions/open`, `/closed`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Position {
    /// Opaque id.
    pub id: String,
    /// The venue that holds it.
    pub venue: String,
    /// Canonical symbol.
    pub symbol: String,
    /// `long` or `short`.
    pub side: String,
    /// Base units, never negative.
    pub quantity: Decimal,
    /// Average entry price.
    pub entry_price: Decimal,
    /// The venue's current price; absent until a quote was seen, and on closed positions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_price: Option<Decimal>,
    /// Quantity at the current price, in the quote currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub market_value: Option<Decimal>,
    /// USD that one unit of the quote currency is worth now; absent where no price tells, and on closed positions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usd_rate: Option<Decimal>,
    /// In the quote currency, fees not counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unrealised_pnl: Option<Decimal>,
    /// Per cent of the entry value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unrealised_pnl_pct: Option<Decimal>,
    /// In the quote currency, fees not counted.
    pub realised_pnl: Decimal,
    /// Fees paid on its fills, in the quote currency.
    pub fees: Decimal,
    /// Whether it is less than its venue takes in one order: it cannot be closed, takes no place among the positions of a plan, and is
    /// joined with what is bought there next. Absent where it is not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dust: bool,
    /// RFC 3339, UTC.
    pub opened_at: String,
    /// RFC 3339, UTC.
    pub updated_at: String,
    /// RFC 3339, UTC; absent while open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<String>,
}

/// One line of `GET /v1/activity`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Activity {
    /// Opaque id; pages go by it.
    pub id: String,
    /// `trade` (a fill), `order` (a state worth telling), `credential`, `bot`.
    pub kind: String,
    /// One line for people: `Bought 0.0005 BTC at 63,120.10 on kraken`.
    pub title: String,
    /// More words, where there are some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Canonical symbol.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub symbol: Option<String>,
    /// The venue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub venue: Option<String>,
    /// `buy` or `sell`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<String>,
    /// Base units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Decimal>,
    /// Price per base unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Decimal>,
    /// Fee in the quote currency; missing while nobody has told what the asset that it was taken in is worth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fee: Option<Decimal>,
    /// Realised by this fill, in the quote currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub realised_pnl: Option<Decimal>,
    /// The order it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<String>,
    /// RFC 3339, UTC.
    pub at: String,
}
