//! Settings of the expected cost.

use rust_decimal::Decimal;
use std::time::Duration;

use crate::score::RouteRules;

/// Settings of [`super::ExpectedCost`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CostConfig {
    /// What is asked of every venue.
    pub rules: RouteRules,
    /// The share of a standard move that counts as lost while an order is on its way: about 0.4 is the mean of the half of all moves that goes
    /// against it. Moves the other way count for nothing: prices that became better are gone first.
    pub adverse_share: Decimal,
    /// How long an answer is taken to need where nothing is known.
    pub unknown_latency: Duration,
    /// Orders that a lane sends at a time: those waiting before this one cost one answer for so many of them.
    pub sent_at_a_time: u32,
    /// What a failed order costs beside the move of the market, as a share of its worth.
    pub failure: Decimal,
    /// How long it takes to go elsewhere after a failure; the market moves meanwhile.
    pub failure_delay: Duration,
    /// By how much a split over venues must be cheaper than the best venue alone, as a share of the worth; `None` never splits.
    pub split_gain: Option<Decimal>,
}

impl Default for CostConfig {
    fn default() -> Self {
        Self {
            rules: RouteRules::default(),
            adverse_share: Decimal::new(40, 2),
            unknown_latency: Duration::from_millis(500),
            sent_at_a_time: 32,
            failure: Decimal::new(10, 4),
            failure_delay: Duration::from_secs(5),
            split_gain: Some(Decimal::new(1, 4)),
        }
    }
}
