//! One step of an order whose attempt is provably dead: its end, another attempt, or what it waits for.

use nija_core::{JournalEvent, OrderId, OrderIntent, OrderState, Reason, RouteDecision, Timestamp};
use std::{ops::ControlFlow, sync::Arc, time::Duration};

use super::{
    aside::keep,
    inner::Inner,
    live::LiveOrder,
    reroute::Dead,
    route::Wanted,
    state::UserState,
    submit::{ended, reduced},
    user::User,
    venue::Venue,
};
use crate::planted::{Bug, planted};

/// What may be waited for before the step is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum MayWait {
    /// Its turn at the same venue, and what follows.
    ItsTurn,
    /// Whose an execution is.
    InDoubt,
    No,
}

/// What became of it.
pub(super) enum Turn {
    /// It goes to a lane or has ended.
    Done,
    /// It tries the same venue again after a while.
    Wait(Duration),
    /// The venue says no and a fill says yes, so that it must be asked.
    Doubt,
    /// It waits for a venue that has not answered since the start.
    Silent(Arc<Venue>),
    /// The ledger failed; nothing changed.
    NotRecorded,
}

/// An order behind its dead attempt.
struct Past<'a> {
    intent: OrderIntent,
    dead: &'a Dead,
    /// What the journal says of the attempt's end; nothing where it was sent nowhere yet.
    over: Vec<JournalEvent>,
    /// The number of the next attempt.
    next: u32,
    /// How long that waits where it goes to the same venue.
    wait: Duration,
    /// Whether it may.
    may_wait: bool,
}

impl Past<'_> {
    fn then(&self, event: JournalEvent) -> Vec<JournalEvent> {
        self.over.iter().cloned().chain([event]).collect()
    }

    fn ends(&self, state: OrderState, reason: Reason) -> Vec<JournalEvent> {
        self.then(ended(self.intent.id, state, reason))
    }
}

impl Inner {
    pub(super) async fn turn(
        self: &Arc<Self>,
        user: &Arc<User>,
        order: OrderId,
        attempt: u32,
        dead: &Dead,
        may_wait: MayWait,
    ) -> Turn {
        let mut state = user.state.lock().await;
        let stopped = state.orders.get(&order).is_some_and(|live| state.parent_stopped(&live.order));
        let Some(live) = state.orders.get_mut(&order) else {
            return Turn::Done;
        };
        if live.order.leg.as_ref().is_some_and(|leg| leg.attempt != attempt) {
            return Turn::Done;
        }
        // What was held since it might be this attempt's is not.
        live.waiting = true;
        if let Some(venue) = live.order.leg.as_ref().and_then(|leg| self.venue(&leg.venue)).cloned()
            && !planted(Bug::ForgetsWhatIsHeld)
            && let Err(error) = self.tell_apart(user, &mut state, &venue).await
        {
            tracing::error!(%order, %error, "what was held for an order could not be put on record");
            keep(&mut state, order);
            return Turn::NotRecorded;
        }
        let Some(live) = state.orders.get_mut(&order) else {
            return Turn::Done;
        };
        let evidence = !live.order.filled.is_zero()
            || matches!(live.order.state, OrderState::Working | OrderState::PartialFill);
        live.waiting = false;
        if evidence || live.ended.is_some() {
            // A venue that says no and a fill that says yes: the fill is money. Let the venue be asked.
            live.in_hand = false;
            return Turn::Doubt;
        }
        let cancelled = live.cancel_requested || stopped;
        let its_turn = may_wait == MayWait::ItsTurn;
        let past = self.past(user, live, attempt, dead, its_turn);
        let exit = past.intent.signal.signal_type.is_exit();
        let events = if cancelled {
            let reason = Reason::new("cancelled", "cancelled before it reached a venue");
            past.ends(OrderState::Cancelled, reason)
        } else if !self.goes_again(live, attempt, dead, its_turn) {
            let end = if dead.again { OrderState::Failed } else { OrderState::Rejected };
            past.ends(end, dead.reason.clone())
        } else if exit && its_turn {
            // Its absence at the venue means nothing while it waits here.
            keep(&mut state, order);
            return Turn::Wait(past.wait);
        } else if may_wait != MayWait::No
            && let Some(wait) = self.told_apart_in(&state, &past.intent.signal, Some(order))
        {
            keep(&mut state, order);
            return Turn::Wait(wait);
        } else {
            match self.go_on(user, &mut state, &past).await {
                ControlFlow::Continue(ends) => ends,
                ControlFlow::Break(turn) => return turn,
            }
        };
        match self.record(user, &mut state, events).await {
            Ok(_) => Turn::Done,
            Err(error) => {
                tracing::error!(%order, %error, "an end could not be put on record");
                keep(&mut state, order);
                Turn::NotRecorded
            }
        }
    }

    fn past<'a>(
        &self,
        user: &User,
        live: &LiveOrder,
        attempt: u32,
        dead: &'a Dead,
        its_turn: bool,
    ) -> Past<'a> {
        let (order, leg, intent) = (live.order.id(), live.order.leg.as_ref(), live.order.intent.clone());
        let over = leg.map(|leg| JournalEvent::AttemptEnded {
            order,
            attempt: leg.attempt,
            sent_at: live.sent_at(),
            reason: dead.reason.clone(),
        });
        let venue = leg.and_then(|leg| self.venue(&leg.venue)).map(Arc::as_ref);
        let wait = self.wait(user, venue, intent.signal.signal_type.is_exit(), attempt, dead);
        Past {
            may_wait: its_turn
                && dead.avoid.is_some()
                && self.is_in_time(&intent, self.clock.now().plus(wait)),
            over: over.into_iter().collect(),
            next: leg.map_or(0, |leg| leg.attempt + 1),
            intent,
            dead,
            wait,
        }
    }

    fn is_in_time(&self, intent: &OrderIntent, at: Timestamp) -> bool {
        intent.signal.signal_type.is_exit() || at.since(intent.received_at) <= self.config.max_intent_age
    }

    /// Whether another attempt follows. An exit tries again whatever others do; an entry only while its venue's budget has a retry left.
    fn goes_again(&self, live: &LiveOrder, attempt: u32, dead: &Dead, its_turn: bool) -> bool {
        let (intent, leg) = (&live.order.intent, live.order.leg.as_ref());
        let exit = intent.signal.signal_type.is_exit();
        let attempts = if exit { self.config.max_exit_retries } else { self.config.max_failovers };
        let venue = leg.and_then(|leg| self.venue(&leg.venue));
        let paid = || exit || !its_turn || venue.is_none_or(|venue| venue.lane.retries.spend());
        dead.again
            && self.is_in_time(intent, self.clock.now())
            && (leg.is_none() || attempt < attempts)
            && paid()
    }

    /// Asks risk and the router anew. Where it goes nowhere and waits for nothing, the events that end it.
    async fn go_on(
        self: &Arc<Self>,
        user: &Arc<User>,
        state: &mut UserState,
        past: &Past<'_>,
    ) -> ControlFlow<Turn, Vec<JournalEvent>> {
        let (intent, order, dead, now) = (&past.intent, past.intent.id, past.dead, self.clock.now());
        let account = self.account_state(user, state, &intent.signal.symbol, Some(order), now);
        let assessment = self.risk.assess(intent.clone(), &account);
        let reduced = reduced(intent, &assessment);
        let approved = match assessment.verdict {
            Ok(approved) => approved,
            Err(reason) => return ControlFlow::Continue(past.ends(OrderState::Rejected, reason)),
        };
        let worded = |mut decision: RouteDecision| {
            decision.incomplete = decision.incomplete.or_else(|| reduced.clone());
            decision.reason = format!("{}; before that: {}", decision.reason, dead.reason.text);
            decision
        };
        match self.share_again(user, state, &approved, &account, &past.over, worded).await {
            Ok(true) => return ControlFlow::Break(Turn::Done),
            Ok(false) => {}
            Err(error) => {
                tracing::error!(%order, %error, "shares could not be put on record");
                keep(state, order);
                return ControlFlow::Break(Turn::NotRecorded);
            }
        }
        let avoid = dead.avoid.as_ref().filter(|_| !intent.signal.signal_type.is_exit());
        let wanted = Wanted::for_order(&approved, order).away_from(avoid);
        let decision = worded(self.route(user, state, &wanted, now));
        if let Some(placed) = self.place_in_lane(&approved, &decision, past.next, now, true) {
            let routed = past.then(JournalEvent::Routed { order, decision, leg: placed.leg.clone() });
            if let Err(error) = self.record(user, state, routed).await {
                tracing::error!(%order, %error, "a failover could not be put on record");
                keep(state, order);
                return ControlFlow::Break(Turn::NotRecorded);
            }
            self.enqueue(user, state, &approved, placed);
            return ControlFlow::Break(Turn::Done);
        }
        if let Some(venue) = self.silent(&intent.signal, &decision) {
            // Its absence at a venue means nothing while it waits here.
            keep(state, order);
            return ControlFlow::Break(Turn::Silent(venue.clone()));
        }
        if past.may_wait {
            keep(state, order);
            return ControlFlow::Break(Turn::Wait(past.wait));
        }
        let (end, reason) = if decision.candidates.is_empty() {
            (OrderState::Failed, dead.reason.clone())
        } else {
            self.nowhere(state, &intent.signal, &decision)
        };
        let mut events = past.then(JournalEvent::NotRouted { order, decision });
        events.push(ended(order, end, reason));
        ControlFlow::Continue(events)
    }
}
