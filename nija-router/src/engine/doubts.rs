//! An exit that would be cut for an execution of nobody knows whom waits a moment for the answer that tells.

use nija_core::{OrderId, OrderSize, SignalType, TradeSignal};
use rust_decimal::Decimal;
use std::{sync::Arc, time::Duration};

use super::{derived::RESERVED, held::BRIEF, inner::Inner, state::UserState, user::User};
use crate::score::may_go_to_several;

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

    /// The same for an exit that is about to be taken up. What the engine makes by itself closes what is left in any case, and then the rest.
    pub(super) async fn await_told_apart(self: &Arc<Self>, user: &Arc<User>, signal: &TradeSignal) {
        if !signal.signal_type.is_exit() || signal.client_order_id.as_str().starts_with(RESERVED) {
            return;
        }
        let over = tokio::time::sleep(BRIEF);
        tokio::pin!(over);
        loop {
            let mut changed = std::pin::pin!(user.changed.notified());
            changed.as_mut().enable();
            let wait = {
                let state = user.state.lock().await;
                // Taken up before: it is answered at once.
                let known = state.by_key.contains_key(&signal.client_order_id);
                if known { None } else { self.told_apart_in(&state, signal, None) }
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
