//! Cancelling: out of the lane where it still waits there, else at the venue, past its breaker.

use nija_core::{JournalEvent, OpenPurpose, Order, OrderId, OrderRef, OrderState, Reason, UserId};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

use super::{EngineError, backoff::Backoff, conn::Ask, inner::Inner, submit::ended, user::User};

/// Why an order was cancelled that its user wanted gone.
pub(super) const AT_REQUEST: &str = "cancelled at your request";

impl Inner {
    /// Cancels as the user wishes; as [`Inner::cancel_for`].
    pub(super) async fn cancel(self: &Arc<Self>, user: UserId, order: OrderId) -> Result<Order, EngineError> {
        self.cancel_for(user, order, AT_REQUEST).await
    }

    /// Cancels and answers with the order as it stands then; its end comes from the venue. `why` is told to the user.
    pub(super) async fn cancel_for(
        self: &Arc<Self>,
        user: UserId,
        order: OrderId,
        why: &'static str,
    ) -> Result<Order, EngineError> {
        let user = self.user(user).await?;
        {
            let mut state = user.state.lock().await;
            let Some(live) = state.wish_gone(order, why) else {
                drop(state);
                return self.standing(&user, order).await;
            };
            if live.order.schedule.is_some() {
                drop(state);
                return self.cancel_parent(&user, order).await;
            }
            let lane =
                live.order.leg.as_ref().and_then(|leg| self.venue(&leg.venue)).map(|venue| &venue.lane);
            // Whoever takes the job out of the queue has it alone, and what waits for another try is with nobody.
            let unsent = live.waiting || lane.is_some_and(|lane| lane.remove(user.id, order).is_some());
            if unsent {
                let reason = Reason::new("cancelled", "cancelled before it was sent");
                let event = ended(order, OrderState::Cancelled, reason);
                if let Err(error) = self.record(&user, &mut state, vec![event]).await {
                    // It is out of the lane, so it is certain that it was not sent; asking the venue could only make that doubtful.
                    self.end_unsent_later(&user, order);
                    return Err(error.into());
                }
                drop(state);
                return self.standing(&user, order).await;
            }
        }
        let asked = self.cancel_at_venue(&user, order).await;
        self.keep_wish(&user, order, asked.is_err()).await;
        asked?;
        self.standing(&user, order).await
    }

    /// A wish that could not be carried out stands until it is, whatever restarts: it goes on record, and the account's keeper tries again.
    async fn keep_wish(self: &Arc<Self>, user: &Arc<User>, order: OrderId, failed: bool) {
        let mut state = user.state.lock().await;
        let Some(live) = state.orders.get(&order) else {
            return;
        };
        let venue = live.order.leg.as_ref().map(|leg| leg.venue.clone());
        if (failed || live.in_hand || live.in_doubt()) && !live.order.cancel_wished {
            let event = JournalEvent::CancelWished { order };
            if let Err(error) = self.record(user, &mut state, vec![event]).await {
                tracing::error!(%order, %error, "a wish to cancel could not be put on record; a restart would forget it");
            }
        }
        drop(state);
        if failed && let Some(conn) = venue.and_then(|venue| user.conn(&venue)) {
            conn.ask(Ask::CHECK);
        }
    }

    /// Puts the end of an order that was never sent on record, however long the ledger fails.
    fn end_unsent_later(self: &Arc<Self>, user: &Arc<User>, order: OrderId) {
        let (inner, user) = (self.clone(), user.clone());
        self.tasks.spawn(async move {
            let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
            loop {
                backoff.wait(inner.entropy.as_ref()).await;
                let mut state = user.state.lock().await;
                if !state.orders.contains_key(&order) {
                    return;
                }
                let reason = Reason::new("cancelled", "cancelled before it was sent");
                let event = ended(order, OrderState::Cancelled, reason);
                match inner.record(&user, &mut state, vec![event]).await {
                    Ok(_) => return,
                    Err(error) => tracing::error!(%order, %error, "an end could not be put on record"),
                }
            }
        });
    }

    /// Sends the cancel and looks what became of the order. An order on its way is cancelled once it has arrived.
    pub(super) async fn cancel_at_venue(
        self: &Arc<Self>,
        user: &Arc<User>,
        order: OrderId,
    ) -> Result<(), EngineError> {
        let (venue, leg, symbol) = {
            let state = user.state.lock().await;
            let Some(live) = state.orders.get(&order) else {
                return Ok(());
            };
            let Some(leg) = live.order.leg.clone() else {
                return Ok(());
            };
            let venue = self.known_venue(&leg.venue)?.clone();
            (venue, leg, live.order.intent.signal.symbol.clone())
        };
        let account = self.account(user.id, &venue, OpenPurpose::Trade).await?;
        // The wish stands, and is carried out once the venue hears again.
        venue.lane.cancel_token(user.id, &symbol).await.map_err(|wait| venue.silent_for(wait))?;
        let wanted = OrderRef {
            symbol: symbol.clone(),
            client_id: leg.client_id,
            venue_order_id: leg.venue_order_id.clone(),
        };
        let began = Instant::now();
        let answer = self.within(&venue, venue.executor.cancel(&account, &wanted)).await;
        venue.lane.note_call(user.id, venue.heard(&answer), began, &venue.limits_used(Some(user.id)));
        // Whatever the answer was: what counts is how the order stands there now.
        self.look_up(user, &venue, order, &symbol, &leg).await;
        if let Some(conn) = user.conn(&venue.id) {
            conn.ask(Ask::CHECK);
        }
        Ok(answer?)
    }

    /// An order as it stands, live or ended.
    pub(super) async fn standing(&self, user: &User, order: OrderId) -> Result<Order, EngineError> {
        let live = user.state.lock().await.order(order).cloned();
        match live {
            Some(live) => Ok(live),
            None => self.ledger.order(user.id, order).await?.ok_or(EngineError::NoSuchOrder),
        }
    }
}
