//! Positions, and closing them.

use super::{PageQuery, orders::new_client_order_id};
use crate::client::{Call, Client};
use crate::error::ClientError;
use crate::wire::{Order, Page, Position};

impl Client {
    /// Open positions, largest first.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn positions_open(&self) -> Result<Vec<Position>, ClientError> {
        self.call(Call::get(&["v1", "positions", "open"])).await
    }

    /// Closed positions, newest first.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn positions_closed(&self, page: &PageQuery) -> Result<Page<Position>, ClientError> {
        self.call(Call::get(&["v1", "positions", "closed"]).page(page)).await
    }

    /// Closes a position at the market; `wait_ms` (at most 10000) as for orders. Never sent twice by itself; doing so
    /// by hand is safe, since an exit can only reduce a position.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn close_position(&self, id: &str, wait_ms: Option<u64>) -> Result<Order, ClientError> {
        let key = new_client_order_id();
        let path = ["v1", "positions", id, "close"];
        self.call(Call::post(&path).idempotent(&key).wait_ms(wait_ms)).await
    }
}
