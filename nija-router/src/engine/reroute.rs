//! An order that is provably not at its venue: it goes elsewhere, tries again, or ends.

use nija_core::{OrderId, Reason, VenueId};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

use super::{
    aside::{SILENT, heard},
    backoff::Backoff,
    doubts::IN_DOUBT,
    held::BRIEF,
    inner::Inner,
    turn::{MayWait, Turn},
    user::User,
    venue::Venue,
};
use crate::lane::Sending;

/// How an order came to be provably dead at its venue.
#[derive(Debug, Clone)]
pub(crate) struct Dead {
    pub(super) reason: Reason,
    /// The venue to keep away from, where the venue was the trouble.
    pub(super) avoid: Option<VenueId>,
    /// Whether another attempt makes sense at all.
    pub(super) again: bool,
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
    pub(super) fn unheard() -> Self {
        Self::movable(Reason::new(SILENT, "its venue had not answered since the platform started"))
    }

    /// It was sent nowhere, and goes now.
    pub(super) fn in_doubt() -> Self {
        Self::movable(Reason::new(IN_DOUBT, "whose an execution was had to be told first"))
    }

    pub(super) const fn not_before(mut self, wait: Option<Duration>) -> Self {
        self.not_before = wait;
        self
    }
}

/// Whatever a venue says, its position does not wait longer for its exit.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// While the ledger fails.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

impl Inner {
    /// Takes the next step of an order whose attempt is provably dead. Stale news of an earlier attempt changes nothing.
    pub(super) async fn dead(self: &Arc<Self>, user: &Arc<User>, order: OrderId, attempt: u32, dead: Dead) {
        match self.turn(user, order, attempt, &dead, MayWait::ItsTurn).await {
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
    pub(super) fn turn_later(
        self: &Arc<Self>,
        user: &Arc<User>,
        order: OrderId,
        attempt: u32,
        dead: Dead,
        wait: Option<Duration>,
    ) {
        let (inner, user) = (self.clone(), user.clone());
        self.tasks.spawn(async move {
            let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
            let first = wait.unwrap_or_else(|| backoff.spread(inner.entropy.as_ref()));
            tokio::time::sleep(first).await;
            inner.turns(&user, order, attempt, dead, Instant::now() + BRIEF).await;
        });
    }

    /// Takes the step, as often as it takes. Until `over` it may wait for whose an execution is.
    pub(super) async fn turns(
        self: &Arc<Self>,
        user: &Arc<User>,
        order: OrderId,
        attempt: u32,
        dead: Dead,
        mut over: Instant,
    ) {
        let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
        loop {
            let may_wait = if Instant::now() < over { MayWait::InDoubt } else { MayWait::No };
            match self.turn(user, order, attempt, &dead, may_wait).await {
                Turn::NotRecorded => backoff.wait(self.entropy.as_ref()).await,
                Turn::Doubt => return self.resolve_later(user, order),
                Turn::Wait(wait) => tokio::time::sleep(wait).await,
                Turn::Silent(venue) => {
                    heard(&venue).await;
                    over = Instant::now() + BRIEF;
                }
                Turn::Done => return,
            }
        }
    }

    /// How long the next attempt at the same venue waits: as long as the venue asked for, within a bound, or as its lane is held up; and longer
    /// each time, by chance, so that those whom one outage hit do not come back all at once.
    pub(super) fn wait(
        &self,
        user: &User,
        venue: Option<&Venue>,
        exit: bool,
        attempt: u32,
        dead: &Dead,
    ) -> Duration {
        let mut backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(4));
        for _ in 0..attempt {
            backoff.step();
        }
        let told = dead.not_before.unwrap_or_default().min(LONGEST_WAIT);
        let held = venue.and_then(|venue| venue.lane.held(user.id, Sending::order(exit)));
        told.max(held.unwrap_or_default()) + backoff.spread(self.entropy.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::support::{Answer, FakeVenue, LONG, Platform, TestClock, entry, until, user};
    use nija_core::{AmbiguityBound, OrderState};

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
