//! What a user would be shut in with, could a pair no longer be sold.

use nija_core::{Symbol, UserId};
use std::collections::BTreeSet;

use super::{Engine, EngineError};

impl Engine {
    /// Pairs in which a user has something: an open position, an order that is not over, a protection.
    ///
    /// # Errors
    /// [`EngineError::Ledger`].
    pub async fn at_stake(&self, user: UserId) -> Result<BTreeSet<Symbol>, EngineError> {
        let user = self.inner.user(user).await?;
        let state = user.state.lock().await;
        let held = state.positions.keys().chain(state.protections.keys()).map(|(_, symbol)| symbol);
        let asked = state.orders.values().map(|live| &live.order.intent.signal.symbol);
        Ok(held.chain(asked).cloned().collect())
    }
}
