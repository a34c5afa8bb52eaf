//! What the journal says of how attempts went.

use nija_core::{
    Fill, JournalEvent, JournalRecord, Liquidity, OrderId, OrderLeg, OrderState, RouteDecision,
    RoutingPolicy, Side, Symbol, Timestamp, VenueId, whole::units,
};
use rust_decimal::Decimal;
use std::time::Duration;

use crate::engine::{
    ids::ById,
    send::{ANSWER_LOST, NOT_SENT, UNAVAILABLE},
};

/// Ends of an attempt that are the venue's doing. Whatever else ends one is between the user and the venue, or the platform's own: it must not turn
/// others away.
const VENUES_FAULT: [&str; 2] = [UNAVAILABLE, NOT_SENT];

/// One thing learnt of a pair at a venue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lesson {
    pub(super) venue: VenueId,
    pub(super) symbol: Symbol,
    pub(super) at: Timestamp,
    pub(super) what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// The venue took an order, after this time where it is known.
    Taken(Option<Duration>),
    /// It could not take one, or its answer was lost.
    NotTaken,
    /// Fills were so many ten-thousandths of a basis point worse than expected.
    Slipped(i64),
}

/// An attempt that has not ended.
#[derive(Debug, Clone)]
struct Attempt {
    venue: VenueId,
    symbol: Symbol,
    side: Side,
    expected: Decimal,
    /// Whether that price is what the book was expected to give for this size.
    walked: bool,
    quantity: Decimal,
    filled: Decimal,
    notional: Decimal,
    answered: bool,
}

/// The attempts of a user under way, folded from the user's journal.
#[derive(Debug, Default)]
pub(crate) struct Attempts(ById<OrderId, Attempt>);

impl Attempts {
    /// Follows the journal by one record; what it teaches goes to `learn`.
    pub(super) fn follow(&mut self, record: &JournalRecord, mut learn: impl FnMut(Lesson)) {
        match &record.event {
            JournalEvent::Routed { order, decision, leg } => {
                self.0.insert(*order, Attempt::new(decision, leg));
            }
            JournalEvent::StateChanged { order, state, sent_at, reason, .. } => {
                let Some(attempt) = self.0.get_mut(order) else { return };
                let took = sent_at.map(|sent_at| record.at.since(sent_at));
                match state {
                    OrderState::Working
                    | OrderState::PartialFill
                    | OrderState::Filled
                    | OrderState::Expired => {
                        attempt.answer(What::Taken(took), record.at, &mut learn);
                    }
                    // Cancelled before it was sent says nothing.
                    OrderState::Cancelled if took.is_some() => {
                        attempt.answer(What::Taken(took), record.at, &mut learn);
                    }
                    // In doubt after a restart is this platform's doing.
                    OrderState::Unknown
                        if reason.as_ref().is_some_and(|reason| reason.code == ANSWER_LOST) =>
                    {
                        attempt.answer(What::NotTaken, record.at, &mut learn);
                    }
                    _ => {}
                }
                if state.is_final() {
                    self.end(*order, record.at, learn);
                }
            }
            JournalEvent::AttemptEnded { order, reason, .. } => {
                if let Some(mut attempt) = self.0.remove(order)
                    && VENUES_FAULT.contains(&reason.code.as_str())
                {
                    attempt.answer(What::NotTaken, record.at, &mut learn);
                }
            }
            JournalEvent::Filled(fill) => self.fill(fill, record.at, learn),
            _ => {}
        }
    }

    fn fill(&mut self, fill: &Fill, at: Timestamp, mut learn: impl FnMut(Lesson)) {
        let Some(order) = fill.order else { return };
        let Some(attempt) = self.0.get_mut(&order) else { return };
        attempt.answer(What::Taken(None), at, &mut learn);
        // One that rested filled at its own price.
        attempt.walked &= fill.execution.liquidity == Liquidity::Taker;
        let (quantity, price) = (fill.execution.quantity.get(), fill.execution.price.get());
        attempt.filled = attempt.filled.saturating_add(quantity);
        attempt.notional = attempt.notional.saturating_add(quantity.saturating_mul(price));
        if attempt.filled >= attempt.quantity {
            self.end(order, at, learn);
        }
    }

    fn end(&mut self, order: OrderId, at: Timestamp, mut learn: impl FnMut(Lesson)) {
        if let Some(attempt) = self.0.remove(&order)
            && let Some(slipped) = attempt.slipped()
        {
            learn(attempt.lesson(What::Slipped(slipped), at));
        }
    }
}

impl Attempt {
    fn new(decision: &RouteDecision, leg: &OrderLeg) -> Self {
        Self {
            venue: leg.venue.clone(),
            symbol: decision.symbol.clone(),
            side: decision.side,
            expected: leg.reference_price.get(),
            walked: decision.policy == RoutingPolicy::ExpectedCost.as_str() && !leg.kind.waits(),
            quantity: leg.quantity.get(),
            filled: Decimal::ZERO,
            notional: Decimal::ZERO,
            answered: false,
        }
    }

    /// The first answer counts.
    fn answer(&mut self, what: What, at: Timestamp, learn: &mut impl FnMut(Lesson)) {
        if !std::mem::replace(&mut self.answered, true) {
            learn(self.lesson(what, at));
        }
    }

    fn lesson(&self, what: What, at: Timestamp) -> Lesson {
        Lesson { venue: self.venue.clone(), symbol: self.symbol.clone(), at, what }
    }

    fn slipped(&self) -> Option<i64> {
        if !self.walked || self.filled.is_zero() {
            return None;
        }
        let expected = self.filled.checked_mul(self.expected)?;
        let over = self.notional.checked_sub(expected)?;
        let worse = if self.side == Side::Buy { over } else { -over };
        Some(units(worse.checked_div(expected)?, 8))
    }
}
