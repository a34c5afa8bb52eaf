//! Crypto prices without a key: asked for again and again.

use futures::SinkExt;
use nija_core::{BookLevel, MarketEvent, Quote, Symbol};
use std::{collections::HashMap, sync::Arc};

use super::{
    super::{executor::Alpaca, parse, wire},
    book::LocalBook,
    sides::{Side, SideEvent},
};
use crate::transport::{StreamCalls, StreamSender};

/// Runs until an answer fails; returns whether there was one before.
pub(super) async fn session(
    alpaca: &Arc<Alpaca>,
    calls: &StreamCalls,
    wanted: &HashMap<String, Symbol>,
    out: &mut StreamSender<SideEvent>,
    up: &mut bool,
) -> Result<(), String> {
    let mut names: Vec<String> = wanted.keys().cloned().collect();
    names.sort_unstable();
    let mut shown: HashMap<String, (Vec<BookLevel>, Vec<BookLevel>)> = HashMap::new();
    loop {
        let answer = calls.ask_public(alpaca.market.crypto_books(&names)).await;
        let answer = answer.map_err(|error| error.to_string())?;
        let books: wire::Books<'_> =
            parse::answer(&alpaca.venue, "orderbooks", &answer).map_err(|error| error.to_string())?;
        if !*up {
            *up = true;
            if out.send(SideEvent::Up(Side::Crypto)).await.is_err() {
                return Ok(());
            }
        }
        let at = alpaca.market.clock.now();
        for (name, book) in &books.orderbooks {
            let Some(symbol) = wanted.get(name) else { continue };
            let mut local = LocalBook::new(alpaca.book_depth);
            if !local.reset(&book.b, &book.a) {
                tracing::debug!(%symbol, "a crossed book is left out");
                continue;
            }
            let book = local.to_book(at);
            let now = (book.bids.clone(), book.asks.clone());
            if shown.insert(name.clone(), now.clone()).as_ref() == Some(&now) {
                continue;
            }
            if let (Some(bid), Some(ask)) = (book.bids.first(), book.asks.first()) {
                let quote = Quote {
                    bid: bid.price,
                    bid_size: bid.quantity,
                    ask: ask.price,
                    ask_size: ask.quantity,
                    at,
                };
                let event = MarketEvent::Quote { symbol: symbol.clone(), quote };
                if out.send(SideEvent::Market(event)).await.is_err() {
                    return Ok(());
                }
            }
            let event = MarketEvent::Book { symbol: symbol.clone(), book: Arc::new(book) };
            if out.send(SideEvent::Market(event)).await.is_err() {
                return Ok(());
            }
        }
        tokio::time::sleep(alpaca.poll).await;
    }
}
