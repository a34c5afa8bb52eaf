//! Another exit needs what a resting stop holds: the stop goes first, and its end is waited for. It is watched here meanwhile.

use nija_core::{OrderId, OrderSize, TradeSignal};
use rust_decimal::Decimal;
use std::sync::Arc;

use super::names::is_own;
use crate::{
    engine::{derived::RESERVED, inner::Inner, market::Key, user::User},
    score::may_go_to_several,
};

/// Why a resting stop was cancelled.
const MADE_ROOM: &str = "cancelled to make room for another exit; its position is watched meanwhile";

impl Inner {
    /// Makes room for an exit of the user's, within a bound. `on_record` is the exit itself, where it was taken up before.
    pub(in crate::engine) async fn make_room(
        self: &Arc<Self>,
        user: &Arc<User>,
        signal: &TradeSignal,
        on_record: Option<OrderId>,
    ) {
        // What the engine makes by itself waits for its own turn.
        if !signal.signal_type.is_exit() || signal.client_order_id.as_str().starts_with(RESERVED) {
            return;
        }
        let in_the_way = self.in_the_way(user, signal, on_record).await;
        if in_the_way.is_empty() {
            return;
        }
        if on_record.is_none() {
            // Seen before: its goods were found the first time.
            let known = self.ledger.order_by_client_id(user.id, &signal.client_order_id).await;
            if !matches!(known, Ok(None)) {
                return;
            }
        }
        let until = self.clock.now().plus(self.config.protection.stay_away);
        for (key, order) in &in_the_way {
            if let Some(guard) = self.guards.get(user.id, key) {
                *guard.away_until.lock() = Some(until);
            }
            let (inner, id, order) = (self.clone(), user.id, *order);
            self.tasks.spawn(async move {
                if let Err(error) = inner.cancel_for(id, order, MADE_ROOM).await {
                    tracing::warn!(%order, %error, "a resting stop could not be cancelled for another exit");
                }
            });
        }
        let over = tokio::time::sleep(self.config.protection.room_wait);
        tokio::pin!(over);
        loop {
            let mut changed = std::pin::pin!(user.changed.notified());
            changed.as_mut().enable();
            let live = {
                let state = user.state.lock().await;
                in_the_way.iter().any(|(_, order)| state.orders.contains_key(order))
            };
            if !live {
                return;
            }
            tokio::select! {
                biased;
                () = changed => {}
                () = &mut over => return,
            }
        }
    }

    /// Resting stops that hold what this exit wants to close.
    async fn in_the_way(
        &self,
        user: &User,
        signal: &TradeSignal,
        on_record: Option<OrderId>,
    ) -> Vec<(Key, OrderId)> {
        let state = user.state.lock().await;
        if on_record.is_some_and(|order| !state.orders.contains_key(&order)) {
            return Vec::new();
        }
        let wanted = match signal.size {
            OrderSize::Base(wanted) => Some(wanted.get()),
            OrderSize::Quote(_) => None,
        };
        let (mut found, mut together) = (Vec::new(), Decimal::ZERO);
        for (key, open) in &state.positions {
            let here = key.1 == signal.symbol && signal.venue.as_ref().is_none_or(|venue| *venue == key.0);
            if !here || open.side() == signal.side {
                continue;
            }
            let free = open.quantity.abs()
                - state.closing(&key.0, &key.1, signal.side, on_record.and_then(|order| state.share(order)));
            together += free.max(Decimal::ZERO);
            let there = if may_go_to_several(signal) { together } else { free };
            if wanted.is_some_and(|wanted| wanted <= there) {
                return Vec::new();
            }
            let rests = state.orders.values().filter(|live| live.at(&key.0)).map(|live| &live.order);
            let rests = rests.filter(|order| {
                let own = is_own(&order.intent.signal.client_order_id);
                own && order.intent.signal.symbol == key.1 && order.intent.signal.kind.waits()
            });
            found.extend(rests.map(|order| (key.clone(), order.id())));
        }
        found.sort_unstable();
        found
    }
}
