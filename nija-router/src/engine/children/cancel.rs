//! Cancelling a parent: no more children, and an end to those that live.

use nija_core::{JournalEvent, LedgerError, Order, OrderId, Reason};
use std::sync::Arc;

use super::children;
use crate::engine::{EngineError, inner::Inner, state::UserState, user::User};

impl Inner {
    /// Puts on record that a parent gets no more children.
    pub(super) async fn stop(
        self: &Arc<Self>,
        user: &Arc<User>,
        state: &mut UserState,
        order: OrderId,
        reason: Reason,
    ) -> Result<(), LedgerError> {
        self.record(user, state, vec![JournalEvent::Stopped { order, reason }]).await.map(drop)
    }

    /// As the user wishes, unless it has been stopped. The wish stands where the journal fails: nothing more is made, and the next step of the
    /// parent tries again.
    async fn stop_wished(
        self: &Arc<Self>,
        user: &Arc<User>,
        state: &mut UserState,
        parent: OrderId,
    ) -> Result<(), LedgerError> {
        let order = state.orders.get(&parent).map(|live| &live.order);
        let stops = |order: &&Order| order.schedule.as_ref().is_some_and(|schedule| !schedule.stopped);
        let Some(order) = order.filter(stops) else {
            return Ok(());
        };
        match self.why_stop(user, state, order, true) {
            Some(reason) => self.stop(user, state, parent, reason).await,
            None => Ok(()),
        }
    }

    /// Stops a parent for good, cancels its live children and answers with it as it stands then. Its end follows once theirs are on record.
    pub(in crate::engine) async fn cancel_parent(
        self: &Arc<Self>,
        user: &Arc<User>,
        parent: OrderId,
    ) -> Result<Order, EngineError> {
        let (live, mut failed): (Vec<OrderId>, Option<EngineError>) = {
            let mut state = user.state.lock().await;
            let stopped = self.stop_wished(user, &mut state, parent).await;
            (children(&state, parent).map(|live| live.order.id()).collect(), stopped.err().map(Into::into))
        };
        // A journal that fails does not keep what works from being cancelled.
        for child in live {
            // A child has no children.
            if let Err(error) =
                Box::pin(self.cancel_for(user.id, child, "cancelled with the order that it carries out"))
                    .await
            {
                failed = failed.or(Some(error));
            }
        }
        self.step(user, parent).await;
        failed.map_or(Ok(()), Err)?;
        self.standing(user, parent).await
    }
}
