//! The one way in which a user's state changes: append to the journal, fold into memory, tell the listeners.

use nija_core::{
    Appended, JournalBatch, JournalEvent, JournalRecord, LedgerError, Order, OrderState, UserEventKind,
};
use std::sync::Arc;

use crate::planted::{Bug, planted};

use super::{inner::Inner, state::UserState, stats::note_refusal, user::User};

impl Inner {
    /// Makes events durable and then follows them. The caller holds the user's lock over the whole of it, so that memory and
    /// journal change in the same order. Answers with the orders that ended.
    pub(super) async fn record(
        self: &Arc<Self>,
        user: &Arc<User>,
        state: &mut UserState,
        events: Vec<JournalEvent>,
    ) -> Result<Vec<Order>, LedgerError> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let at = self.clock.now();
        let batch = JournalBatch { user: user.id, at, events };
        let trusts = planted(Bug::AcknowledgesWhatFailed) || planted(Bug::FollowsWhatFailed);
        let wished = trusts.then(|| batch.clone());
        let appended = match (self.ledger.append(batch).await, wished) {
            (Err(_), Some(wished)) if planted(Bug::AcknowledgesWhatFailed) => made_up(wished),
            (Err(error), Some(wished)) => {
                state.follow(&made_up(wished).records);
                return Err(error);
            }
            (appended, _) => appended?,
        };
        let folded = state.follow(&appended.records);
        self.feedback.follow(&mut state.attempts, &appended.records);
        for (key, holds) in &folded.holding {
            self.market.note_holding(user.id, key, *holds);
        }
        self.note_doubts(state, &appended.records);
        self.fit_later(user, &appended.records);
        for key in &folded.guarded {
            self.guard(user, key);
        }
        for record in appended.records {
            self.bus.publish(user.id, at, UserEventKind::Journal(Arc::new(record)));
        }
        for position in appended.positions {
            self.bus.publish(user.id, at, UserEventKind::Position(Arc::new(position)));
        }
        for order in &folded.settled {
            if let Some(venue) = order.leg.as_ref().and_then(|leg| self.venue(&leg.venue)) {
                venue.clear_alarm(order.id());
                venue.stats.note_settled(order);
                venue.stats.note_doubt(order.id(), false);
            }
            note_refusal(order);
        }
        user.note_change();
        if !state.held.is_empty() {
            // What was held may belong to an order that has a name now, or to none that is left.
            self.look_at_held_later(user);
        }
        Ok(folded.settled)
    }
}

impl Inner {
    /// Orders that came into doubt or out of it. Those that ended are told by the caller.
    fn note_doubts(&self, state: &UserState, records: &[JournalRecord]) {
        for id in
            records.iter().filter(|record| moves(&record.event)).filter_map(|record| record.event.order())
        {
            let order = state.orders.get(&id).map(|live| &live.order);
            if order.is_some_and(moved_on) {
                // It is provably not where it was before.
                let here = order.and_then(|order| order.leg.as_ref()).map(|leg| &leg.venue);
                for venue in self.venues.iter().filter(|venue| here != Some(&venue.id)) {
                    venue.stats.note_doubt(id, false);
                    venue.clear_alarm(id);
                }
            }
            if let Some((order, leg)) = order.and_then(|order| Some((order, order.leg.as_ref()?)))
                && let Some(venue) = self.venue(&leg.venue)
            {
                venue.stats.note_doubt(id, order.state == OrderState::Unknown);
            }
        }
    }
}

/// Whether an event can bring an order into doubt or out of it.
const fn moves(event: &JournalEvent) -> bool {
    matches!(
        event,
        JournalEvent::StateChanged { .. }
            | JournalEvent::Filled(_)
            | JournalEvent::Routed { .. }
            | JournalEvent::Scheduled { .. }
    )
}

/// Whether an order has been at a venue before the one where it is now, or was taken apart.
fn moved_on(order: &Order) -> bool {
    order.schedule.is_some() || order.leg.as_ref().is_some_and(|leg| leg.attempt > 0)
}

/// What a planted bug takes for recorded.
fn made_up(batch: JournalBatch) -> Appended {
    let (user, at) = (batch.user, batch.at);
    let records = batch.events.into_iter().map(|event| JournalRecord { seq: 0, user, at, event });
    Appended { records: records.collect(), positions: Vec::new() }
}
