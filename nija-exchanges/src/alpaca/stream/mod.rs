//! Streams: prices and books of crypto, prices of stocks, and a user's own orders and executions.

mod account;
pub(super) mod book;
mod linked;
mod market;
mod missed;
mod poll;
mod sides;
pub(super) mod updates;

use futures::stream::BoxStream;
use nija_core::{AccountEvent, MarketEvent, StreamLane, Symbol, VenueAccount};
use std::{sync::Arc, time::Duration};

use super::{executor::Alpaca, symbols::Class};
use crate::transport::{Backoff, StreamCalls, supervise};
use sides::{Side, SideEvent};

/// What is asked of a stream must be answered within this.
const ANSWER: Duration = Duration::from_secs(10);

/// Prices and books, for as long as the stream is read: one connection for crypto, one for stocks.
pub(super) fn market(
    alpaca: &Arc<Alpaca>,
    symbols: &[Symbol],
    lane: &Arc<dyn StreamLane>,
) -> BoxStream<'static, MarketEvent> {
    let side = |class: Class| {
        let (alpaca, symbols) = (alpaca.clone(), symbols.to_vec());
        let calls = StreamCalls::public(lane.clone());
        supervise(
            calls.clone(),
            backoff(),
            move |reason| {
                tracing::warn!(%reason, ?class, "a price stream is down");
                SideEvent::Down(Side::from(class))
            },
            move |out| market::session(alpaca.clone(), class, symbols.clone(), calls.clone(), out),
        )
    };
    sides::joined(side(Class::Crypto), side(Class::Stock))
}

/// A user's own events, for as long as the stream is read.
pub(super) fn account(
    alpaca: Arc<Alpaca>,
    account: VenueAccount,
    lane: Arc<dyn StreamLane>,
) -> BoxStream<'static, AccountEvent> {
    let calls = StreamCalls::of(account.user, lane);
    let memory = Arc::new(tokio::sync::Mutex::new(missed::Memory::new(alpaca.market.clock.now())));
    supervise(calls.clone(), backoff(), AccountEvent::Disconnected, move |out| {
        account::session(alpaca.clone(), account.clone(), memory.clone(), calls.clone(), out)
    })
}

const fn backoff() -> Backoff {
    Backoff::new(Duration::from_millis(500), Duration::from_secs(30))
}
