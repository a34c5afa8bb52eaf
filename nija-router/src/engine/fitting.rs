//! Exits that wait in their lanes while their users close by hand: they are sized anew as soon as that is on record, and looked at once more in the
//! moment in which they leave.

use nija_core::{JournalEvent, JournalRecord, Reason, Symbol, VenueId};
use rust_decimal::Decimal;
use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
};
use tokio::time::Instant;

use super::{inner::Inner, live::LiveOrder, reroute::Dead, send::Job, state::UserState, user::User};
use crate::planted::{Bug, planted};

impl Inner {
    /// Looks at the exits that wait where something was traded by hand.
    pub(super) fn fit_later(self: &Arc<Self>, user: &Arc<User>, records: &[JournalRecord]) {
        let by_hand = records.iter().filter_map(|record| match &record.event {
            JournalEvent::Filled(fill) if fill.order.is_none() => Some(&fill.execution),
            _ => None,
        });
        let places: BTreeSet<_> = by_hand.map(|it| (it.venue.clone(), it.symbol.clone())).collect();
        for place in places {
            let (inner, user) = (self.clone(), user.clone());
            self.tasks.spawn(async move { inner.fit(&user, &place).await });
        }
    }

    async fn fit(self: &Arc<Self>, user: &Arc<User>, (venue, symbol): &(VenueId, Symbol)) {
        let Some(lane) = self.venue(venue).map(|venue| &venue.lane) else {
            return;
        };
        let mut seen = HashSet::new();
        loop {
            let job = {
                let state = user.state.lock().await;
                let too_large = state.orders.iter().find(|(id, live)| {
                    !seen.contains(*id)
                        && live.order.intent.signal.symbol == *symbol
                        && live.order.leg.as_ref().is_some_and(|leg| leg.venue == *venue)
                        && !is_there_to_close(&state, live)
                });
                let Some((order, _)) = too_large else {
                    return;
                };
                seen.insert(*order);
                lane.remove(user.id, *order)
            };
            // One that a worker has is looked at as it leaves.
            if let Some(job) = job {
                self.size_anew(&job).await;
            }
        }
    }

    /// Less is left to close than an attempt was sized for, which was not sent: its order goes at once, for what is left.
    pub(super) async fn size_anew(self: &Arc<Self>, job: &Job) {
        let words = "less is left to close than when it was sized; it was not sent";
        let dead = Dead::movable(Reason::new("position_changed", words));
        self.turns(&job.user, job.order, job.leg.attempt, dead, Instant::now()).await;
    }
}

/// Whether an exit that is about to be sent is still no larger than what is left to close.
pub(super) async fn still_fits(job: &Job) -> bool {
    let state = job.user.state.lock().await;
    state.orders.get(&job.order).is_none_or(|live| is_there_to_close(&state, live))
}

/// Whether an exit closes no more than its position has beside what others close.
fn is_there_to_close(state: &UserState, live: &LiveOrder) -> bool {
    let signal = &live.order.intent.signal;
    let Some(leg) = live.order.leg.as_ref().filter(|_| signal.signal_type.is_exit()) else {
        return true;
    };
    if planted(Bug::SendsWhatIsClosed) || planted(Bug::IgnoresLiveExits) {
        return true;
    }
    let open = state.positions.get(&(leg.venue.clone(), signal.symbol.clone()));
    let held =
        open.filter(|open| open.side() != signal.side).map_or(Decimal::ZERO, |open| open.quantity.abs());
    let others = state.sums.closing(&leg.venue, &signal.symbol, signal.side, live.counted.as_ref());
    leg.quantity.get() + others <= held
}
