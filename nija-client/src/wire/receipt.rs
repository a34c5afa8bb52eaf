//! What an order really cost.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::RoutingDecision;

/// `GET /v1/orders/{id}/receipt`: expected against realised, attempt by attempt and venue by venue; the parts add up to the total.
///
/// Slippage, fees and costs are positive where they are worse for the user, whichever side the order was on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OrderReceipt {
    /// The order.
    pub order_id: String,
    /// Canonical symbol.
    pub symbol: String,
    /// `buy` or `sell`.
    pub side: String,
    /// Where the order stands.
    pub state: String,
    /// Why it ended so, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// A stable code of the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason_code: Option<String>,
    /// The price that its first route expected; absent when it was never routed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrival_price: Option<Decimal>,
    /// Quote units that the fills are worse than at the arrival price: slippage, and what moved between attempts. Positive is worse.
    pub shortfall: Decimal,
    /// The same in basis points; absent before the first fill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shortfall_bps: Option<Decimal>,
    /// All fills together.
    pub total: ReceiptFigures,
    /// When what happened.
    pub times: ReceiptTimes,
    /// Each sending, oldest first.
    pub attempts: Vec<ReceiptAttempt>,
    /// The same by venue, in the order in which they were tried.
    pub venues: Vec<ReceiptVenue>,
    /// `twap` or `split` where other orders carry it out; total, venues and times are theirs added up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// Those orders, oldest first; each has a receipt of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<ReceiptChild>,
    /// The decision that found no venue, where the order ended by one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_routed: Option<RoutingDecision>,
}

/// What fills came to, beside what was expected of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReceiptFigures {
    /// Executions.
    pub fills: u64,
    /// Base units filled.
    pub filled: Decimal,
    /// Quote units of those fills.
    pub notional: Decimal,
    /// The price expected, weighted by what was filled; absent before the first fill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_price: Option<Decimal>,
    /// The price realised; absent before the first fill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub average_price: Option<Decimal>,
    /// Quote units lost against the expected price. Positive is worse.
    pub slippage: Decimal,
    /// The same in basis points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slippage_bps: Option<Decimal>,
    /// Fees, in quote units; a rebate is negative.
    pub fees: Decimal,
    /// The same in basis points of what was traded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fee_bps: Option<Decimal>,
    /// Slippage and fees together, in quote units.
    pub cost: Decimal,
    /// The same in basis points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_bps: Option<Decimal>,
}

/// Moments by the server's clock (RFC 3339, UTC) and the milliseconds between them; absent where it has not come to that.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReceiptTimes {
    /// Taken up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_up_at: Option<String>,
    /// Its route was on record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub routed_at: Option<String>,
    /// It left for the venue. Also absent where the server was restarted between that and the venue's first word of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<String>,
    /// The venue's first word of it: an acknowledgement, a fill or a refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged_at: Option<String>,
    /// Its first fill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_fill_at: Option<String>,
    /// Its last fill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_fill_at: Option<String>,
    /// It ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// From taken up to its route on record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route_ms: Option<Decimal>,
    /// From there to its sending: what it waited in its venue's lane.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue_ms: Option<Decimal>,
    /// From there to the venue's first word of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub venue_ms: Option<Decimal>,
    /// From taken up to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total_ms: Option<Decimal>,
}

/// An order that carries out another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReceiptChild {
    /// The order.
    pub order_id: String,
    /// Where it stands.
    pub state: String,
    /// The venues that it was sent to.
    pub venues: Vec<String>,
    /// What its fills came to.
    pub figures: ReceiptFigures,
}

/// One sending of an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReceiptAttempt {
    /// 0 for the first.
    pub attempt: u32,
    /// Where to.
    pub venue: String,
    /// `market`, `limit`, `stop_limit` or `bracket`, as sent.
    pub order_type: String,
    /// Base units sent.
    pub quantity: Decimal,
    /// The price that the route expected.
    pub expected_price: Decimal,
    /// Fees that the route expected for the whole quantity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_fees: Option<Decimal>,
    /// Answer time that the route expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_latency_ms: Option<Decimal>,
    /// Why the route chose the venue, in words.
    pub route_reason: String,
    /// The order's state, or `failed` for an attempt that was provably dead before the order ended or moved on.
    pub state: String,
    /// Why it ended, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// A stable code of the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason_code: Option<String>,
    /// What its fills came to.
    pub figures: ReceiptFigures,
    /// When what happened.
    pub times: ReceiptTimes,
}

/// What one venue did of an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReceiptVenue {
    /// The venue.
    pub venue: String,
    /// Attempts there.
    pub attempts: u64,
    /// Their fills together.
    pub figures: ReceiptFigures,
}
