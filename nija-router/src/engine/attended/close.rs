//! Closing an account before its key is locked.

use futures::future::join_all;
use nija_core::{OrderId, OrderState, PositionId, Timestamp, VenueId};
use std::{collections::BTreeSet, sync::Arc, time::Duration};

use crate::engine::{conn::Conn, inner::Inner, live::LiveOrder, user::User};

/// An account is closed this long before its unlock ends, or half way where the unlock is short.
const AHEAD: Duration = Duration::from_secs(60);

/// Why an entry that rests is cancelled.
const CLOSING: &str = "cancelled since the key that it needs is being locked: it could have filled with nobody to place its stop";

/// What is at a venue when the key there is locked. Nothing here can change any of it until the next unlock.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LeftBehind {
    /// Exits that rest: stops, and limits of the user's.
    pub resting: Vec<OrderId>,
    /// Entries that could not be cancelled, or of which it is not known whether they are there.
    pub entries: Vec<OrderId>,
    /// Positions with nothing at the venue that would close them.
    pub unguarded: Vec<PositionId>,
}

impl Inner {
    /// Closes the account in time before `until`.
    pub(in crate::engine) fn close_in_time(
        self: &Arc<Self>,
        user: &Arc<User>,
        conn: &Arc<Conn>,
        until: Timestamp,
    ) {
        let lasts = until.since(self.clock.now());
        let ahead = AHEAD.min(lasts / 2);
        let (inner, owner, venue) = (self.clone(), user.clone(), conn.venue.id.clone());
        let task = self.tasks.spawn(async move {
            let due = until.minus(ahead);
            while inner.clock.now() < due {
                tokio::time::sleep(due.since(inner.clock.now())).await;
            }
            inner.close_account(&owner, &venue, ahead / 2).await;
        });
        conn.keep(task);
    }

    /// As [`crate::Engine::close_account`].
    pub(in crate::engine) async fn close_account(
        self: &Arc<Self>,
        user: &Arc<User>,
        venue: &VenueId,
        within: Duration,
    ) -> LeftBehind {
        if let Some(conn) = user.conn(venue) {
            conn.set_closing();
        }
        let over = tokio::time::sleep(within);
        tokio::pin!(over);
        let mut asked = BTreeSet::new();
        loop {
            let mut changed = std::pin::pin!(user.changed.notified());
            changed.as_mut().enable();
            let (left, awaited) = self.left_at(user, venue).await;
            if left.entries.is_empty() && !awaited {
                return left;
            }
            let cancels = join_all(left.entries.iter().filter(|order| asked.insert(**order)).map(|order| {
                let (inner, id, order) = (self.clone(), user.id, *order);
                async move {
                    if let Err(error) = inner.cancel_for(id, order, CLOSING).await {
                        tracing::warn!(%order, %error, "an entry could not be cancelled before its key is locked");
                    }
                }
            }));
            let stays = tokio::select! {
                biased;
                () = &mut over => true,
                () = async { cancels.await; changed.await } => false,
            };
            if stays {
                let (left, _) = self.left_at(user, venue).await;
                self.tell_left(venue, &left);
                return left;
            }
        }
    }

    /// What is at a venue now, and whether a stop that should rest there does not yet.
    async fn left_at(&self, user: &User, venue: &VenueId) -> (LeftBehind, bool) {
        let state = user.state.lock().await;
        let (mut left, mut awaited) = (LeftBehind::default(), false);
        for live in state.orders.values().filter(|live| live.at(venue)) {
            match live.order.intent.signal.signal_type.is_exit() {
                true => left.resting.push(live.order.id()),
                false => left.entries.push(live.order.id()),
            }
        }
        for (key, open) in state.positions.iter().filter(|(key, _)| key.0 == *venue) {
            if !self.is_dust(&state, open) && !state.orders.values().any(|live| is_stop_of(live, key)) {
                left.unguarded.push(open.id.clone());
                awaited |= state.protections.get(key).is_some_and(|standing| standing.plan.stops());
            }
        }
        left.resting.sort_unstable();
        left.entries.sort_unstable();
        (left, awaited)
    }

    fn tell_left(&self, venue: &VenueId, left: &LeftBehind) {
        let Some(venue) = self.venue(venue) else { return };
        for order in &left.entries {
            let what = format!("entry {order} may still fill at {} while the key there is locked", venue.id);
            venue.alarm(*order, &what);
        }
        if !left.unguarded.is_empty() {
            tracing::error!(venue = %venue.id, positions = ?left.unguarded, "positions are not guarded at their venue, and the key there is being locked");
        }
    }
}

/// Whether an order rests at the venue as the stop of a position.
fn is_stop_of(live: &LiveOrder, key: &crate::engine::market::Key) -> bool {
    let (order, signal) = (&live.order, &live.order.intent.signal);
    let rests = matches!(order.state, OrderState::Working | OrderState::PartialFill);
    rests && live.at(&key.0) && signal.symbol == key.1 && signal.kind.waits() && signal.signal_type.is_exit()
}
