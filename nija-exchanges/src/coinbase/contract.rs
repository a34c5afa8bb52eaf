//! What Coinbase promises.

use nija_core::{
    AmbiguityBound, LimitScope, OrderLookup, PriceReach, RepeatedClientId, RestingOrders, VenueContract,
    VenueId,
};
use rust_decimal::Decimal;
use std::time::Duration;

/// The longest life of an order's token. A request whose token has expired is turned away at the door, so a token that ends
/// with the order's deadline keeps a request that lingered on its way from being taken up later.
pub(super) const TOKEN_LIFE: Duration = Duration::from_secs(15);
/// An order with less time left than this is not sent: its token counts whole seconds.
pub(super) const SHORTEST_DEADLINE: Duration = Duration::from_secs(2);
/// What the measurement of Coinbase's clock and its own reading of tokens leave open.
const CLOCK_DOUBT: Duration = Duration::from_secs(5);

/// How far beyond its trigger the stop of a bracket trades: Coinbase sets that limit itself (Create Order, `trigger_bracket_gtc`).
pub(super) const BRACKET_REACH: Decimal = Decimal::from_parts(5, 0, 0, false, 2);
/// Nothing is documented that keeps other limits near the market or near their stops.
pub(super) const REACH: PriceReach = PriceReach { bracket: Some(BRACKET_REACH), ..PriceReach::UNBOUNDED };

pub(super) fn contract(venue: VenueId) -> VenueContract {
    VenueContract {
        venue,
        name: "Coinbase",
        needs_credential: true,
        // Create Order, `client_order_id`: an id that was used before gives back the order that it named.
        repeated_client_id: RepeatedClientId::ReturnsExisting,
        // List Orders has no filter for client ids.
        lookup: OrderLookup::ListAndMatch,
        // API key authentication: the token's `exp`. It bounds when a request is let in, not how long Coinbase's own machinery
        // then takes; nothing stricter is documented.
        ambiguity_bound: AmbiguityBound::Deadline(CLOCK_DOUBT),
        // Advanced Trade REST rate limits: public calls count by address, private ones by user.
        limit_scopes: vec![LimitScope::Ip, LimitScope::Account],
        // Create Order: `limit_limit_gtc`, `stop_limit_stop_limit_gtc`, `trigger_bracket_gtc`. The limit of a bracket's stop is
        // Coinbase's own, 5 % beyond the trigger: where that is worse than what the user accepts, the bracket is refused here.
        resting: RestingOrders::ALL,
        ordered_nonces: false,
        reach: REACH,
    }
}
