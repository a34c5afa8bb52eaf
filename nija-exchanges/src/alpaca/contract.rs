//! What Alpaca promises.

use nija_core::{
    AmbiguityBound, LimitScope, OrderLookup, PriceReach, RepeatedClientId, RestingOrders, VenueContract,
    VenueId,
};

pub(super) fn contract(venue: VenueId) -> VenueContract {
    VenueContract {
        venue,
        name: "Alpaca",
        needs_credential: true,
        // "Placing Orders": client_order_id must be unique; a repeat is refused with 422, whatever became of the first.
        repeated_client_id: RepeatedClientId::Rejected,
        // GET /v2/orders:by_client_order_id answers for orders of any state.
        lookup: OrderLookup::ByClientId,
        // No request carries a deadline, and no page says how long after a 504 an order may still come up.
        ambiguity_bound: AmbiguityBound::Unbounded,
        // "Usage limit": 200 requests a minute for each account; public prices count by address.
        limit_scopes: vec![LimitScope::Account, LimitScope::Ip],
        // "Placing Orders": stop-limit orders rest for both classes; pairs of exits (`oco`) for stocks alone.
        resting: RestingOrders::ALL,
        ordered_nonces: false,
        // None is documented.
        reach: PriceReach::UNBOUNDED,
    }
}
