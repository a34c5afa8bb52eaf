//! What an order really cost, read from the journal.

use nija_core::{LedgerError, OrderId, Receipt, UserId};

use super::{Engine, EngineError};

impl Engine {
    /// An order's receipt as it stands; `None` when the user has no such order.
    ///
    /// # Errors
    /// [`EngineError::Ledger`].
    pub async fn receipt(&self, user: UserId, order: OrderId) -> Result<Option<Receipt>, EngineError> {
        let records = self.inner.ledger.order_journal(user, order).await?;
        Ok(Receipt::from_journal(&records).map_err(LedgerError::from)?)
    }
}
