//! Orders, previews and routes.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// `POST /v1/orders`. Query: `dry_run=true` answers with an [`OrderPreview`] and sends nothing;
/// `wait_ms=2000` (at most 10000) holds the answer until the order is settled or the time is over;
/// with `wait_for=acknowledged` until its venue took it or refused it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewOrder {
    /// Names the intent for ever: the same id and content returns the first answer, other content is refused (409).
    /// The server makes one up when it is missing; the `Idempotency-Key` header serves as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_order_id: Option<String>,
    /// Canonical symbol, `BTC-USD`.
    pub symbol: String,
    /// `buy` or `sell`.
    pub side: String,
    /// How much, in the unit of `size_type`.
    pub size: Decimal,
    /// `quote` (spend or receive this much money, the default) or `base`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size_type: Option<String>,
    /// `market` (default), `limit`, `stop_limit` or `bracket` (a take-profit and a stop of which one ends the other, for exits).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_type: Option<String>,
    /// The worst price accepted. Needed by all but `market`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_price: Option<Decimal>,
    /// What sets the stop off. Needed by `stop_limit` and `bracket`: for a sell at or above the limit, for a buy at or below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_price: Option<Decimal>,
    /// The price to win at. Needed by `bracket`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub take_profit_price: Option<Decimal>,
    /// `gtc` (default) or `ioc`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_in_force: Option<String>,
    /// Only this venue; the router chooses when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub venue: Option<String>,
    /// `entry` (default), `exit` or `stop_loss`; an exit can only reduce a position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal_type: Option<String>,
    /// Free text naming the strategy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<String>,
    /// What guards the position that an entry opens, from its first fill on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protection: Option<super::NewProtection>,
}

/// An order as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Order {
    /// Opaque id.
    pub id: String,
    /// The caller's id.
    pub client_order_id: String,
    /// Canonical symbol.
    pub symbol: String,
    /// `buy` or `sell`.
    pub side: String,
    /// `market`, `limit`, `stop_limit` or `bracket`.
    pub order_type: String,
    /// As asked for.
    pub size: Decimal,
    /// `quote` or `base`.
    pub size_type: String,
    /// As asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_price: Option<Decimal>,
    /// As asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_price: Option<Decimal>,
    /// As asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub take_profit_price: Option<Decimal>,
    /// `pending`, `routing`, `queued`, `executing`, `working`, `partial_fill`, `filled`, `rejected`, `cancelled`,
    /// `expired`, `failed` or `unknown`.
    pub state: String,
    /// Why it ended so, in words, where there is something to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// A stable code of the reason, for instance `insufficient_usd`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason_code: Option<String>,
    /// Where it was routed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub venue: Option<String>,
    /// The venue's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub venue_order_id: Option<String>,
    /// Filled so far, in base units.
    pub filled: Decimal,
    /// Average price of the fills.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub average_price: Option<Decimal>,
    /// Fees so far, in the quote currency.
    pub fees: Decimal,
    /// `entry`, `exit`, `stop_loss` or `other`.
    pub signal_type: String,
    /// Who asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<String>,
    /// `twap` or `split` where it is carried out by orders of its own, which name it as their `parent`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// How many of those there are so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub children: Option<u32>,
    /// The order that this one carries out a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// RFC 3339, UTC.
    pub created_at: String,
    /// RFC 3339, UTC.
    pub updated_at: String,
}

/// What would happen to an order, with nothing sent (`dry_run=true`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OrderPreview {
    /// Whether it would be sent.
    pub accepted: bool,
    /// Why not, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// A stable code of the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason_code: Option<String>,
    /// Every check that was made, in order.
    pub checks: Vec<Check>,
    /// Where it would go; absent when risk refused it first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<RoutingDecision>,
}

/// One risk check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Check {
    /// The policy's name.
    pub name: String,
    /// `allow`, `resize` or `refuse`.
    pub verdict: String,
    /// In words, where there is something to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// Why an order goes where it goes (`GET /v1/routing/decisions` lists them).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RoutingDecision {
    /// The order; absent in a preview.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<String>,
    /// Canonical symbol.
    pub symbol: String,
    /// `buy` or `sell`.
    pub side: String,
    /// The scoring policy's name.
    pub policy: String,
    /// The venue chosen; absent when none was eligible.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub venue: Option<String>,
    /// In words.
    pub reason: String,
    /// Expected price; of an order that several venues share, weighted by their shares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimated_price: Option<Decimal>,
    /// Expected fees, in the quote currency, of all shares together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimated_fees: Option<Decimal>,
    /// Expected answer time, of the slowest share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimated_latency_ms: Option<u64>,
    /// Every venue that was looked at, best first.
    pub candidates: Vec<RouteCandidate>,
    /// The venues that share the order, the largest share first; empty when it goes to one venue or to none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shares: Vec<RouteShare>,
    /// RFC 3339, UTC.
    pub decided_at: String,
}

/// `GET /v1/routing/decisions`: the caller's newest routes, the last one first, and how all venues fared lately.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RoutingDecisions {
    /// Newest first: the first of the first page is the last decision, with every candidate.
    pub items: Vec<RoutingDecision>,
    /// Pass as `cursor` to get the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
    /// Rolling figures of every venue, over the orders of all users.
    #[serde(default)]
    pub stats: Vec<RoutingStats>,
}

/// How orders fared at a venue lately: over its last 200 sendings and the last 200 orders that ended there with a fill, since the server
/// started.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RoutingStats {
    /// The venue.
    pub venue: String,
    /// Orders routed there since the server started.
    pub routes: u64,
    /// Sendings that the figures cover.
    pub sent: u64,
    /// Share of them that the venue took, 0 to 1; absent before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub success_rate: Option<Decimal>,
    /// Mean milliseconds from a sending to its answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<Decimal>,
    /// Orders with fills that the figures cover.
    pub filled: u64,
    /// Mean slippage in basis points, weighted by size; positive is worse.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slippage_bps: Option<Decimal>,
    /// Mean fees in basis points, weighted by size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fee_bps: Option<Decimal>,
}

/// One venue in a routing decision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RouteCandidate {
    /// The venue.
    pub venue: String,
    /// Whether the order could go there.
    pub eligible: bool,
    /// 0 to 100, higher is better; absent when not eligible.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<Decimal>,
    /// The parts of the score, each 0 to 100; none where the policy goes by cost.
    pub factors: Vec<RouteFactor>,
    /// What the order is expected to cost there, where the policy goes by that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<super::RouteCost>,
    /// Why it is not eligible, as codes, for instance `insufficient_usd`.
    pub rejections: Vec<String>,
}

/// A venue's share of an order that goes to several at once. It is carried out by an order of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RouteShare {
    /// The venue.
    pub venue: String,
    /// Base units.
    pub quantity: Decimal,
    /// The part of the whole, 0 to 1, to four digits.
    pub share: Decimal,
    /// Expected price there.
    pub estimated_price: Decimal,
    /// Expected fees there, in the quote currency.
    pub estimated_fees: Decimal,
    /// Expected answer time there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimated_latency_ms: Option<u64>,
    /// What this share is expected to cost there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<super::RouteCost>,
}

/// One part of a venue's score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RouteFactor {
    /// `fees`, `reliability`, `latency`, `load` or `pair_record`.
    pub name: String,
    /// 0 to 100.
    pub score: Decimal,
    /// 0 to 1; the weights of one candidate sum to 1.
    pub weight: Decimal,
}
