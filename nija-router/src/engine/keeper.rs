//! The keeper of an account: reconciles when asked, and fetches what the stream did not bring.

use nija_core::{OpenPurpose, OrderId, OrderLeg, Symbol, TimeInForce, Timestamp};
use std::{sync::Arc, time::Duration};

use crate::lane::Sending;

use super::{
    EngineConfig, EngineError,
    backoff::Backoff,
    conn::{Ask, Conn},
    inner::Inner,
    live::LiveOrder,
    resolve::Found,
    user::User,
};

/// The longest between two tries, and what is between them when many others fail.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

impl Inner {
    /// Does what is asked of an account; never ends.
    pub(super) async fn keep(self: Arc<Self>, user: Arc<User>, conn: Arc<Conn>) {
        let mut backoff = Backoff::new(Duration::from_millis(250), LONGEST_PAUSE);
        loop {
            let mut asked = self.asked_or_due(&user, &conn).await;
            while asked != Ask::NOTHING {
                asked = self.serve(&user, &conn, asked, &mut backoff).await;
            }
            backoff.reset();
        }
    }

    /// Waits until something is asked for, or an order that rests has not been heard of for long.
    async fn asked_or_due(&self, user: &User, conn: &Conn) -> Ask {
        let mut quiet = Backoff::new(self.config.check_resting, self.config.check_resting);
        loop {
            tokio::select! {
                biased;
                () = conn.wake.notified() => return conn.take_asked(),
                () = quiet.wait(self.entropy.as_ref()) => {}
            }
            let (unfinished, _) = self.unfinished(user, conn).await;
            let now = self.clock.now();
            if unfinished.iter().any(|order| order.why == Why::Quiet && order.is_due(&self.config, now)) {
                return Ask::CHECK.and(conn.take_asked());
            }
        }
    }

    /// One round; answers with what is left to do.
    async fn serve(
        self: &Arc<Self>,
        user: &Arc<User>,
        conn: &Arc<Conn>,
        asked: Ask,
        backoff: &mut Backoff,
    ) -> Ask {
        if asked.has(Ask::RECONCILE) {
            let outcome = self.reconcile(user, conn).await;
            let left = match &outcome {
                // It does not carry out a wish to cancel that was lost on its way.
                Ok(()) if asked.has(Ask::CHECK) => Ask::CHECK,
                Ok(()) => Ask::NOTHING,
                Err(error) => {
                    tracing::warn!(user = %user.id, venue = %conn.venue.id, %error, "an account could not be reconciled");
                    asked
                }
            };
            *conn.refused.lock() = match outcome {
                Err(EngineError::Venue(error @ nija_core::VenueError::KeyRefused { .. })) => Some(error),
                _ => None,
            };
            conn.tried.set();
            if left != asked && conn.lacks_fees() {
                // Nobody waits for them: venues count these calls, and the published fees stand in. They are never lower than the user's own.
                self.read_fees(user, conn).await;
            }
            return self.pause(conn, left, backoff).await;
        }
        // The stream usually brings it in a moment.
        let delay = if asked.has(Ask::FILLS) { self.config.backfill_delay } else { self.config.check_after };
        let asked = self.rest(conn, asked, delay).await;
        if asked.has(Ask::RECONCILE) {
            return asked;
        }
        match self.catch_up(user, conn).await {
            // What is left is not due yet.
            Ok(left) if !left.has(Ask::FILLS) => {
                backoff.reset();
                left.and(conn.take_asked())
            }
            Ok(left) => self.pause(conn, left, backoff).await,
            Err(error) => {
                tracing::warn!(user = %user.id, venue = %conn.venue.id, %error, "an account could not be caught up");
                self.pause(conn, asked, backoff).await
            }
        }
    }

    async fn pause(&self, conn: &Conn, left: Ask, backoff: &mut Backoff) -> Ask {
        if left == Ask::NOTHING {
            backoff.reset();
            return conn.take_asked();
        }
        let pause = conn.venue.lane.retry_pause(backoff.spread(self.entropy.as_ref()), LONGEST_PAUSE);
        self.rest(conn, left, pause).await
    }

    /// Waits, and adds what is asked for meanwhile. Only a reconciliation that is news cuts the wait short: a venue that is in
    /// trouble is not asked more often because its users are busy.
    async fn rest(&self, conn: &Conn, asked: Ask, time: Duration) -> Ask {
        let over = tokio::time::sleep(time);
        tokio::pin!(over);
        loop {
            tokio::select! {
                biased;
                () = &mut over => return asked.and(conn.take_asked()),
                () = conn.wake.notified() => {
                    // Left where it is meanwhile, so that asking for it again wakes nobody.
                    if conn.asked().has(Ask::RECONCILE) && !asked.has(Ask::RECONCILE) {
                        return asked.and(conn.take_asked());
                    }
                }
            }
        }
    }

    /// Fetches missing fills and looks up orders that should have ended. Asks the venue nothing when there is nothing to ask.
    async fn catch_up(self: &Arc<Self>, user: &Arc<User>, conn: &Arc<Conn>) -> Result<Ask, EngineError> {
        let (unfinished, missing) = self.unfinished(user, conn).await;
        let now = self.clock.now();
        let due: Vec<_> = unfinished.into_iter().filter(|order| order.is_due(&self.config, now)).collect();
        let mut gone = Vec::new();
        for order in &due {
            let found = self.look_up(user, &conn.venue, order.id, &order.symbol, &order.leg).await;
            gone.extend(matches!(found, Found::ProvenAbsent).then_some((order.id, order.leg.attempt)));
            let mut state = user.state.lock().await;
            if let Some(live) = state.orders.get_mut(&order.id) {
                live.heard_at = now;
            }
            // The first cancel may have been lost on its way: a wish stands until it is carried out.
            self.cancel_if_open(user, &state, order.id);
        }
        if missing || !due.is_empty() {
            self.fetch_fills(user, conn, Sending::Read).await?;
        }
        for (order, attempt) in gone {
            self.gone(user, &conn.venue, order, attempt).await;
        }
        let wants_balances = async || user.state.lock().await.wants_balances_of(&conn.venue.id);
        if wants_balances().await {
            let account = self.account(user.id, &conn.venue, OpenPurpose::Reconcile).await?;
            self.read_balances(user, &conn.venue, &account, Sending::Read).await?;
        }
        let (mut overdue, missing) = self.unfinished(user, conn).await;
        overdue.retain(|order| order.why == Why::Overdue);
        for order in &overdue {
            let open_for = self.clock.now().since(order.since);
            if open_for >= self.config.alarm_after {
                let (id, at, seconds) = (order.id, &conn.venue.id, open_for.as_secs());
                conn.venue.alarm(id, &format!("order {id} should have ended at {at} {seconds} s ago"));
            }
        }
        let asks = [
            (missing, Ask::FILLS),
            (!overdue.is_empty(), Ask::CHECK),
            // Something happened while the answer was on its way, so that nobody knows whether it is in the answer.
            (wants_balances().await, Ask::BALANCES),
        ];
        Ok(asks.into_iter().filter(|(wanted, _)| *wanted).fold(Ask::NOTHING, |all, (_, ask)| all.and(ask)))
    }

    /// Orders at this venue that fill at once or not at all, or of which the venue said that they are over, or that their user wants
    /// gone, and that are still open here; those that rest; and whether fills are missing.
    async fn unfinished(&self, user: &User, conn: &Conn) -> (Vec<Unfinished>, bool) {
        let state = user.state.lock().await;
        let here = || state.orders.values().filter(|live| live.at(&conn.venue.id));
        let missing = here().any(LiveOrder::misses_fills) || !state.held.is_empty();
        let open = here().filter(|live| !live.in_hand && !live.in_doubt());
        (open.filter_map(Unfinished::new).collect(), missing)
    }
}

/// Why an order is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    /// It should have ended.
    Overdue,
    /// It rests, and all that happens to it is heard of; or was lost.
    Quiet,
}

/// An order that is open here and at its venue.
struct Unfinished {
    id: OrderId,
    leg: OrderLeg,
    symbol: Symbol,
    why: Why,
    since: Timestamp,
}

impl Unfinished {
    fn new(live: &LiveOrder) -> Option<Self> {
        let signal = &live.order.intent.signal;
        let brief = signal.time_in_force == TimeInForce::Ioc;
        let overdue = brief || live.ended.is_some() || live.cancel_requested;
        let (why, since) =
            if overdue { (Why::Overdue, live.order.updated_at) } else { (Why::Quiet, live.heard_at) };
        let (id, leg, symbol) = (live.order.id(), live.order.leg.clone()?, signal.symbol.clone());
        Some(Self { id, leg, symbol, why, since })
    }

    fn is_due(&self, config: &EngineConfig, now: Timestamp) -> bool {
        let after = match self.why {
            Why::Overdue => config.check_after / 2,
            Why::Quiet => config.check_resting,
        };
        now.since(self.since) >= after
    }
}
