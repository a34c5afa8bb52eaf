//! The keeper of an account: reconciles when asked, and fetches what the stream did not bring.

use nija_core::{OpenPurpose, OrderId, OrderLeg, Symbol, TimeInForce, Timestamp};
use std::{sync::Arc, time::Duration};

use super::{
    EngineError,
    backoff::Backoff,
    conn::{Ask, Conn},
    inner::Inner,
    resolve::Found,
    state::LiveOrder,
    user::User,
};

impl Inner {
    /// Does what is asked of an account; never ends.
    pub(super) async fn keep(self: Arc<Self>, user: Arc<User>, conn: Arc<Conn>) {
        let mut backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(30));
        loop {
            conn.wake.notified().await;
            let mut asked = conn.take_asked();
            while asked != Ask::NOTHING {
                asked = self.serve(&user, &conn, asked, &mut backoff).await;
            }
            backoff.reset();
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
                Ok(()) => Ask::NOTHING,
                Err(error) => {
                    tracing::warn!(user = %user.id, venue = %conn.venue.id, %error, "an account could not be reconciled");
                    Ask::RECONCILE
                }
            };
            *conn.refused.lock() = match outcome {
                Err(EngineError::Venue(error @ nija_core::VenueError::KeyRefused { .. })) => Some(error),
                _ => None,
            };
            conn.tried.set();
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
        self.rest(conn, left, backoff.spread(self.entropy.as_ref())).await
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
        let (brief, missing) = self.unfinished(user, conn).await;
        let now = self.clock.now();
        let due: Vec<_> =
            brief.into_iter().filter(|order| now.since(order.since) >= self.config.check_after / 2).collect();
        let mut gone = Vec::new();
        for order in &due {
            let found = self.look_up(user, &conn.venue, order.id, &order.symbol, &order.leg).await;
            gone.extend(matches!(found, Found::ProvenAbsent).then_some((order.id, order.leg.attempt)));
        }
        if missing || !due.is_empty() {
            self.fetch_fills(user, conn).await?;
        }
        for (order, attempt) in gone {
            self.gone(user, &conn.venue, order, attempt).await;
        }
        let doubtful = user.state.lock().await.wants_balances_of(&conn.venue.id);
        if doubtful {
            let account = self.account(user.id, &conn.venue, OpenPurpose::Reconcile).await?;
            self.read_balances(user, &conn.venue, &account).await?;
        }
        let (brief, missing) = self.unfinished(user, conn).await;
        for order in &brief {
            let open_for = self.clock.now().since(order.since);
            if open_for >= self.config.alarm_after {
                let (id, at, seconds) = (order.id, &conn.venue.id, open_for.as_secs());
                conn.venue.alarm(id, &format!("order {id} should have ended at {at} {seconds} s ago"));
            }
        }
        let fills = if missing { Ask::FILLS } else { Ask::NOTHING };
        Ok(if brief.is_empty() { fills } else { fills.and(Ask::CHECK) })
    }

    /// Orders at this venue that fill at once or not at all, or of which the venue said that they are over, and that are still
    /// open here; and whether fills are missing.
    async fn unfinished(&self, user: &User, conn: &Conn) -> (Vec<Unfinished>, bool) {
        let state = user.state.lock().await;
        let here = || state.orders.values().filter(|live| live.at(&conn.venue.id));
        let missing = here().any(LiveOrder::misses_fills) || !state.held.is_empty();
        let brief = here()
            .filter(|live| !live.in_hand && !live.in_doubt())
            .filter(|live| live.order.intent.signal.time_in_force == TimeInForce::Ioc || live.ended.is_some())
            .filter_map(|live| {
                Some(Unfinished {
                    id: live.order.id(),
                    leg: live.order.leg.clone()?,
                    symbol: live.order.intent.signal.symbol.clone(),
                    since: live.order.updated_at,
                })
            })
            .collect();
        (brief, missing)
    }
}

/// An order that should have ended.
struct Unfinished {
    id: OrderId,
    leg: OrderLeg,
    symbol: Symbol,
    since: Timestamp,
}
