//! WebSocket: prices and books of products, and a user's own orders.

mod account;
pub(super) mod book;
mod market;
pub(super) mod sequence;
pub(super) mod tracked;

use futures::stream::BoxStream;
use nija_core::{AccountEvent, MarketEvent, StreamLane, Symbol, VenueAccount};
use serde_json::json;
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::executor::Coinbase;
use crate::transport::{Backoff, StreamCalls, WsConnection, supervise};

/// A subscription must be answered within this.
const ANSWER: Duration = Duration::from_secs(10);
/// Heartbeats come once a second: a connection without any message for this long is stale, whatever its pongs say.
const STALE: Duration = Duration::from_secs(10);

/// Prices and books, for as long as the stream is read.
pub(super) fn market(
    coinbase: Arc<Coinbase>,
    symbols: Vec<Symbol>,
    lane: Arc<dyn StreamLane>,
) -> BoxStream<'static, MarketEvent> {
    let calls = StreamCalls::public(lane);
    supervise(
        calls.clone(),
        backoff(),
        |reason| {
            tracing::warn!(%reason, "the market stream is down");
            MarketEvent::Disconnected
        },
        move |out| market::session(coinbase.clone(), symbols.clone(), calls.clone(), out),
    )
}

/// A user's own events, for as long as the stream is read.
pub(super) fn account(
    coinbase: Arc<Coinbase>,
    account: VenueAccount,
    lane: Arc<dyn StreamLane>,
) -> BoxStream<'static, AccountEvent> {
    let calls = StreamCalls::of(account.user, lane);
    supervise(calls.clone(), backoff(), AccountEvent::Disconnected, move |out| {
        account::session(coinbase.clone(), account.clone(), calls.clone(), out)
    })
}

const fn backoff() -> Backoff {
    Backoff::new(Duration::from_millis(500), Duration::from_secs(30))
}

/// A subscription, or its end. Channels of all products, and those of none, name no product.
fn request(kind: &str, channel: &str, products: &[&str], token: Option<&str>) -> String {
    let mut request = json!({ "type": kind, "channel": channel });
    if !products.is_empty() {
        request["product_ids"] = json!(products);
    }
    if let Some(token) = token {
        request["jwt"] = json!(token);
    }
    request.to_string()
}

/// The next message, or why there is none.
async fn next(socket: &mut WsConnection) -> Result<Utf8Bytes, String> {
    match timeout(STALE, socket.next()).await {
        Err(_) => Err("no message, not even a heartbeat".to_owned()),
        Ok(message) => message.map_err(|error| error.0),
    }
}
