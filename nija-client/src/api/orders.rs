//! Orders. The one place where a lost answer could cost money, and therefore the one with rules about it.

use std::time::Duration;

use super::PageQuery;
use crate::backoff::Backoff;
use crate::client::{Call, Client};
use crate::error::ClientError;
use crate::wire::{NewOrder, Order, OrderPreview, OrderReceipt, Page};

/// How to place an order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PlaceOptions {
    /// Milliseconds that the server may hold its answer until the order is settled; at most 10000.
    pub wait_ms: Option<u64>,
}

impl PlaceOptions {
    /// Waits for the order to settle, at most this many milliseconds.
    #[must_use]
    pub fn wait_ms(milliseconds: u64) -> Self {
        Self { wait_ms: Some(milliseconds) }
    }
}

/// Which orders.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrderQuery {
    /// Only those in this state.
    pub state: Option<String>,
    /// Which page of them.
    pub page: PageQuery,
}

impl Client {
    /// Places an order.
    ///
    /// An order without a `client_order_id` is given one, since under an id the server acts once however often it is
    /// asked. A lost answer comes back as [`ClientError::OrderUnsure`] with that id: set it in the order and call again
    /// (or let [`crate::ClientConfig::order_retries`] do so). Placing again *without* the id would buy twice.
    ///
    /// # Errors
    /// Problems `risk_refused` and `no_execution_venue_available` carry the refused order ([`ClientError::order`]);
    /// `client_order_id_reused` when the id was used for another order.
    pub async fn place_order(
        &self,
        mut order: NewOrder,
        options: PlaceOptions,
    ) -> Result<Order, ClientError> {
        let id = order.client_order_id.get_or_insert_with(new_client_order_id).clone();
        let mut backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(5));
        let mut retries = self.config().order_retries;
        let mut unsure = false;
        loop {
            let call = Call::post(&["v1", "orders"]).json(&order)?.wait_ms(options.wait_ms);
            let error = match self.call(call).await {
                Ok(order) => return Ok(order),
                Err(error) => error,
            };
            unsure |= error.may_have_acted();
            if retries > 0 && error.passes() {
                retries -= 1;
                let pause = backoff.next(&mut rand::rng());
                tokio::time::sleep(pause).await;
            } else if unsure && !error.settles() {
                return Err(ClientError::OrderUnsure { client_order_id: id, cause: Box::new(error) });
            } else {
                return Err(error);
            }
        }
    }

    /// What would happen to an order: every check and the route, with nothing sent.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn preview_order(&self, order: &NewOrder) -> Result<OrderPreview, ClientError> {
        self.call(Call::post(&["v1", "orders"]).query("dry_run", Some(true)).json(order)?).await
    }

    /// An order as it stands.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn order(&self, id: &str) -> Result<Order, ClientError> {
        self.call(Call::get(&["v1", "orders", id])).await
    }

    /// What an order really cost, beside what its route expected.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn receipt(&self, id: &str) -> Result<OrderReceipt, ClientError> {
        self.call(Call::get(&["v1", "orders", id, "receipt"])).await
    }

    /// Orders, newest first.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn orders(&self, query: &OrderQuery) -> Result<Page<Order>, ClientError> {
        let call = Call::get(&["v1", "orders"]).query("state", query.state.as_deref()).page(&query.page);
        self.call(call).await
    }

    /// Asks for a working order to be cancelled; it may fill before that.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn cancel_order(&self, id: &str) -> Result<Order, ClientError> {
        self.call(Call::post(&["v1", "orders", id, "cancel"])).await
    }
}

pub(super) fn new_client_order_id() -> String {
    uuid::Uuid::new_v4().to_string()
}
