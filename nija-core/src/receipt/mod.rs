//! What an order really cost beside what its route expected (transaction cost analysis), folded from the journal.

mod figures;
mod fold;
#[cfg(test)]
mod tests;

pub use figures::Execution;

use rust_decimal::Decimal;
use std::time::Duration;

use crate::{
    ExecutionMethod, JournalRecord, OrderIntent, OrderKind, OrderState, Price, Quantity, Reason,
    RouteDecision, Timestamp, TransitionError, VenueId,
};

/// An order's receipt: expected against realised, attempt by attempt and venue by venue. The parts add up to the whole.
///
/// Slippage, fees and costs are signed so that positive is worse for the user, whichever side the order was on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// What was wanted.
    pub intent: OrderIntent,
    /// Where the order stands.
    pub state: OrderState,
    /// Why it ended so.
    pub reason: Option<Reason>,
    /// The price that its first route expected: what a decision to trade is measured from. `None` when it was never routed.
    pub arrival_price: Option<Price>,
    /// All fills together.
    pub total: Execution,
    /// Quote units that the fills are worse than at the arrival price; beside the slippage it holds what moved between attempts.
    pub shortfall: Decimal,
    /// When what happened, by the platform's clock.
    pub times: Times,
    /// Each sending, oldest first.
    pub attempts: Vec<Attempt>,
    /// The same by venue, in the order in which they were tried.
    pub venues: Vec<VenueShare>,
    /// How it is carried out, where others carry it out.
    pub method: Option<ExecutionMethod>,
    /// Those others, oldest first; see [`Receipt::with_children`].
    pub children: Vec<Self>,
    /// The decision that found no venue, where the order ended by one: every candidate with its reasons.
    pub not_routed: Option<RouteDecision>,
}

/// Moments of an order's or an attempt's life, by the platform's clock; `None` where it has not come to that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Times {
    /// The intent was taken up.
    pub taken_up: Option<Timestamp>,
    /// Its route was durable.
    pub routed: Option<Timestamp>,
    /// It left for the venue. Also `None` where a restart came between that and the venue's first word of it.
    pub sent: Option<Timestamp>,
    /// The venue's first word of it was on record: an acknowledgement, a fill or a refusal.
    pub acknowledged: Option<Timestamp>,
    /// Its first fill was on record.
    pub first_fill: Option<Timestamp>,
    /// Its last fill was on record.
    pub last_fill: Option<Timestamp>,
    /// It ended.
    pub ended: Option<Timestamp>,
}

impl Times {
    /// The first sending, word and fill, and the last fill, of both; the rest is its own.
    fn around(self, other: &Self) -> Self {
        let earlier =
            |one: Option<Timestamp>, another: Option<Timestamp>| one.into_iter().chain(another).min();
        Self {
            sent: earlier(self.sent, other.sent),
            acknowledged: earlier(self.acknowledged, other.acknowledged),
            first_fill: earlier(self.first_fill, other.first_fill),
            last_fill: self.last_fill.max(other.last_fill),
            ..self
        }
    }

    /// How long one moment came after another, where both have come.
    #[must_use]
    pub fn between(from: Option<Timestamp>, to: Option<Timestamp>) -> Option<Duration> {
        Some(to?.since(from?))
    }
}

/// One sending of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// 0 for the first.
    pub number: u32,
    /// Where to.
    pub venue: VenueId,
    /// Base units sent.
    pub quantity: Quantity,
    /// Kind and prices as sent.
    pub kind: OrderKind,
    /// The price that the route expected.
    pub expected_price: Price,
    /// Fees that the route expected for the whole quantity, in quote units.
    pub expected_fees: Option<Decimal>,
    /// Answer time that the route expected.
    pub expected_latency: Option<Duration>,
    /// Why the route chose this venue, in words.
    pub route_reason: String,
    /// Where it stands: the order's state, or `Failed` for an attempt that was provably dead before the order ended or moved on.
    pub state: OrderState,
    /// Why it ended.
    pub reason: Option<Reason>,
    /// What its fills came to.
    pub execution: Execution,
    /// When what happened; `taken_up` is the order's.
    pub times: Times,
}

/// What one venue did of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VenueShare {
    /// Venue.
    pub venue: VenueId,
    /// Attempts there.
    pub attempts: usize,
    /// Their fills together.
    pub execution: Execution,
}

impl Receipt {
    /// The receipt of the order that `records` take up, oldest first; records of other things are passed over. `None` when no order is
    /// taken up by them.
    ///
    /// # Errors
    /// [`TransitionError`] when a record does not follow from those before it: the journal is not this order's whole one.
    pub fn from_journal(records: &[JournalRecord]) -> Result<Option<Self>, TransitionError> {
        fold::receipt(records)
    }

    /// The same with the receipts of the orders that carry it out: total, venues and times are theirs added up, and what they are measured
    /// from is what the first of them expected.
    #[must_use]
    pub fn with_children(mut self, children: Vec<Self>) -> Self {
        for child in &children {
            self.total = self.total.plus(child.total);
            self.times = self.times.around(&child.times);
            child.venues.iter().for_each(|share| fold::add_share(&mut self.venues, share));
        }
        let first = || children.iter().find_map(|child| child.arrival_price);
        self.arrival_price = self.arrival_price.or_else(first);
        self.shortfall = fold::shortfall(self.intent.signal.side, self.arrival_price, &self.total);
        self.children = children;
        self
    }

    /// [`Receipt::shortfall`] in basis points of what the fills would have been worth at the arrival price; positive is worse.
    #[must_use]
    pub fn shortfall_bps(&self) -> Option<Decimal> {
        let arrival = self.arrival_price?.get().checked_mul(self.total.filled)?;
        figures::bps(self.shortfall, arrival)
    }
}
