//! Orders that are carried out by others: a large one in slices over time, one that is cheaper at several venues as shares at each.
//!
//! The parent has no leg. Its children are orders like any other: risk, route, journal before send, `Unknown`, failover. What is known of the
//! parent follows from the journal alone, and a child's client order id from its parent and number, so that no restart makes one twice.

mod cancel;
mod config;
mod end;
mod make;
mod slices;
mod split;

pub use config::SlicingConfig;
pub(super) use split::{Shared, unshared};

use nija_core::{Order, OrderId, Reason};
use std::{sync::Arc, time::Duration};

use super::{inner::Inner, live::LiveOrder, state::UserState, user::User};

/// After a lane was full or the ledger failed.
const AGAIN: Duration = Duration::from_millis(500);

/// What there is to do for a parent.
enum Step {
    /// It has ended.
    Over,
    /// Nothing before this time is over or something of the user changes.
    Wait(Option<Duration>),
}

impl Inner {
    /// Looks after a parent until it has ended.
    pub(super) fn look_after(self: &Arc<Self>, user: &Arc<User>, parent: OrderId) {
        let (inner, user) = (self.clone(), user.clone());
        self.tasks.spawn(async move {
            // Without balances every slice would be refused.
            inner.accounts_tried(&user).await;
            loop {
                let mut changed = std::pin::pin!(user.changed.notified());
                changed.as_mut().enable();
                let wait = match inner.step(&user, parent).await {
                    Step::Over => return,
                    Step::Wait(wait) => wait,
                };
                tokio::select! {
                    biased;
                    () = changed => {}
                    () = tokio::time::sleep(wait.unwrap_or(Duration::MAX / 2)) => {}
                }
            }
        });
    }

    /// Takes steps until there is something to wait for.
    async fn step(self: &Arc<Self>, user: &Arc<User>, parent: OrderId) -> Step {
        let mut state = user.state.lock().await;
        loop {
            let Some(live) = state.orders.get(&parent) else {
                return Step::Over;
            };
            let (order, wished) = (live.order.clone(), live.cancel_requested);
            let Some(schedule) = &order.schedule else {
                return Step::Over;
            };
            if !schedule.stopped
                && let Some(reason) = self.why_stop(user, &state, &order, wished)
            {
                if let Err(error) = self.stop(user, &mut state, parent, reason).await {
                    tracing::error!(order = %parent, %error, "an order could not be stopped");
                    return Step::Wait(Some(AGAIN));
                }
                continue;
            }
            match slices::due(schedule, self.clock.now()) {
                slices::Due::Now(slice) => match self.slice(user, &mut state, &order, slice).await {
                    slices::Sliced::Made => {}
                    slices::Sliced::NothingLeft if children(&state, parent).next().is_none() => {
                        return self.end(user, &mut state, &order).await;
                    }
                    slices::Sliced::NothingLeft => return Step::Wait(None),
                    slices::Sliced::NotNow => return Step::Wait(Some(AGAIN)),
                },
                slices::Due::After(wait) => return Step::Wait(Some(wait)),
                slices::Due::Never if children(&state, parent).next().is_none() => {
                    return self.end(user, &mut state, &order).await;
                }
                slices::Due::Never => return Step::Wait(None),
            }
        }
    }

    /// A pause, a kill switch or the user's wish ends what has not been made yet; an exit nothing but the wish.
    fn why_stop(&self, user: &User, state: &UserState, parent: &Order, wished: bool) -> Option<Reason> {
        let entry = !parent.intent.signal.signal_type.is_exit();
        if entry && self.kills.stops_user(user.id) {
            Some(Reason::new("trading_halted", "a kill switch was thrown; no more of it is sent"))
        } else if entry && state.paused.is_some() {
            Some(Reason::new("trading_paused", "you paused trading; no more of it is sent"))
        } else {
            wished.then(|| Reason::new("cancelled", "cancelled at your request"))
        }
    }
}

/// Live children.
fn children(state: &UserState, parent: OrderId) -> impl Iterator<Item = &LiveOrder> {
    state.orders.values().filter(move |live| live.order.intent.parent == Some(parent))
}
