//! Orders, previews, routes.

use nija_client::wire;
use rust_decimal::Decimal;

use super::mirror::mirror;
use crate::error::NijaError;

/// An order to place.
#[derive(Debug, Clone, PartialEq, uniffi::Record)]
pub struct OrderRequest {
    /// Names the intent for ever: under one id the server acts once. Made up when missing.
    #[uniffi(default = None)]
    pub client_order_id: Option<String>,
    /// Canonical symbol, `BTC-USD`.
    pub symbol: String,
    /// `buy` or `sell`.
    pub side: String,
    /// How much, in the unit of `size_type`; a decimal.
    pub size: String,
    /// `quote` (money, the default) or `base`.
    #[uniffi(default = None)]
    pub size_type: Option<String>,
    /// `market` (default) or `limit`.
    #[uniffi(default = None)]
    pub order_type: Option<String>,
    /// The worst price accepted. Needed by all but `market`; a decimal.
    #[uniffi(default = None)]
    pub limit_price: Option<String>,
    /// What sets the stop off. Needed by `stop_limit` and `bracket`; a decimal.
    #[uniffi(default = None)]
    pub stop_price: Option<String>,
    /// The price to win at. Needed by `bracket`; a decimal.
    #[uniffi(default = None)]
    pub take_profit_price: Option<String>,
    /// `gtc` (default) or `ioc`.
    #[uniffi(default = None)]
    pub time_in_force: Option<String>,
    /// Only this venue; the router chooses when missing.
    #[uniffi(default = None)]
    pub venue: Option<String>,
    /// `entry` (default), `exit` or `stop_loss`.
    #[uniffi(default = None)]
    pub signal_type: Option<String>,
    /// Free text naming the strategy.
    #[uniffi(default = None)]
    pub strategy: Option<String>,
}

impl TryFrom<OrderRequest> for wire::NewOrder {
    type Error = NijaError;

    fn try_from(request: OrderRequest) -> Result<Self, NijaError> {
        Ok(Self {
            client_order_id: request.client_order_id,
            symbol: request.symbol,
            side: request.side,
            size: decimal("size", &request.size)?,
            size_type: request.size_type,
            order_type: request.order_type,
            limit_price: price("limit_price", request.limit_price)?,
            stop_price: price("stop_price", request.stop_price)?,
            take_profit_price: price("take_profit_price", request.take_profit_price)?,
            time_in_force: request.time_in_force,
            venue: request.venue,
            signal_type: request.signal_type,
            strategy: request.strategy,
            protection: None,
        })
    }
}

/// Exact or not at all: a number that had to be rounded would be another order.
fn decimal(field: &str, text: &str) -> Result<Decimal, NijaError> {
    Decimal::from_str_exact(text)
        .map_err(|_| NijaError::InvalidInput { why: format!("{field} is not a decimal like 25 or 0.001") })
}

fn price(field: &str, text: Option<String>) -> Result<Option<Decimal>, NijaError> {
    text.map(|text| decimal(field, &text)).transpose()
}

mirror! {
    /// An order as it stands.
    Order {
        /// Opaque id.
        id: String,
        /// The caller's id.
        client_order_id: String,
        /// Canonical symbol.
        symbol: String,
        /// `buy` or `sell`.
        side: String,
        /// `market` or `limit`.
        order_type: String,
        /// As asked for.
        size: String,
        /// `quote` or `base`.
        size_type: String,
        /// As asked for.
        limit_price: Option<String>,
        /// As asked for.
        stop_price: Option<String>,
        /// As asked for.
        take_profit_price: Option<String>,
        /// `pending`, `routing`, `queued`, `executing`, `working`, `partial_fill`, `filled`, `rejected`, `cancelled`,
        /// `expired`, `failed` or `unknown`.
        state: String,
        /// Why it ended so, in words.
        reason: Option<String>,
        /// A stable code of the reason.
        reason_code: Option<String>,
        /// Where it was routed.
        venue: Option<String>,
        /// The venue's id.
        venue_order_id: Option<String>,
        /// Filled so far, in base units.
        filled: String,
        /// Average price of the fills.
        average_price: Option<String>,
        /// Fees so far, in the quote currency.
        fees: String,
        /// `entry`, `exit`, `stop_loss` or `other`.
        signal_type: String,
        /// Who asked for it.
        strategy: Option<String>,
        /// `twap` or `split` where it is carried out by orders of its own, which name it as their `parent`.
        method: Option<String>,
        /// How many of those there are so far.
        children: Option<u32>,
        /// The order that this one carries out a part of.
        parent: Option<String>,
        /// RFC 3339, UTC.
        created_at: String,
        /// RFC 3339, UTC.
        updated_at: String,
    }
}

mirror! {
    /// What would happen to an order, with nothing sent.
    OrderPreview {
        /// Whether it would be sent.
        accepted: bool,
        /// Why not, in words.
        reason: Option<String>,
        /// A stable code of the reason.
        reason_code: Option<String>,
        /// Every check that was made, in order.
        checks: Vec<Check>,
        /// Where it would go.
        route: Option<RoutingDecision>,
    }
}

mirror! {
    /// One risk check.
    Check {
        /// The policy's name.
        name: String,
        /// `allow`, `resize` or `refuse`.
        verdict: String,
        /// In words.
        detail: Option<String>,
    }
}

mirror! {
    /// Why an order goes where it goes.
    RoutingDecision {
        /// The order; absent in a preview.
        order_id: Option<String>,
        /// Canonical symbol.
        symbol: String,
        /// `buy` or `sell`.
        side: String,
        /// The scoring policy's name.
        policy: String,
        /// The venue chosen; absent when none was eligible.
        venue: Option<String>,
        /// In words.
        reason: String,
        /// Expected price; of an order that several venues share, weighted by their shares.
        estimated_price: Option<String>,
        /// Expected fees, in the quote currency, of all shares together.
        estimated_fees: Option<String>,
        /// Expected answer time, of the slowest share.
        estimated_latency_ms: Option<u64>,
        /// Every venue that was looked at, best first.
        candidates: Vec<RouteCandidate>,
        /// The venues that share the order, the largest share first; empty when it goes to one venue or to none.
        shares: Vec<RouteShare>,
        /// RFC 3339, UTC.
        decided_at: String,
    }
}

mirror! {
    /// One venue in a routing decision.
    RouteCandidate {
        /// The venue.
        venue: String,
        /// Whether the order could go there.
        eligible: bool,
        /// 0 to 100, higher is better; absent when not eligible.
        score: Option<String>,
        /// The parts of the score; none where the policy goes by cost.
        factors: Vec<RouteFactor>,
        /// What the order is expected to cost there, where the policy goes by that.
        cost: Option<RouteCost>,
        /// Why it is not eligible, as codes.
        rejections: Vec<String>,
    }
}

mirror! {
    /// What an order is expected to cost at a venue, in basis points of its value.
    RouteCost {
        /// All of it.
        total: String,
        /// What the book asks beyond the middle, for this size.
        price: String,
        /// The caller's fees.
        fees: String,
        /// What the price is expected to run away until the order is there.
        latency: String,
        /// The chance that it fails times what that costs.
        failure: String,
    }
}

mirror! {
    /// A venue's share of an order that goes to several at once.
    RouteShare {
        /// The venue.
        venue: String,
        /// Base units.
        quantity: String,
        /// The part of the whole, 0 to 1, to four digits.
        share: String,
        /// Expected price there.
        estimated_price: String,
        /// Expected fees there, in the quote currency.
        estimated_fees: String,
        /// Expected answer time there.
        estimated_latency_ms: Option<u64>,
        /// What this share is expected to cost there.
        cost: Option<RouteCost>,
    }
}

mirror! {
    /// One part of a venue's score.
    RouteFactor {
        /// `fees`, `reliability`, `latency`, `load` or `pair_record`.
        name: String,
        /// 0 to 100.
        score: String,
        /// 0 to 1.
        weight: String,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(size: &str) -> OrderRequest {
        OrderRequest {
            client_order_id: None,
            symbol: "BTC-USD".to_owned(),
            side: "buy".to_owned(),
            size: size.to_owned(),
            size_type: None,
            order_type: None,
            limit_price: None,
            stop_price: None,
            take_profit_price: None,
            time_in_force: None,
            venue: None,
            signal_type: None,
            strategy: None,
        }
    }

    #[test]
    fn sizes_are_exact_decimals_or_refused() {
        let order = wire::NewOrder::try_from(request("0.00010")).expect("taken");
        assert_eq!(order.size.to_string(), "0.00010");
        for bad in ["", "1,5", "NaN", "1e400", "ten", "0.00000000000000000000000000000000001"] {
            let refused = wire::NewOrder::try_from(request(bad));
            assert!(matches!(refused, Err(NijaError::InvalidInput { .. })), "{bad}");
        }
    }
}
