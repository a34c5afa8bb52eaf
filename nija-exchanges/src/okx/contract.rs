//! What OKX promises.

use nija_core::{
    AmbiguityBound, LimitScope, OrderLookup, PriceReach, RepeatedClientId, RestingOrders, VenueContract,
    VenueId,
};
use std::time::Duration;

/// How long after it was sent OKX may take an order up. An order carries that as `expTime`, after which it "will not be processed"
/// (Transaction Timeouts). Algo orders know no `expTime`: theirs is in the time they are signed for, which OKX refuses when it is more
/// than 30 s old (REST Authentication).
pub(super) const WINDOW: Duration = Duration::from_secs(5);
/// An order with less time left than this is not sent.
pub(super) const SHORTEST_WINDOW: Duration = Duration::from_millis(250);
/// What the measurement of the clock leaves open, and the lag of look-ups.
const DOUBT: Duration = Duration::from_secs(10);

pub(super) fn contract(venue: VenueId) -> VenueContract {
    VenueContract {
        venue,
        name: "OKX",
        needs_credential: true,
        // Place order, `clOrdId`: "unique among all currently pending" orders, and free again once its order has ended.
        repeated_client_id: RepeatedClientId::UniqueWhileOpen,
        // Order details: by `clOrdId`, open or closed.
        lookup: OrderLookup::ByClientId,
        ambiguity_bound: AmbiguityBound::Deadline(DOUBT),
        // Rate Limits: public calls by address, private ones by user, orders by user and instrument as well.
        limit_scopes: vec![LimitScope::Ip, LimitScope::Account, LimitScope::Pair],
        resting: RestingOrders::ALL,
        ordered_nonces: false,
        // Get instruments: each has its own (`maxPxLmtPct`).
        reach: PriceReach::UNBOUNDED,
    }
}
