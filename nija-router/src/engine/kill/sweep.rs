//! The work of a switch: user by user, round after round, until nothing is left that another round could better.

use futures::{StreamExt, stream};
use nija_core::{JournalEvent, KillScope, KillSwitch, OrderId, OrderState, Unconfirmed, VenueId};
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use super::{Active, flatten::Closing, report::UserProgress};
use crate::{
    engine::{
        EngineError, backoff::Backoff, inner::Inner, live::LiveOrder, protection, state::UserState,
        user::User,
    },
    planted::{Bug, planted},
};

/// Users swept at a time: many, since most of the time is spent waiting for venues.
const AT_A_TIME: usize = 64;

/// A round of one user.
pub(super) struct Round<'a> {
    pub(super) inner: &'a Arc<Inner>,
    pub(super) switch: &'a KillSwitch,
    pub(super) user: &'a Arc<User>,
}

/// Between two rounds of a user.
fn between_rounds() -> Backoff {
    Backoff::new(Duration::from_millis(250), Duration::from_secs(5))
}

impl Inner {
    pub(super) fn start_sweep(self: &Arc<Self>, active: Arc<Active>) {
        let inner = self.clone();
        self.tasks.spawn(async move { inner.sweep(&active).await });
    }

    async fn sweep(self: &Arc<Self>, active: &Arc<Active>) {
        let users = self.concerned(&active.switch());
        stream::iter(users)
            .for_each_concurrent(AT_A_TIME, |user| async move {
                let mut backoff = between_rounds();
                loop {
                    match self.user(user).await {
                        Ok(user) => return self.sweep_user(active, &user, &mut backoff).await,
                        Err(error) => {
                            tracing::error!(%user, %error, "a user whose orders are to be cancelled could not be read");
                        }
                    }
                    if !self.pause_sweep(active, &mut backoff).await {
                        return;
                    }
                }
            })
            .await;
        self.conclude(active).await;
    }

    async fn sweep_user(self: &Arc<Self>, active: &Arc<Active>, user: &Arc<User>, backoff: &mut Backoff) {
        loop {
            if active.off.load(Ordering::SeqCst) {
                return;
            }
            let mut changed = std::pin::pin!(user.changed.notified());
            changed.as_mut().enable();
            let switch = active.switch();
            let progress = Round { inner: self, switch: &switch, user }.run().await;
            let settled = progress.settled;
            let left = progress.left.len();
            let known = active.progress.lock().users.insert(user.id, progress);
            if known.is_some_and(|known| left < known.left.len()) {
                backoff.reset();
            }
            if settled {
                return;
            }
            // What a venue confirms wakes the next round; silence is asked about again, less and less often.
            let pause = backoff.spread(self.entropy.as_ref());
            tokio::select! {
                biased;
                () = changed => {}
                () = active.changed.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// `false` when the switch was taken off.
    async fn pause_sweep(&self, active: &Active, backoff: &mut Backoff) -> bool {
        backoff.wait(self.entropy.as_ref()).await;
        !active.off.load(Ordering::SeqCst)
    }

    /// Users are done with one after the other, and of those who were done with first something may have come up since: a trade by hand, an exit
    /// that rests. Who needs another round gets it; ends once all of them are as they are told to be.
    async fn look_once_more(self: &Arc<Self>, active: &Arc<Active>) -> Result<(), EngineError> {
        if planted(Bug::ClaimsFlat) {
            return Ok(());
        }
        loop {
            let known: Vec<_> = active.progress.lock().users.keys().copied().collect();
            let mut changed = false;
            for id in known {
                if active.off.load(Ordering::SeqCst) {
                    return Ok(());
                }
                let user = self.user(id).await?;
                let over = {
                    let switch = active.switch();
                    let state = user.state.lock().await;
                    let mut all = active.progress.lock();
                    let progress = all.users.entry(id).or_default();
                    let stuck = progress.stuck;
                    Round { inner: self, switch: &switch, user: &user }.is_over(&state, progress, stuck)
                };
                if !over {
                    changed = true;
                    self.sweep_user(active, &user, &mut between_rounds()).await;
                }
            }
            if !changed {
                return Ok(());
            }
        }
    }

    /// Puts the end of the work on record.
    async fn conclude(self: &Arc<Self>, active: &Arc<Active>) {
        let mut backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(30));
        loop {
            if active.off.load(Ordering::SeqCst) {
                return;
            }
            let unrecorded = active.progress.lock().unrecorded.clone();
            let recorded = match unrecorded {
                Some(event) => self.record_while_on(active, event).await,
                None => Ok(()),
            };
            let recorded = match recorded {
                Ok(()) => self.look_once_more(active).await,
                Err(error) => Err(error),
            };
            if active.off.load(Ordering::SeqCst) {
                return;
            }
            let recorded = match recorded {
                Ok(()) => {
                    let (done, alarm) = {
                        let mut progress = active.progress.lock();
                        progress.unrecorded = None;
                        let switch = active.switch();
                        let (id, scope, flat) = (switch.id, switch.scope, progress.flat());
                        let (left, dust) = (progress.left(), progress.dust());
                        let alarm = !left.is_empty();
                        (JournalEvent::KillSwitchDone { id, scope, flat, left, dust }, alarm)
                    };
                    self.record_while_on(active, done).await.map(|()| alarm)
                }
                Err(error) => Err(error),
            };
            match recorded {
                Ok(alarm) => {
                    if alarm {
                        tracing::error!("a kill switch could not confirm everything");
                        metrics::counter!("nija_kill_switch_unconfirmed_total").increment(1);
                    }
                    active.changed.notify_waiters();
                    return;
                }
                Err(error) => {
                    tracing::error!(%error, "what a kill switch came to could not be put on record");
                }
            }
            if !self.pause_sweep(active, &mut backoff).await {
                return;
            }
        }
    }
}

impl Round<'_> {
    async fn run(&self) -> UserProgress {
        let mut progress = UserProgress::default();
        let orders = self.to_cancel().await;
        let asked = orders.into_iter().map(|(order, venue)| self.cancel(order, venue));
        progress.left = futures::future::join_all(asked).await.into_iter().flatten().collect();
        let claims = planted(Bug::ClaimsFlat);
        let mut waits = !progress.left.is_empty();
        if self.switch.flatten {
            // Not only once everything is cancelled: an order in doubt may be so for good, and what is open elsewhere need not wait for it.
            for closing in self.flatten().await {
                waits |= matches!(closing, Closing::Waits(_));
                match closing {
                    Closing::Waits(left) | Closing::Stuck(left) => progress.left.push(left),
                    Closing::Dust(dust) => progress.dust.push(dust),
                }
            }
        }
        if !waits || claims {
            self.confirm(&mut progress).await;
        }
        if claims {
            let (left, dust) = (Vec::new(), Vec::new());
            progress = UserProgress { left, dust, settled: true, nothing: true, ..progress };
        }
        progress
    }

    pub(super) fn left(&self, venue: Option<VenueId>, order: Option<OrderId>, why: String) -> Unconfirmed {
        Unconfirmed { user: self.user.id, venue, order, why }
    }

    /// Every live order in the scope. Exits that came after the switch are left alone: nothing holds them up but a flatten, which
    /// needs what they hold.
    async fn to_cancel(&self) -> Vec<(OrderId, Option<VenueId>)> {
        let state = self.user.state.lock().await;
        let mut all: Vec<_> = state
            .orders
            .values()
            .filter(|live| self.is_to_go(&state, live))
            .map(|live| (live.order.id(), live.order.leg.as_ref().map(|leg| leg.venue.clone())))
            .collect();
        all.sort_unstable();
        all
    }

    pub(super) fn is_to_go(&self, state: &UserState, live: &LiveOrder) -> bool {
        let intent = &live.order.intent;
        let later = intent.received_at > self.switch.since;
        // What guards a position stays where the position does.
        let guards = protection::is_own(&intent.signal.client_order_id);
        let spared = intent.signal.signal_type.is_exit() && (later || guards) && !self.switch.flatten;
        self.is_here(state, live) && !spared && !self.is_own(live)
    }

    /// Whether an order is in the scope: by where it is, by the venue that its user named, or by where it will go.
    pub(super) fn is_here(&self, state: &UserState, live: &LiveOrder) -> bool {
        let signal = &live.order.intent.signal;
        let at = live.order.leg.as_ref().map(|leg| &leg.venue).or(signal.venue.as_ref());
        if let (Some(venue), _) | (None, KillScope::Venue(venue)) = (at, &self.switch.scope) {
            let here = || {
                let key = (venue.clone(), signal.symbol.clone());
                state.positions.get(&key).is_some_and(|open| open.side() != signal.side)
            };
            // What is carried out by others is at no venue unless its user named one: each of those others is seen to by itself, and the
            // next ones keep away from a venue that is stopped. An exit that waits for its venue goes where its position is.
            let waits = live.order.schedule.is_none() && signal.signal_type.is_exit();
            return self.switch.scope.covers(venue) && (at.is_some() || (waits && here()));
        }
        true
    }

    /// Cancels one and answers with it unless its end is on record.
    async fn cancel(&self, order: OrderId, venue: Option<VenueId>) -> Option<Unconfirmed> {
        let why = match self.inner.cancel_for(self.user.id, order, "cancelled by a kill switch").await {
            Ok(order) if order.state.is_final() => return None,
            Ok(order) if order.state == OrderState::Unknown => {
                "the venue never answered whether it took it, and is being asked".to_owned()
            }
            Ok(order) => format!("it is {} and the venue has not confirmed its cancel", order.state),
            Err(error) => error.to_string(),
        };
        Some(self.left(venue, Some(order), why))
    }
}
