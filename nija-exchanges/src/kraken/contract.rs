//! What Kraken promises.

use nija_core::{
    AmbiguityBound, LimitScope, OrderLookup, PriceReach, RepeatedClientId, RestingOrders, VenueContract,
    VenueId,
};
use std::time::Duration;

/// An order that the engine has not matched this long after it was sent is refused: sent with each order as `deadline`
/// (AddOrder: 2 to 60 seconds from now by Kraken's clock; after it "the matching engine should reject the new order").
pub(super) const DEADLINE: Duration = Duration::from_secs(15);
/// The shortest deadline that Kraken takes.
pub(super) const SHORTEST_DEADLINE: Duration = Duration::from_secs(2);
/// Kraken tells its time in whole seconds; this covers what the measurement of its clock leaves open.
const CLOCK_DOUBT: Duration = Duration::from_secs(5);

/// What rests at Kraken, in every pair: AssetPairs lists no kinds of order.
pub(super) const RESTING: RestingOrders = RestingOrders { limit: true, stop_limit: true, bracket: false };

pub(super) fn contract(venue: VenueId) -> VenueContract {
    VenueContract {
        venue,
        name: "Kraken",
        needs_credential: true,
        // AddOrder, `cl_ord_id`: unique among the client's open orders.
        repeated_client_id: RepeatedClientId::UniqueWhileOpen,
        // OpenOrders and ClosedOrders both filter by `cl_ord_id`.
        lookup: OrderLookup::OpenThenClosed,
        ambiguity_bound: AmbiguityBound::Deadline(CLOCK_DOUBT),
        // Guides: Spot REST rate limits (a counter for each key) and trading rate limits (for each account and pair);
        // public calls count by address.
        limit_scopes: vec![LimitScope::Ip, LimitScope::Key, LimitScope::Account, LimitScope::Pair],
        // AddOrder: `stop-loss-limit` rests until the last trade (`trigger`, whose default is `last`) touches its price. Spot has no
        // order of which one ends another: a conditional close is placed only after its order filled, so there are no brackets.
        resting: RESTING,
        // Guides: Spot REST authentication: the nonce must increase with every request of a key.
        ordered_nonces: true,
        // None is documented.
        reach: PriceReach::UNBOUNDED,
    }
}
