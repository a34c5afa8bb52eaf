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

    /// Stops a parent for good, cancels its live children and answers with it as it stands then. Its end follows once theirs are on record.
    pub(in crate::engine) async fn cancel_parent(
        self: &Arc<Self>,
        user: &Arc<User>,
        parent: OrderId,
    ) -> Result<Order, EngineError> {
        let live: Vec<OrderId> = {
            let mut state = user.state.lock().await;
            let schedule = state.orders.get(&parent).and_then(|live| live.order.schedule.as_ref());
            if schedule.is_some_and(|schedule| !schedule.stopped) {
                let reason = Reason::new("cancelled", "cancelled at your request");
                self.stop(user, &mut state, parent, reason).await?;
            }
            children(&state, parent).map(|live| live.order.id()).collect()
        };
        let mut failed = None;
        for child in live {
            // A child has no children.
            if let Err(error) = Box::pin(self.cancel(user.id, child)).await {
                failed = failed.or(Some(error));
            }
        }
        self.step(user, parent).await;
        failed.map_or(Ok(()), Err)?;
        self.standing(user, parent).await
    }
}
