//! A batch in the making: events are tried on copies of the orders before they are appended together.

use nija_core::{JournalEvent, Order, OrderId, OrderState, Reason, Timestamp, VenueOrderId};
use std::collections::hash_map::Entry;

use super::{ids::ById, state::UserState};

/// Events that will be appended, and the orders as they will stand then.
#[derive(Debug)]
pub(crate) struct Draft {
    /// When all of it happens.
    pub(crate) at: Timestamp,
    orders: ById<OrderId, Order>,
    pub(crate) events: Vec<JournalEvent>,
}

impl Draft {
    pub(crate) fn new(at: Timestamp) -> Self {
        Self { at, orders: ById::default(), events: Vec::new() }
    }

    /// An order as it will stand; `None` when it is not live.
    pub(crate) fn order(&mut self, state: &UserState, id: OrderId) -> Option<&Order> {
        match self.orders.entry(id) {
            Entry::Occupied(known) => Some(known.into_mut()),
            Entry::Vacant(place) => Some(place.insert(state.orders.get(&id)?.order.clone())),
        }
    }

    /// Adds an event of a live order. One that does not follow from the order's state is left out: the venue repeats itself, and
    /// a report that is behind what is known says nothing new.
    pub(crate) fn push(&mut self, state: &UserState, event: JournalEvent) {
        if let Some(id) = event.order()
            && self.order(state, id).is_some()
            && let Some(order) = self.orders.get_mut(&id)
            && let Err(error) = order.apply(&event, self.at)
        {
            tracing::debug!(order = %id, %error, "nothing new");
            return;
        }
        self.events.push(event);
    }

    /// Adds a change of state.
    pub(crate) fn change(
        &mut self,
        state: &UserState,
        order: OrderId,
        to: OrderState,
        reason: Option<Reason>,
        venue_order_id: Option<VenueOrderId>,
    ) {
        let unheard = self
            .order(state, order)
            .is_some_and(|order| matches!(order.state, OrderState::Queued | OrderState::Executing));
        let live = state.orders.get(&order).filter(|_| unheard);
        let sent_at = live.and_then(super::live::LiveOrder::sent_at);
        let event = JournalEvent::StateChanged { order, state: to, reason, venue_order_id, sent_at };
        self.push(state, event);
    }
}
