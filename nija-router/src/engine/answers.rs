//! What the engine answers with.

use nija_core::{
    Order, Position, Price, Quote, Reason, RiskCheck, RouteDecision, Timestamp, VenueBalance, VenueHealth,
    VenueId,
};
use rust_decimal::Decimal;

use super::stats::RoutingStats;

/// A signal that was taken up, now or before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submitted {
    /// The order as it stands.
    pub order: Order,
    /// Whether the same signal had been taken up before: this is the first one's order.
    pub replayed: bool,
}

/// What would become of a signal.
#[derive(Debug, Clone)]
pub struct Preview {
    /// What each policy says.
    pub checks: Vec<RiskCheck>,
    /// Whether it would go to a venue, or why not.
    pub verdict: Result<(), Reason>,
    /// Where to, where risk let it through.
    pub decision: Option<RouteDecision>,
}

/// A user's account over all venues.
#[derive(Debug, Clone)]
pub struct AccountSummary {
    /// Cash and positions in USD; a position without a price counts at cost. What is in a currency that has no price is not in it.
    pub equity: Decimal,
    /// Cash free to trade, in USD: dollars, stablecoins and other money at its price.
    pub cash: Decimal,
    /// Realised since 00:00 UTC and unrealised, in USD, after fees.
    pub pnl_today: Decimal,
    /// Realised since the first fill and unrealised, in USD, after fees.
    pub pnl_total: Decimal,
    /// Open positions, marked.
    pub positions: Vec<MarkedPosition>,
    /// What the venues say the user has.
    pub balances: Vec<VenueBalance>,
    /// Since when trading is paused.
    pub paused: Option<Timestamp>,
}

/// A position at today's price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkedPosition {
    /// The position.
    pub position: Position,
    /// The venue's newest quote.
    pub quote: Option<Quote>,
    /// The price at which it could be closed: the bid for a long, the ask for a short.
    pub price: Option<Price>,
    /// Quote units that closing at that price would win, fees not counted.
    pub unrealised: Option<Decimal>,
    /// USD that a quote unit is worth, where a price tells.
    pub rate: Option<Decimal>,
    /// Whether it is less than its venue takes in one order, so that it cannot be closed.
    pub dust: bool,
}

/// How a venue stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VenueStatus {
    /// Venue.
    pub venue: VenueId,
    /// Its name for people.
    pub name: String,
    /// Whether it takes orders only under a user's key.
    pub needs_credential: bool,
    /// Breaker, success rate, answer time, queue.
    pub health: VenueHealth,
    /// How orders fared there lately.
    pub routing: RoutingStats,
    /// Orders of which nobody knows whether they are there.
    pub in_doubt: usize,
    /// Orders there that need a person.
    pub alarms: usize,
    /// Whether its market stream is up.
    pub up: bool,
    /// What is wrong, in words: alarms first.
    pub detail: Option<String>,
}
