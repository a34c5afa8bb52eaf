//! An exit that would be cut for an execution of nobody knows whom waits a moment for the answer that tells. It is on record meanwhile.

use nija_core::{OrderId, OrderIntent, OrderSize, Reason, RouteDecision, SignalType, Timestamp, TradeSignal};
use rust_decimal::Decimal;
use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    EngineError, answers::Submitted, aside::keep, derived::RESERVED, held::BRIEF, inner::Inner,
    reroute::Dead, state::UserState, user::User,
};
use crate::score::may_go_to_several;

/// The code of an exit that waits for whose an execution is.
pub(super) const IN_DOUBT: &str = "execution_in_doubt";

/// How often the doubt is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

impl Inner {
    /// How long to wait for it: `None` where nothing is in doubt that an exit could do with, or has been for so long that the exit does with
    /// what is left in any case. A stop loss waits for nobody.
    pub(super) fn told_apart_in(
        &self,
        state: &UserState,
        signal: &TradeSignal,
        except: Option<OrderId>,
    ) -> Option<Duration> {
        if !signal.signal_type.is_exit() || signal.signal_type == SignalType::StopLoss {
            return None;
        }
        let since = state.held.since(signal.venue.as_ref(), &signal.symbol, signal.side)?;
        let age = self.clock.now().since(since);
        let brief = BRIEF.checked_sub(age).filter(|left| !left.is_zero())?;
        let except = except.and_then(|order| state.share(order));
        let (mut surely, mut perhaps) = (Decimal::ZERO, Decimal::ZERO);
        for (key, open) in &state.positions {
            let here = key.1 == signal.symbol && signal.venue.as_ref().is_none_or(|venue| *venue == key.0);
            if !here || open.side() == signal.side {
                continue;
            }
            let free = open.quantity.abs() - state.sums.closing(&key.0, &key.1, signal.side, except);
            let held = state.held.traded(&key.0, &key.1, signal.side);
            let (low, high) = ((free - held).max(Decimal::ZERO), free.max(Decimal::ZERO));
            if may_go_to_several(signal) {
                (surely, perhaps) = (surely + low, perhaps + high);
            } else {
                (surely, perhaps) = (surely.max(low), perhaps.max(high));
            }
        }
        let wanted = match signal.size {
            OrderSize::Base(wanted) => perhaps.min(wanted.get()),
            OrderSize::Quote(_) => perhaps,
        };
        (wanted > surely).then(|| brief.min(LOOK_AGAIN))
    }

    /// Whether an exit that has just come waits for it. What the engine makes by itself closes what is left in any case, and then the rest.
    pub(super) async fn is_in_doubt(&self, user: &User, signal: &TradeSignal) -> bool {
        if !signal.signal_type.is_exit() || signal.client_order_id.as_str().starts_with(RESERVED) {
            return false;
        }
        let state = user.state.lock().await;
        !state.by_key.contains_key(&signal.client_order_id)
            && self.told_apart_in(&state, signal, None).is_some()
    }

    /// Takes such an exit up: it is on record, can be cancelled, and goes out by itself.
    pub(super) async fn wait_in_doubt(
        self: &Arc<Self>,
        user: &Arc<User>,
        state: &mut UserState,
        intent: OrderIntent,
    ) -> Result<Submitted, EngineError> {
        let order = intent.id;
        let decision = not_yet(&intent.signal, intent.received_at);
        let submitted = self.set_aside(user, state, intent, decision).await?;
        if !submitted.replayed {
            keep(state, order);
            let (inner, user, signal) = (self.clone(), user.clone(), submitted.order.intent.signal.clone());
            self.tasks.spawn(async move {
                inner.told_apart(&user, order).await;
                // It may be cancelled meanwhile, and what it needs be free in vain: its position is watched then.
                inner.make_room(&user, &signal, Some(order)).await;
                inner.turns(&user, order, 0, Dead::in_doubt(), Instant::now()).await;
            });
        }
        Ok(submitted)
    }

    /// Waits until all is told apart that this exit could do with, or for as long as it waits at most, or until it has ended.
    async fn told_apart(&self, user: &User, order: OrderId) {
        let over = tokio::time::sleep(BRIEF);
        tokio::pin!(over);
        loop {
            let mut changed = std::pin::pin!(user.changed.notified());
            changed.as_mut().enable();
            let wait = {
                let state = user.state.lock().await;
                let signal = state.orders.get(&order).map(|live| &live.order.intent.signal);
                signal.and_then(|signal| self.told_apart_in(&state, signal, Some(order)))
            };
            let Some(wait) = wait else {
                return;
            };
            tokio::select! {
                biased;
                () = changed => {}
                () = tokio::time::sleep(wait) => {}
                () = &mut over => return,
            }
        }
    }
}

/// Nobody was asked where it is to go.
fn not_yet(signal: &TradeSignal, now: Timestamp) -> RouteDecision {
    let words = format!(
        "whether an execution of {} is an order's or was made by hand is told in a moment: the order goes out by itself then",
        signal.symbol
    );
    RouteDecision {
        symbol: signal.symbol.clone(),
        side: signal.side,
        policy: "none".into(),
        venue: None,
        reason: words.clone(),
        candidates: Vec::new(),
        split: Vec::new(),
        incomplete: Some(Reason::new(IN_DOUBT, words)),
        decided_at: now,
    }
}
