//! An order that is provably not at its venue: it goes elsewhere, tries again, or ends.

use nija_core::{
    Ineligible, JournalEvent, OrderId, OrderState, Reason, RouteDecision, Timestamp, TradeSignal, VenueId,
};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

use super::{
    backoff::Backoff,
    held::BRIEF,
    inner::Inner,
    route::Wanted,
    state::UserState,
    submit::{ended, reduced},
    user::User,
    venue::Venue,
};
use crate::{
    lane::Sending,
    planted::{Bug, planted},
};

/// How an order came to be provably dead at its venue.
#[derive(Debug, Clone)]
pub(crate) struct Dead {
    reason: Reason,
    /// The venue to keep away from, where the venue was the trouble.
    avoid: Option<VenueId>,
    /// Whether another attempt makes sense at all.
    again: bool,
    not_before: Option<Duration>,
}

impl Dead {
    /// The venue refused the order itself; another would as well, or the user should know first.
    pub(super) const fn refused(reason: Reason) -> Self {
        Self { reason, avoid: None, again: false, not_before: None }
    }

    /// Another attempt may go anywhere.
    pub(super) const fn movable(reason: Reason) -> Self {
        Self { reason, avoid: None, again: true, not_before: None }
    }

    /// Another attempt should go to another venue.
    pub(super) fn elsewhere(venue: &VenueId, reason: Reason) -> Self {
        Self { reason, avoid: Some(venue.clone()), again: true, not_before: None }
    }

    /// It was sent nowhere, and goes as soon as it can.
    fn unheard() -> Self {
        Self::movable(Reason::new(SILENT, "its venue had not answered since the platform started"))
    }

    pub(super) const fn not_before(mut self, wait: Option<Duration>) -> Self {
        self.not_before = wait;
        self
    }
}

/// The code of an exit that waits for its venue's first answer.
pub(super) const SILENT: &str = "venue_silent";
/// An exit that waits for a venue looks again after so long all the same: another may take it by then, or nothing is left to close.
const LOOK_AGAIN: Duration = Duration::from_secs(30);
/// Whatever a venue says, its position does not wait longer for its exit.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

enum Turn {
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

/// Waits for a venue's first word, within a bound.
async fn heard(venue: &Venue) {
    let _late = tokio::time::timeout(LOOK_AGAIN, venue.listed.wait()).await;
}

/// A dead attempt waits here until the ledger works again; its absence at the venue means nothing meanwhile.
fn keep(state: &mut UserState, order: OrderId) {
    if let Some(live) = state.orders.get_mut(&order) {
        (live.in_hand, live.waiting) = (true, true);
    }
}

impl Inner {
    /// Takes the next step of an order whose attempt is provably dead. Stale news of an earlier attempt changes nothing.
    pub(super) async fn dead(self: &Arc<Self>, user: &Arc<User>, order: OrderId, attempt: u32, dead: Dead) {
        match self.turn(user, order, attempt, &dead, (true, true)).await {
            Turn::Done => {}
            Turn::Doubt => self.resolve_later(user, order),
            Turn::NotRecorded => self.turn_later(user, order, attempt, dead, None),
            Turn::Silent(_) => self.turn_later(user, order, attempt, dead, Some(Duration::ZERO)),
            Turn::Wait(wait) => {
                // Nobody else could take it, or its position is there: the same venue, a little later.
                let dead = Dead { avoid: None, ..dead };
                self.turn_later(user, order, attempt, dead, Some(wait));
            }
        }
    }

    /// Takes the step after a wait, or as soon as the ledger works again: that the attempt is dead is known here, and its venue may never be
    /// able to prove it a second time.
    fn turn_later(
        self: &Arc<Self>,
        user: &Arc<User>,
        order: OrderId,
        attempt: u32,
        dead: Dead,
        wait: Option<Duration>,
    ) {
        let (inner, user) = (self.clone(), user.clone());
        self.tasks.spawn(async move {
            let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
            let first = wait.unwrap_or_else(|| backoff.spread(inner.entropy.as_ref()));
            tokio::time::sleep(first).await;
            let mut over = Instant::now() + BRIEF;
            loop {
                let in_doubt = Instant::now() < over;
                match inner.turn(&user, order, attempt, &dead, (false, in_doubt)).await {
                    Turn::NotRecorded => backoff.wait(inner.entropy.as_ref()).await,
                    Turn::Doubt => return inner.resolve_later(&user, order),
                    Turn::Wait(wait) => tokio::time::sleep(wait).await,
                    Turn::Silent(venue) => {
                        heard(&venue).await;
                        over = Instant::now() + BRIEF;
                    }
                    Turn::Done => return,
                }
            }
        });
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

    /// How long the next attempt at the same venue waits: as long as the venue asked for, within a bound, or as its lane is held up; and longer
    /// each time, by chance, so that those whom one outage hit do not come back all at once.
    fn wait(&self, user: &User, venue: Option<&Venue>, exit: bool, attempt: u32, dead: &Dead) -> Duration {
        let mut backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(4));
        for _ in 0..attempt {
            backoff.step();
        }
        let told = dead.not_before.unwrap_or_default().min(LONGEST_WAIT);
        let held = venue.and_then(|venue| venue.lane.held(user.id, Sending::order(exit)));
        told.max(held.unwrap_or_default()) + backoff.spread(self.entropy.as_ref())
    }

    async fn turn(
        self: &Arc<Self>,
        user: &Arc<User>,
        order: OrderId,
        attempt: u32,
        dead: &Dead,
        (may_wait, may_wait_in_doubt): (bool, bool),
    ) -> Turn {
        let mut state = user.state.lock().await;
        let stopped = state.orders.get(&order).is_some_and(|live| state.parent_stopped(&live.order));
        let Some(live) = state.orders.get_mut(&order) else {
            return Turn::Done;
        };
        let current = live.order.leg.as_ref().map(|leg| leg.attempt);
        if current.is_some_and(|current| current != attempt) {
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
        // One that was sent nowhere yet has no attempt that could end.
        let over: Vec<_> = current
            .map(|_| JournalEvent::AttemptEnded {
                order,
                attempt,
                sent_at: live.sent_at(),
                reason: dead.reason.clone(),
            })
            .into_iter()
            .collect();
        let after = |event: JournalEvent| over.iter().cloned().chain([event]).collect::<Vec<_>>();
        let next = current.map_or(0, |current| current + 1);
        let intent = live.order.intent.clone();
        let exit = intent.signal.signal_type.is_exit();
        let now = self.clock.now();
        let wished = live.cancel_requested;
        let cancelled = wished || stopped;
        let attempts = if exit { self.config.max_exit_retries } else { self.config.max_failovers };
        let venue = live.order.leg.as_ref().and_then(|leg| self.venue(&leg.venue));
        let wait = self.wait(user, venue.map(Arc::as_ref), exit, attempt, dead);
        let in_time = |at: Timestamp| exit || at.since(intent.received_at) <= self.config.max_intent_age;
        let young = in_time(now);
        // An exit tries again whatever others do; an entry only while its venue's budget has a retry left.
        let paid = || exit || !may_wait || venue.is_none_or(|venue| venue.lane.retries.spend());
        let again = dead.again && young && (current.is_none() || attempt < attempts) && (cancelled || paid());
        let events = if cancelled {
            let reason = Reason::new("cancelled", "cancelled before it reached a venue");
            after(ended(order, OrderState::Cancelled, reason))
        } else if !again {
            let end = if dead.again { OrderState::Failed } else { OrderState::Rejected };
            after(ended(order, end, dead.reason.clone()))
        } else if exit && may_wait {
            // Its absence at the venue means nothing while it waits here.
            (live.in_hand, live.waiting) = (true, true);
            return Turn::Wait(wait);
        } else if let Some(wait) =
            self.told_apart_in(&state, &intent.signal, Some(order)).filter(|_| may_wait_in_doubt)
        {
            keep(&mut state, order);
            return Turn::Wait(wait);
        } else {
            let account = self.account_state(user, &state, &intent.signal.symbol, Some(order), now);
            let assessment = self.risk.assess(intent.clone(), &account);
            let reduced = reduced(&intent, &assessment);
            match assessment.verdict {
                Err(reason) => after(ended(order, OrderState::Rejected, reason)),
                Ok(approved) => {
                    let worded = |mut decision: RouteDecision| {
                        decision.incomplete = decision.incomplete.or_else(|| reduced.clone());
                        decision.reason = format!("{}; before that: {}", decision.reason, dead.reason.text);
                        decision
                    };
                    let shared = self.share_again(user, &mut state, &approved, &account, &over, worded);
                    match shared.await {
                        Ok(true) => return Turn::Done,
                        Ok(false) => {}
                        Err(error) => {
                            tracing::error!(%order, %error, "shares could not be put on record");
                            keep(&mut state, order);
                            return Turn::NotRecorded;
                        }
                    }
                    let avoid = dead.avoid.as_ref().filter(|_| !exit);
                    let wanted = Wanted::for_order(&approved, order).away_from(avoid);
                    let decision = self.route(user, &state, &wanted, now);
                    let decision = worded(decision);
                    let placed = self.place_in_lane(&approved, &decision, next, now, true);
                    if let Some(placed) = placed {
                        let leg = placed.leg.clone();
                        let routed = after(JournalEvent::Routed { order, decision, leg });
                        if let Err(error) = self.record(user, &mut state, routed).await {
                            tracing::error!(%order, %error, "a failover could not be put on record");
                            keep(&mut state, order);
                            return Turn::NotRecorded;
                        }
                        self.enqueue(user, &mut state, &approved, placed);
                        return Turn::Done;
                    }
                    if let Some(venue) = self.silent(&intent.signal, &decision) {
                        // Its absence at a venue means nothing while it waits here.
                        keep(&mut state, order);
                        return Turn::Silent(venue.clone());
                    }
                    if may_wait && dead.avoid.is_some() && in_time(now.plus(wait)) {
                        if let Some(live) = state.orders.get_mut(&order) {
                            (live.in_hand, live.waiting) = (true, true);
                        }
                        return Turn::Wait(wait);
                    }
                    let (end, reason) = if decision.candidates.is_empty() {
                        (OrderState::Failed, dead.reason.clone())
                    } else {
                        self.nowhere(&state, &intent.signal, &decision)
                    };
                    let end = ended(order, end, reason);
                    let mut events = after(JournalEvent::NotRouted { order, decision });
                    events.push(end);
                    events
                }
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::{Answer, FakeVenue, LONG, Platform, TestClock, entry, until, user};
    use nija_core::AmbiguityBound;

    /// A venue without a bound never proves an absence: what it refused must not come into doubt since the journal failed for a moment.
    #[tokio::test(start_paused = true)]
    async fn what_a_venue_refused_ends_once_the_journal_works_again() {
        let clock = TestClock::new();
        let venue =
            FakeVenue::new("a", &clock, |contract| contract.ambiguity_bound = AmbiguityBound::Unbounded);
        let platform = Platform::new(clock, vec![venue.clone()]);
        platform.join(user(1), 1000);
        venue.script([Answer::Rejected, Answer::Unavailable]);
        let engine = platform.start().await;
        for code in ["venue_rejected", "filled"] {
            let order = engine.submit(entry(user(1), code)).await.unwrap().order.id();
            platform.ledger.fail_next(3);
            let order = engine.settled(user(1), order, LONG).await.unwrap();
            let ended = order.reason.as_ref().map_or("filled", |reason| reason.code.as_str());
            assert_eq!((order.state.is_final(), ended), (true, code), "{order:?}");
        }
        assert_eq!((venue.placements(), engine.venues()[0].in_doubt), (3, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn stale_news_of_an_earlier_attempt_changes_nothing() {
        let (platform, a, b) = Platform::pair();
        a.script([Answer::Unavailable]);
        b.script([Answer::TakenSlowly(Duration::from_secs(3))]);
        let engine = platform.start().await;
        let order = engine.submit(entry(user(1), "x")).await.unwrap().order.id();
        until("the second attempt to be on its way", async || b.placements() == 1).await;
        let owner = engine.inner.user(user(1)).await.unwrap();
        for dead in [
            Dead::refused(Reason::new("late", "news of the first attempt")),
            Dead::movable(Reason::new("late", "more of it")),
        ] {
            engine.inner.dead(&owner, order, 0, dead).await;
        }
        let order = engine.settled(user(1), order, LONG).await.unwrap();
        assert_eq!((order.state, order.leg.unwrap().attempt), (OrderState::Filled, 1));
        assert_eq!((a.placements(), b.placements()), (1, 1));
    }
}
