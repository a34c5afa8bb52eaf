//! Prices and books of symbols, and a user's own orders, executions and balances.

mod account;
pub(super) mod book;
pub(super) mod events;
pub(super) mod feed;
mod market;

use futures::stream::BoxStream;
use nija_core::{AccountEvent, MarketEvent, StreamLane, Symbol, VenueAccount};
use std::{sync::Arc, time::Duration};

use super::executor::Binance;
use crate::transport::{Backoff, StreamCalls, supervise};

/// A request must be answered within this.
const ANSWER: Duration = Duration::from_secs(10);

/// Prices and books, for as long as the stream is read.
pub(super) fn market(
    binance: Arc<Binance>,
    symbols: Vec<Symbol>,
    lane: Arc<dyn StreamLane>,
) -> BoxStream<'static, MarketEvent> {
    let calls = StreamCalls::public(lane);
    binance.market.watch(&symbols);
    supervise(
        calls.clone(),
        backoff(),
        |reason| {
            tracing::warn!(%reason, "the market stream is down");
            MarketEvent::Disconnected
        },
        move |out| market::session(binance.clone(), symbols.clone(), calls.clone(), out),
    )
}

/// A user's own events, for as long as the stream is read.
pub(super) fn account(
    binance: Arc<Binance>,
    account: VenueAccount,
    lane: Arc<dyn StreamLane>,
) -> BoxStream<'static, AccountEvent> {
    let calls = StreamCalls::of(account.user, lane);
    supervise(calls.clone(), backoff(), AccountEvent::Disconnected, move |out| {
        account::session(binance.clone(), account.clone(), calls.clone(), out)
    })
}

/// Binance allows 300 connections in five minutes from one address (web-socket-streams.md, "WebSocket Limits").
const fn backoff() -> Backoff {
    Backoff::new(Duration::from_millis(500), Duration::from_secs(30))
}
