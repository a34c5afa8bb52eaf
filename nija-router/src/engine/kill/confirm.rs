//! The proof: every venue in the scope is asked for the account's open orders, then for its executions and balances.

use nija_core::{ExecutionReport, OpenPurpose, OrderId, VenueBalance};
use std::sync::Arc;

use super::{
    report::{UserProgress, VenueProof},
    sweep::Round,
};
use crate::{
    engine::{EngineError, conn::Conn, dust, live::LiveOrder, news::News, state::UserState},
    lane::Sending,
};

/// An order that the venue lists as open and that should be gone, and which of ours it is.
type StillOpen = (ExecutionReport, Option<OrderId>);

impl Round<'_> {
    /// Asks. With every answer in hand, and nothing left that another round could better, the user's part is done.
    pub(super) async fn confirm(&self, progress: &mut UserProgress) {
        let stuck = progress.left.len();
        progress.stuck = stuck;
        let mut again = false;
        let conns = self.user.conns();
        for conn in conns.iter().filter(|conn| self.switch.scope.covers(&conn.venue.id)) {
            match self.ask(conn).await {
                Ok((proof, open)) => {
                    // What was made past the platform stays, however often it is asked about.
                    again |= open.iter().any(|(_, ours)| ours.is_some());
                    progress.left.extend(open.iter().map(|(report, ours)| self.still_open(report, *ours)));
                    progress.proof.push(proof);
                }
                Err(error) => {
                    again = true;
                    let why = format!("it could not be asked whether all is flat: {error}");
                    progress.left.push(self.left(Some(conn.venue.id.clone()), None, why));
                }
            }
        }
        // Since the venues were asked something may have come up.
        let state = self.user.state.lock().await;
        progress.settled = !again && self.is_over(&state, progress, stuck);
    }

    /// Notes what memory has of the user now; answers whether another round could better none of it. `stuck`: positions that it cannot close.
    pub(super) fn is_over(&self, state: &UserState, progress: &mut UserProgress, stuck: usize) -> bool {
        let orders = state.orders.values().any(|live| self.is_in_the_way(state, live));
        let (dust, open): (Vec<_>, Vec<_>) =
            self.open(state).partition(|open| self.inner.is_dust(state, open));
        let none = !state.orders.values().any(|live| self.is_here(state, live));
        progress.nothing = none && dust.is_empty() && open.is_empty();
        let closed = open.len() <= stuck;
        if self.switch.flatten {
            progress.dust = dust.into_iter().map(dust::named).collect();
        }
        // An execution whose order is not known yet is in no position.
        let held = state.held.iter().any(|news| self.switch.scope.covers(news.venue()));
        !orders && !held && (!self.switch.flatten || closed)
    }

    /// An order that should be gone by now.
    fn is_in_the_way(&self, state: &UserState, live: &LiveOrder) -> bool {
        self.is_to_go(state, live) || self.is_own(live)
    }

    /// Open orders first: what was executed before that answer is in the one after it.
    async fn ask(&self, conn: &Arc<Conn>) -> Result<(VenueProof, Vec<StillOpen>), EngineError> {
        let (inner, user, venue) = (self.inner, self.user, &conn.venue);
        let account = inner.account(user.id, venue, OpenPurpose::Reconcile).await?;
        let asked_at = inner.clock.now();
        let open =
            inner.ask(venue, Some(user.id), Sending::Urgent, venue.executor.open_orders(&account)).await?;
        inner.hear(user, venue, open.iter().cloned().map(News::Report).collect()).await?;
        inner.fetch_fills(user, conn, Sending::Urgent).await?;
        inner.read_balances(user, venue, &account, Sending::Urgent).await?;
        let state = user.state.lock().await;
        let there = |balance: &&VenueBalance| balance.venue == venue.id && !balance.total.is_zero();
        let proof = VenueProof {
            user: user.id,
            venue: venue.id.clone(),
            asked_at,
            open_orders: open.len(),
            positions: state.positions.values().filter(|held| held.venue == venue.id).count(),
            balances: state.balances.values().filter(there).cloned().collect(),
        };
        let spared = |ours: &Option<OrderId>| {
            let live = ours.and_then(|order| state.orders.get(&order));
            live.is_some_and(|live| !self.is_in_the_way(&state, live))
        };
        let named = open.into_iter().map(|report| {
            let ours = named(&state, &report);
            (report, ours)
        });
        Ok((proof, named.filter(|(_, ours)| !spared(ours)).collect()))
    }

    fn still_open(&self, report: &ExecutionReport, ours: Option<OrderId>) -> nija_core::Unconfirmed {
        let name = &report.venue_order_id;
        let why = match ours {
            Some(_) => format!("the venue still lists it as open, as {name}"),
            None => format!(
                "order {name} was made at the venue past this platform, which cancels only its own; cancel it there"
            ),
        };
        self.left(Some(report.venue.clone()), ours, why)
    }
}

/// Which order of ours a report is about.
fn named(state: &UserState, report: &ExecutionReport) -> Option<OrderId> {
    let by_client = report.client_id.and_then(|id| state.names.by_client(id));
    by_client.or_else(|| state.names.by_venue(&report.venue, &report.venue_order_id))
}
