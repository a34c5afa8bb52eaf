//! The keeper of an account: reconciles when asked, and fetches what the stream did not bring.

use nija_core::{OrderId, OrderLeg, Symbol, TimeInForce};
use std::{sync::Arc, time::Duration};

use super::{
    EngineError,
    backoff::Backoff,
    conn::{Ask, Conn},
    inner::Inner,
    resolve::Found,
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
            conn.tried.send_replace(true);
            return self.pause(conn, left, backoff).await;
        }
        // The stream usually brings it in a moment.
        let delay = if asked.has(Ask::FILLS) { self.config.backfill_delay } else { self.config.check_after };
        tokio::select! {
            () = tokio::time::sleep(delay) => {}
            () = conn.wake.notified() => {
                let more = conn.take_asked();
                if more.has(Ask::RECONCILE) || (more.has(Ask::FILLS) && !asked.has(Ask::FILLS)) {
                    return asked.and(more);
                }
                tokio::time::sleep(delay).await;
            }
        }
        let left = match self.catch_up(user, conn).await {
            Ok(left) => left,
            Err(error) => {
                tracing::warn!(user = %user.id, venue = %conn.venue.id, %error, "an account could not be caught up");
                asked
            }
        };
        self.pause(conn, left, backoff).await
    }

    async fn pause(&self, conn: &Conn, left: Ask, backoff: &mut Backoff) -> Ask {
        if left == Ask::NOTHING {
            backoff.reset();
        } else {
            backoff.wait().await;
        }
        left.and(conn.take_asked())
    }

    /// Fetches missing fills and looks up orders that should have ended. Asks the venue nothing when there is nothing to ask.
    async fn catch_up(self: &Arc<Self>, user: &Arc<User>, conn: &Arc<Conn>) -> Result<Ask, EngineError> {
        let overdue = self.overdue(user, conn).await;
        let missing = self.misses_fills(user, conn).await;
        if overdue.is_empty() && !missing {
            return Ok(Ask::NOTHING);
        }
        let mut gone = Vec::new();
        for (order, leg, symbol) in overdue {
            let found = self.look_up(user, &conn.venue, order, &symbol, &leg).await;
            gone.extend(matches!(found, Found::ProvenAbsent).then_some(order));
        }
        self.fetch_fills(user, conn).await?;
        for order in gone {
            self.gone(user, &conn.venue, order).await;
        }
        let mut left = Ask::NOTHING;
        if self.misses_fills(user, conn).await {
            left = left.and(Ask::FILLS);
        }
        if !self.overdue(user, conn).await.is_empty() {
            left = left.and(Ask::CHECK);
        }
        Ok(left)
    }

    async fn misses_fills(&self, user: &User, conn: &Conn) -> bool {
        let state = user.state.lock().await;
        let missing = |live: &super::state::LiveOrder| live.at(&conn.venue.id) && live.misses_fills();
        state.orders.values().any(missing) || !state.held.is_empty()
    }

    /// Orders at this venue that fill at once or not at all and are still open, though nobody is sending them.
    async fn overdue(&self, user: &User, conn: &Conn) -> Vec<(OrderId, OrderLeg, Symbol)> {
        let now = self.clock.now();
        let state = user.state.lock().await;
        state
            .orders
            .values()
            .filter(|live| live.at(&conn.venue.id) && !live.in_hand && !live.in_doubt())
            .filter(|live| live.order.intent.signal.time_in_force == TimeInForce::Ioc && live.ended.is_none())
            .filter(|live| now.since(live.order.updated_at) >= self.config.check_after / 2)
            .filter_map(|live| {
                let leg = live.order.leg.clone()?;
                Some((live.order.id(), leg, live.order.intent.signal.symbol.clone()))
            })
            .collect()
    }
}
