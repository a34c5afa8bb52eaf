//! Exits that are taken up before anybody can say where they go: they are on record, can be cancelled, and go out by themselves. A refusal would leave
//! their positions open until somebody asks again.

use nija_core::{Ineligible, JournalEvent, OrderId, OrderIntent, Reason, RouteDecision, TradeSignal};
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use super::{
    EngineError, answers::Submitted, inner::Inner, reroute::Dead, state::UserState, submit::is_taken,
    user::User, venue::Venue,
};
use crate::planted::{Bug, planted};

/// The code of an exit that waits for its venue's first answer.
pub(super) const SILENT: &str = "venue_silent";
/// An exit that waits for a venue looks again after so long all the same: another may take it by then, or nothing is left to close.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// Waits for a venue's first word, within a bound.
pub(super) async fn heard(venue: &Venue) {
    let _late = tokio::time::timeout(LOOK_AGAIN, venue.listed.wait()).await;
}

/// An order waits here for its next attempt; its absence at a venue means nothing meanwhile.
pub(super) fn keep(state: &mut UserState, order: OrderId) {
    if let Some(live) = state.orders.get_mut(&order) {
        (live.in_hand, live.waiting) = (true, true);
    }
}

impl Inner {
    /// Takes up an exit whose venue has not answered since the start.
    pub(super) async fn wait_for_venue(
        self: &Arc<Self>,
        user: &Arc<User>,
        state: &mut UserState,
        intent: OrderIntent,
        mut decision: RouteDecision,
    ) -> Result<Submitted, EngineError> {
        let (order, venue) = (intent.id, self.silent(&intent.signal, &decision).map(|venue| &venue.id));
        let words = venue.map(|venue| {
            format!("{venue} has not answered since the platform started: the order goes out by itself once it does")
        });
        decision.incomplete = words.map(|words| Reason::new(SILENT, words));
        let submitted = self.set_aside(user, state, intent, decision).await?;
        if !submitted.replayed {
            self.hold(user, state, order);
        }
        Ok(submitted)
    }

    /// Puts an exit on record that is routed later.
    pub(super) async fn set_aside(
        self: &Arc<Self>,
        user: &Arc<User>,
        state: &mut UserState,
        intent: OrderIntent,
        decision: RouteDecision,
    ) -> Result<Submitted, EngineError> {
        if self.draining.load(Ordering::SeqCst) {
            return self.known(state, intent, EngineError::Draining).await;
        }
        let order = intent.id;
        let accepted = JournalEvent::IntentAccepted { intent: intent.clone() };
        let events = vec![accepted, JournalEvent::NotRouted { order, decision }];
        if let Err(error) = self.record(user, state, events).await {
            return match is_taken(&error) {
                Some(first) => self.first(&intent, first).await,
                None => Err(error.into()),
            };
        }
        let taken = state.order(order).cloned().ok_or(EngineError::NoSuchOrder)?;
        Ok(Submitted { order: taken, replayed: false })
    }

    /// An exit that is on record and was sent nowhere, since its venue has not answered: it goes once that does.
    pub(super) fn hold(self: &Arc<Self>, user: &Arc<User>, state: &mut UserState, order: OrderId) {
        keep(state, order);
        self.turn_later(user, order, 0, Dead::unheard(), None);
    }

    /// The venue whose first word an exit has to wait for: the user's position is there, nothing else keeps it from going there, and no other
    /// venue takes it.
    pub(super) fn silent(&self, signal: &TradeSignal, decision: &RouteDecision) -> Option<&Arc<Venue>> {
        if !signal.signal_type.is_exit() || decision.is_routed() || planted(Bug::RefusesUnheard) {
            return None;
        }
        let mut candidates = decision.candidates.iter();
        let silent = candidates.find(|candidate| candidate.rejections == [Ineligible::VenueSilent])?;
        self.venue(&silent.venue)
    }
}
