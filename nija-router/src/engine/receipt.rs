//! What an order really cost, read from the journal.

use nija_core::{LedgerError, OrderId, Receipt, UserId};

use super::{Engine, EngineError};

impl Engine {
    /// An order's receipt as it stands, with those of the orders that carry it out; `None` when the user has no such order.
    ///
    /// # Errors
    /// [`EngineError::Ledger`].
    pub async fn receipt(&self, user: UserId, order: OrderId) -> Result<Option<Receipt>, EngineError> {
        let records = self.inner.ledger.order_journal(user, order).await?;
        let Some(receipt) = Receipt::from_journal(&records).map_err(LedgerError::from)? else {
            return Ok(None);
        };
        if receipt.method.is_none() {
            return Ok(Some(receipt));
        }
        let mut children = Vec::new();
        for child in self.inner.ledger.children(user, order).await? {
            let records = self.inner.ledger.order_journal(user, child.id()).await?;
            children.extend(Receipt::from_journal(&records).map_err(LedgerError::from)?);
        }
        Ok(Some(receipt.with_children(children)))
    }
}
