//! An order as it stands, folded from the journal.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{Fill, OrderIntent, OrderKind, OrderSize, OrderState, Schedule};
use crate::{JournalEvent, OrderId, Price, Quantity, Timestamp, VenueClientId, VenueId, VenueOrderId};

/// Why something was refused or ended: a stable code for programs and words for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// For instance `insufficient_usd`.
    pub code: String,
    /// For instance `you have 20 USD at kraken and this order needs 50`.
    pub text: String,
}

impl Reason {
    /// A code and its words.
    pub fn new(code: impl Into<String>, text: impl Into<String>) -> Self {
        Self { code: code.into(), text: text.into() }
    }
}

/// An order and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// What was wanted.
    pub intent: OrderIntent,
    /// Where it stands.
    pub state: OrderState,
    /// Where it was sent, or is about to be.
    pub leg: Option<OrderLeg>,
    /// Base units filled, the sum of its fills.
    pub filled: Quantity,
    /// Quote units of those fills.
    pub filled_notional: Decimal,
    /// Fees in the quote currency, the sum of its fills'.
    pub fees: Decimal,
    /// Why it ended so, or why an exit closes less than it was asked to.
    pub reason: Option<Reason>,
    /// Time of the last event.
    pub updated_at: Timestamp,
    /// How it is carried out by orders of its own, where it is; it has no leg then, and its fills are those of its children.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// Whether its user wants it gone, where that could not be carried out at once.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cancel_wished: bool,
}

/// The attempt at a venue that an order is at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderLeg {
    /// The venue.
    pub venue: VenueId,
    /// 0 for the first; grows at each failover.
    pub attempt: u32,
    /// The id that the venue sees.
    pub client_id: VenueClientId,
    /// The venue's id, once it said so.
    pub venue_order_id: Option<VenueOrderId>,
    /// Base units sent, on the venue's lot.
    pub quantity: Quantity,
    /// Kind and prices as sent, on the venue's tick.
    pub kind: OrderKind,
    /// The price that the route expects; reservations value market orders by it.
    pub reference_price: Price,
    /// The venue does not match it after this, where it can promise that.
    pub deadline: Timestamp,
}

impl OrderLeg {
    /// The price that values it: its limit, or what the route expects of a market order.
    #[must_use]
    pub const fn worst_price(&self) -> Price {
        match self.kind.worst_price() {
            Some(price) => price,
            None => self.reference_price,
        }
    }
}

/// An event that does not follow from the order's state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransitionError {
    /// Not in the table.
    #[error("order {order} is {from} and cannot become {to}")]
    Illegal {
        /// Order.
        order: OrderId,
        /// Its state.
        from: OrderState,
        /// The state refused.
        to: OrderState,
    },
    /// The event is of another order.
    #[error("the event is not of order {order}")]
    WrongOrder {
        /// Order.
        order: OrderId,
    },
}

impl Order {
    /// A new order.
    #[must_use]
    pub fn new(intent: OrderIntent) -> Self {
        Self {
            state: OrderState::Pending,
            leg: None,
            filled: Quantity::ZERO,
            filled_notional: Decimal::ZERO,
            fees: Decimal::ZERO,
            reason: None,
            updated_at: intent.received_at,
            schedule: None,
            cancel_wished: false,
            intent,
        }
    }

    /// The order's id.
    #[must_use]
    pub const fn id(&self) -> OrderId {
        self.intent.id
    }

    /// Average price of its fills.
    #[must_use]
    pub fn average_price(&self) -> Option<Price> {
        self.filled_notional.checked_div(self.filled.get()).and_then(|price| Price::new(price).ok())
    }

    /// How much its children may come to: what risk let through of what was wanted.
    #[must_use]
    pub fn allowed_size(&self) -> OrderSize {
        self.schedule.as_ref().and_then(|schedule| schedule.size).unwrap_or(self.intent.signal.size)
    }

    /// Base units that may still fill.
    #[must_use]
    pub fn remaining(&self) -> Quantity {
        self.leg.as_ref().map_or(Quantity::ZERO, |leg| leg.quantity.minus(self.filled))
    }

    /// Takes up one event of the journal. Events that concern other things leave it as it is.
    ///
    /// # Errors
    /// [`TransitionError`] when the event does not follow from the present state; the order is unchanged then.
    pub fn apply(&mut self, event: &JournalEvent, at: Timestamp) -> Result<(), TransitionError> {
        if event.order().is_some_and(|order| order != self.id()) {
            return Err(TransitionError::WrongOrder { order: self.id() });
        }
        match event {
            JournalEvent::Routed { leg, decision, .. } => {
                // Approval and routing are one journal entry: the state walks through `Routing` within it.
                if self.state != OrderState::Routing {
                    self.become_state(OrderState::Routing)?;
                }
                self.become_state(OrderState::Queued)?;
                self.leg = Some(leg.clone());
                self.reason.clone_from(&decision.incomplete);
            }
            JournalEvent::NotRouted { decision, .. } => {
                // Where it waits for a venue, that is why. Where it ends, its end says more.
                self.reason.clone_from(&decision.incomplete);
            }
            JournalEvent::StateChanged { state, reason, venue_order_id, .. } => {
                self.become_state(*state)?;
                if reason.is_some() {
                    self.reason.clone_from(reason);
                }
                if let (Some(leg), Some(id)) = (self.leg.as_mut(), venue_order_id) {
                    leg.venue_order_id = Some(id.clone());
                }
            }
            JournalEvent::Scheduled { method, size, decision, .. } => {
                if self.state != OrderState::Routing {
                    self.become_state(OrderState::Routing)?;
                }
                self.become_state(OrderState::Working)?;
                // What was tried at a venue before is provably dead there.
                self.leg = None;
                self.schedule = Some(Schedule { size: *size, ..Schedule::new(*method, at) });
                self.reason = decision.as_ref().and_then(|decision| decision.incomplete.clone());
            }
            JournalEvent::Stopped { reason, .. } => {
                if let Some(schedule) = self.schedule.as_mut() {
                    schedule.stopped = true;
                }
                self.reason = Some(reason.clone());
            }
            JournalEvent::Filled(fill) => self.add_fill(fill),
            JournalEvent::FeeValued { fill } => {
                // No word of the venue.
                self.fees += fill.fee_in_quote;
                return Ok(());
            }
            JournalEvent::CancelWished { .. } => {
                // Nothing happened to the order itself.
                self.cancel_wished = true;
                return Ok(());
            }
            _ => return Ok(()),
        }
        self.updated_at = at;
        Ok(())
    }

    /// Takes up an event of one of its children: that there is one, and what it filled.
    pub fn apply_child(&mut self, event: &JournalEvent, at: Timestamp) {
        match event {
            JournalEvent::IntentAccepted { intent } => {
                let Some(schedule) = self.schedule.as_mut() else { return };
                schedule.children = schedule.children.saturating_add(1);
                schedule.last_child_at = Some(intent.received_at);
            }
            JournalEvent::Filled(fill) => {
                self.count_fill(fill);
                if self.state.can_become(OrderState::PartialFill) {
                    self.state = OrderState::PartialFill;
                }
            }
            JournalEvent::FeeValued { fill } => {
                self.fees += fill.fee_in_quote;
                return;
            }
            _ => return,
        }
        self.updated_at = at;
    }

    fn become_state(&mut self, next: OrderState) -> Result<(), TransitionError> {
        if !self.state.can_become(next) {
            return Err(TransitionError::Illegal { order: self.id(), from: self.state, to: next });
        }
        self.state = next;
        Ok(())
    }

    /// Fills count whatever the state: a late one after a cancel is money all the same.
    fn add_fill(&mut self, fill: &Fill) {
        self.count_fill(fill);
        let execution = &fill.execution;
        if let Some(leg) = self.leg.as_mut() {
            leg.venue_order_id.get_or_insert_with(|| execution.venue_order_id.clone());
            let whole = self.filled >= leg.quantity;
            let next = if whole { OrderState::Filled } else { OrderState::PartialFill };
            if self.state.can_become(next) {
                self.state = next;
            }
        }
    }

    fn count_fill(&mut self, fill: &Fill) {
        let execution = &fill.execution;
        self.filled = self.filled.plus(execution.quantity);
        self.filled_notional += execution.quantity.get() * execution.price.get();
        self.fees += fill.fee_in_quote;
    }
}
