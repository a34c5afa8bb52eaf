//! What Binance promises.

use nija_core::{
    AmbiguityBound, LimitScope, OrderLookup, PriceReach, RepeatedClientId, RestingOrders, VenueContract,
    VenueId,
};
use std::time::Duration;

/// A request older than this when it reaches Binance, or about to reach the matching engine, is refused (rest-api.md, "Timing
/// security": checked twice, and 5 s or less are recommended).
pub(super) const RECEIVE_WINDOW: Duration = Duration::from_secs(5);
/// The longest window that Binance takes.
pub(super) const LONGEST_WINDOW: Duration = Duration::from_secs(60);
/// An order with less time left than this is not sent.
pub(super) const SHORTEST_WINDOW: Duration = Duration::from_millis(250);
/// What the measurement of the clock leaves open, and the lag of look-ups (rest-api.md, "Data sources": memory, then database).
const DOUBT: Duration = Duration::from_secs(10);

pub(super) fn contract(venue: VenueId, lists: bool) -> VenueContract {
    VenueContract {
        venue,
        name: "Binance",
        needs_credential: true,
        // New order: "a unique id among open orders".
        repeated_client_id: RepeatedClientId::UniqueWhileOpen,
        // Query order: by `origClientOrderId`, open or closed.
        lookup: OrderLookup::ByClientId,
        ambiguity_bound: AmbiguityBound::Deadline(DOUBT),
        // rest-api.md, "LIMITS": weight by address, unfilled orders by account.
        limit_scopes: vec![LimitScope::Ip, LimitScope::Account],
        // New order: STOP_LOSS_LIMIT, set off by the last trade. New Order list - OCO. exchangeInfo says which symbols have them.
        resting: RestingOrders { limit: true, stop_limit: true, bracket: lists },
        ordered_nonces: false,
        // filters.md, PERCENT_PRICE_BY_SIDE: each symbol has its own, around the average of some minutes; far beyond any collar of ours, and
        // checked before sending.
        reach: PriceReach::UNBOUNDED,
    }
}
