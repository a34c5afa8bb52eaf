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
use nija_core::{AccountEvent, MarketEvent, Symbol, VenueAccount};
use std::{sync::Arc, time::Duration};

use super::{executor::Alpaca, symbols::Class};
use crate::transport::{Backoff, supervise};
use sides::{Side, SideEvent};

/// What is asked of a stream must be answered within this.
const ANSWER: Duration = Duration::from_secs(10);

/// Prices and books, for as long as the stream is read: one connection for crypto, one for stocks.
pub(super) fn market(alpaca: &Arc<Alpaca>, symbols: &[Symbol]) -> BoxStream<'static, MarketEvent> {
    let side = |class: Class| {
        let (alpaca, symbols) = (alpaca.clone(), symbols.to_vec());
        supervise(
            backoff(),
            move |reason| {
                tracing::warn!(%reason, ?class, "a price stream is down");
                SideEvent::Down(Side::from(class))
            },
            move |out| market::session(alpaca.clone(), class, symbols.clone(), out),
        )
    };
    sides::joined(side(Class::Crypto), side(Class::Stock))
}

/// A user's own events, for as long as the stream is read.
pub(super) fn account(alpaca: Arc<Alpaca>, account: VenueAccount) -> BoxStream<'static, AccountEvent> {
    let memory = Arc::new(tokio::sync::Mutex::new(missed::Memory::new(alpaca.market.clock.now())));
    supervise(backoff(), AccountEvent::Disconnected, move |out| {
        account::session(alpaca.clone(), account.clone(), memory.clone(), out)
    })
}

const fn backoff() -> Backoff {
    Backoff::new(Duration::from_millis(500), Duration::from_secs(30))
}
