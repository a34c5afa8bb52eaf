//! An exit that waited in its lane is looked at once more in the moment it leaves: its user may have closed a part of its position by hand.

use nija_core::Reason;
use rust_decimal::Decimal;
use std::sync::Arc;
use tokio::time::Instant;

use super::{inner::Inner, reroute::Dead, send::Job};
use crate::planted::{Bug, planted};

impl Inner {
    /// What an exit was to close was closed by its user while it waited in its lane: it goes at once, for what is left.
    pub(super) async fn size_anew(self: &Arc<Self>, job: &Job) {
        let words = "less is left to close than when it was sized; it was not sent";
        let dead = Dead::movable(Reason::new("position_changed", words));
        self.turns(&job.user, job.order, job.leg.attempt, dead, Instant::now()).await;
    }
}

/// Whether an exit closes no more than its position has beside what others close.
pub(super) async fn is_there_to_close(job: &Job) -> bool {
    if planted(Bug::SendsWhatIsClosed) || planted(Bug::IgnoresLiveExits) {
        return true;
    }
    let state = job.user.state.lock().await;
    let (signal, venue) = (&job.approved.get().signal, &job.leg.venue);
    let open = state.positions.get(&(venue.clone(), signal.symbol.clone()));
    let held =
        open.filter(|open| open.side() != signal.side).map_or(Decimal::ZERO, |open| open.quantity.abs());
    let others = state.sums.closing(venue, &signal.symbol, signal.side, state.share(job.order));
    job.leg.quantity.get() + others <= held
}
