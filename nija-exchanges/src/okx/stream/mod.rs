//! Prices and books of symbols, and a user's own orders, executions and balances.

mod account;
pub(super) mod book;
pub(super) mod events;
pub(super) mod feed;
mod market;

use futures::stream::BoxStream;
use nija_core::{AccountEvent, MarketEvent, StreamLane, Symbol, VenueAccount};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

use super::{executor::Okx, wire::ws};
use crate::transport::{Backoff, StreamCalls, WsConnection, supervise};

/// A request must be answered within this.
const ANSWER: Duration = Duration::from_secs(10);

/// Prices and books, for as long as the stream is read.
pub(super) fn market(
    okx: Arc<Okx>,
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
        move |out| market::session(okx.clone(), symbols.clone(), calls.clone(), out),
    )
}

/// A user's own events, for as long as the stream is read.
pub(super) fn account(
    okx: Arc<Okx>,
    account: VenueAccount,
    lane: Arc<dyn StreamLane>,
) -> BoxStream<'static, AccountEvent> {
    let calls = StreamCalls::of(account.user, lane);
    supervise(calls.clone(), backoff(), AccountEvent::Disconnected, move |out| {
        account::session(okx.clone(), account.clone(), calls.clone(), out)
    })
}

/// OKX takes three connections a second from one address (WebSocket, Connect).
const fn backoff() -> Backoff {
    Backoff::new(Duration::from_millis(700), Duration::from_secs(30))
}

/// A request of one connection: to subscribe to channels, or not any more.
async fn request(socket: &mut WsConnection, op: &str, args: &[Value]) -> Result<(), String> {
    socket.send(json!({ "op": op, "args": args }).to_string()).await.map_err(|error| error.0)
}

/// What a message is.
pub(super) enum Heard<'a> {
    /// Data of a channel.
    Data(ws::Message<'a>),
    /// A subscription was taken.
    Subscribed,
    /// A login was taken.
    LoggedIn,
    /// Nothing that matters.
    Else,
}

/// Tells what a message is.
///
/// # Errors
/// A refusal, or news that the connection will end: it must be made anew.
pub(super) fn hear(text: &str) -> Result<Heard<'_>, String> {
    // The answer to a text `ping`.
    if text == "pong" {
        return Ok(Heard::Else);
    }
    let message: ws::Message<'_> =
        serde_json::from_str(text).map_err(|error| format!("a message that is not understood: {error}"))?;
    let words = || {
        let code = message.code.as_deref().unwrap_or("no code");
        format!("{} ({code})", message.msg.as_deref().unwrap_or("no reason given"))
    };
    match message.event.as_deref() {
        None if message.arg.is_some() => Ok(Heard::Data(message)),
        Some("subscribe") => Ok(Heard::Subscribed),
        Some("login") if message.code.as_deref().is_none_or(|code| code == "0") => Ok(Heard::LoggedIn),
        Some("login" | "error") => Err(format!("a request was refused: {}", words())),
        // WebSocket, Notification: the connection will be closed within a minute.
        Some("notice") => Err(format!("the venue is about to close the connection: {}", words())),
        Some("channel-conn-count-error") => {
            Err("too many connections to a channel of this account".to_owned())
        }
        _ => Ok(Heard::Else),
    }
}
