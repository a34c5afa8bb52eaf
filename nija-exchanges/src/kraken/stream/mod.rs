//! WebSocket v2: prices and books of symbols, and a user's own orders, executions and balances.

pub(super) mod account;
pub(super) mod book;
mod market;
pub(super) mod tracked;

use futures::stream::BoxStream;
use nija_core::{AccountEvent, MarketEvent, StreamLane, Symbol, VenueAccount};
use serde_json::json;
use std::{sync::Arc, time::Duration};

use super::executor::Kraken;
use crate::transport::{Backoff, StreamCalls, supervise};

/// A subscription must be answered within this.
const ANSWER: Duration = Duration::from_secs(10);

/// Prices and books, for as long as the stream is read.
pub(super) fn market(
    kraken: Arc<Kraken>,
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
        move |out| market::session(kraken.clone(), symbols.clone(), calls.clone(), out),
    )
}

/// A user's own events, for as long as the stream is read.
pub(super) fn account(
    kraken: Arc<Kraken>,
    account: VenueAccount,
    lane: Arc<dyn StreamLane>,
) -> BoxStream<'static, AccountEvent> {
    let calls = StreamCalls::of(account.user, lane);
    supervise(calls.clone(), backoff(), AccountEvent::Disconnected, move |out| {
        account::session(kraken.clone(), account.clone(), calls.clone(), out)
    })
}

/// Kraken asks clients not to reconnect more than about 150 times in ten minutes from one address.
const fn backoff() -> Backoff {
    Backoff::new(Duration::from_millis(500), Duration::from_secs(30))
}

/// `{"method": "subscribe", "params": {...}}`.
fn request(method: &str, params: &serde_json::Value) -> String {
    json!({ "method": method, "params": params }).to_string()
}
