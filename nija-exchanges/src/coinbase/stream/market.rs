//! One public connection: tickers, and books that give the best prices once they are there.

use futures::SinkExt;
use nija_core::{MarketEvent, Price, Quantity, Quote, Symbol, Timestamp, VenueError};
use rust_decimal::Decimal;
use std::{collections::BTreeMap, sync::Arc};
use tokio::time::{Instant, timeout_at};

use super::{
    super::{executor::Coinbase, wire::ws},
    ANSWER,
    book::LocalBook,
    next, request,
    sequence::{Order, Sequence},
};
use crate::public_list::PublicList;
use crate::transport::{Ended, StreamCalls, StreamSender, WsConnection};

/// A book that stays crossed for this many messages is not the market's.
const CROSSED: u32 = 20;

/// One product on this connection.
struct Feed {
    /// Ours; several where products share a book.
    symbols: Vec<Symbol>,
    book: LocalBook,
    /// Whether updates fit: there was a snapshot, and no message was missing since.
    in_step: bool,
    crossed: u32,
    last: Option<Quote>,
}

struct Session {
    coinbase: Arc<Coinbase>,
    calls: StreamCalls,
    out: StreamSender<MarketEvent>,
    /// By the product that streams speak of.
    feeds: BTreeMap<String, Feed>,
    sequence: Sequence,
    up: bool,
    /// Until then every book must have had its snapshot; none while all have.
    snapshots_by: Option<Instant>,
}

/// Runs until the connection is lost.
pub(super) async fn session(
    coinbase: Arc<Coinbase>,
    symbols: Vec<Symbol>,
    calls: StreamCalls,
    out: StreamSender<MarketEvent>,
) -> Ended {
    let mut session = Session {
        coinbase,
        calls,
        out,
        feeds: BTreeMap::new(),
        sequence: Sequence::default(),
        up: false,
        snapshots_by: Some(Instant::now() + ANSWER),
    };
    let reason = match session.run(&symbols).await {
        Ok(()) => "nobody reads".to_owned(),
        Err(reason) => reason,
    };
    Ended { was_up: session.up, reason }
}

impl Session {
    async fn run(&mut self, symbols: &[Symbol]) -> Result<(), String> {
        self.list(symbols).await?;
        if self.feeds.is_empty() {
            // Nothing to hear, and nothing wrong either.
            self.emit(MarketEvent::Connected).await;
            return std::future::pending().await;
        }
        let (venue, address) = (&self.coinbase.venue, &self.coinbase.ws_public);
        let mut socket = self.calls.open(venue, address, &self.coinbase.websocket).await?;
        // Without heartbeats, quiet channels are closed after a minute (WebSocket channels).
        socket.send(request("subscribe", "heartbeats", &[], None)).await.map_err(|error| error.0)?;
        self.subscribe("subscribe", &mut socket).await?;
        self.snapshots_by = Some(Instant::now() + ANSWER);
        loop {
            let text = match self.snapshots_by {
                None => next(&mut socket).await?,
                Some(by) => match timeout_at(by, next(&mut socket)).await {
                    Ok(text) => text?,
                    Err(_) if !self.up => return Err("a subscription was not answered".to_owned()),
                    Err(_) => {
                        tracing::warn!(venue = %self.coinbase.venue, "a book's snapshot did not come; asking again");
                        self.again(&mut socket).await?;
                        continue;
                    }
                },
            };
            if !self.take(&text, &mut socket).await? {
                return Ok(());
            }
        }
    }

    async fn list(&mut self, symbols: &[Symbol]) -> Result<(), String> {
        for symbol in symbols {
            match self.coinbase.market.listed_by(&self.calls, symbol).await {
                Ok(listed) => {
                    let feed = self.feeds.entry(listed.stream_name.clone()).or_insert_with(|| Feed {
                        symbols: Vec::new(),
                        book: LocalBook::default(),
                        in_step: false,
                        crossed: 0,
                        last: None,
                    });
                    feed.symbols.push(symbol.clone());
                }
                Err(VenueError::NotListed { .. }) => {
                    tracing::warn!(%symbol, venue = %self.coinbase.venue, "no stream: the venue does not list it");
                }
                Err(error) => return Err(error.to_string()),
            }
        }
        Ok(())
    }

    async fn subscribe(&self, kind: &str, socket: &mut WsConnection) -> Result<(), String> {
        let products: Vec<&str> = self.feeds.keys().map(String::as_str).collect();
        for channel in ["ticker", "level2"] {
            socket.send(request(kind, channel, &products, None)).await.map_err(|error| error.0)?;
        }
        Ok(())
    }

    /// Asks for fresh snapshots of all books: which of them a lost message was about cannot be known.
    async fn again(&mut self, socket: &mut WsConnection) -> Result<(), String> {
        for feed in self.feeds.values_mut() {
            feed.in_step = false;
            feed.crossed = 0;
        }
        self.snapshots_by = Some(Instant::now() + ANSWER);
        self.subscribe("unsubscribe", socket).await?;
        self.subscribe("subscribe", socket).await
    }

    /// Takes in one message; false when nobody reads any more.
    async fn take(&mut self, text: &str, socket: &mut WsConnection) -> Result<bool, String> {
        let Ok(message) = serde_json::from_str::<ws::Message<'_>>(text) else {
            tracing::debug!("a message that is not understood is left out");
            return Ok(true);
        };
        match self.sequence.take(message.sequence_num) {
            Order::Next => {}
            Order::Old => return Ok(true),
            Order::Gap => {
                tracing::warn!(venue = %self.coinbase.venue, "messages are missing; asking for fresh snapshots");
                self.again(socket).await?;
            }
        }
        let events = message.events.map_or("[]", |events| events.get());
        match (message.channel.as_deref(), message.kind.as_deref()) {
            (Some("l2_data"), _) => self.books(events, socket).await,
            (Some("ticker"), _) => self.tickers(events).await,
            (Some("subscriptions"), _) => self.subscribed(events).await,
            (_, Some("error")) => {
                let words = message.message.as_deref().unwrap_or("no reason given");
                if self.up {
                    tracing::warn!(error = words, "the venue refused something on the stream");
                    return Ok(true);
                }
                Err(format!("the subscription was refused: {words}"))
            }
            _ => Ok(true),
        }
    }

    async fn subscribed(&mut self, events: &str) -> Result<bool, String> {
        let events: Vec<ws::Subscriptions<'_>> = serde_json::from_str(events).unwrap_or_default();
        let has_books = events.iter().any(|event| event.subscriptions.contains_key("level2"));
        if has_books { self.is_up().await } else { Ok(true) }
    }

    async fn is_up(&mut self) -> Result<bool, String> {
        if self.up {
            return Ok(true);
        }
        self.up = true;
        Ok(self.emit(MarketEvent::Connected).await)
    }

    /// Tickers come with trades alone; where the book is in step, it knows better.
    async fn tickers(&mut self, events: &str) -> Result<bool, String> {
        let Ok(events) = serde_json::from_str::<Vec<ws::Tickers<'_>>>(events) else {
            tracing::debug!("a ticker that is not understood is left out");
            return Ok(true);
        };
        if !self.is_up().await? {
            return Ok(false);
        }
        let at = self.coinbase.market.clock.now();
        for ticker in events.iter().flat_map(|event| &event.tickers) {
            let Some(feed) = self.feeds.get(ticker.product_id.as_ref()).filter(|feed| !feed.in_step) else {
                continue;
            };
            let sides = [
                (ticker.best_bid.0, ticker.best_bid_quantity.0),
                (ticker.best_ask.0, ticker.best_ask_quantity.0),
            ];
            let [bid, ask] = sides.map(|(price, quantity)| price.zip(quantity));
            if let Some(quote) = bid.zip(ask).and_then(|(bid, ask)| quote(bid, ask, at))
                && !emit_all(&mut self.out, &feed.symbols, |symbol| MarketEvent::Quote { symbol, quote })
                    .await
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn books(&mut self, events: &str, socket: &mut WsConnection) -> Result<bool, String> {
        let books: Vec<ws::Book<'_>> = serde_json::from_str(events)
            .map_err(|error| format!("a book that is not understood: {error}"))?;
        if !self.is_up().await? {
            return Ok(false);
        }
        for book in &books {
            let Some(feed) = self.feeds.get_mut(book.product_id.as_ref()) else { continue };
            if book.kind == "snapshot" {
                feed.book.reset(&book.updates);
                feed.in_step = true;
            } else if feed.in_step {
                feed.book.update(&book.updates);
            } else {
                continue;
            }
            feed.crossed = if feed.book.is_crossed() { feed.crossed + 1 } else { 0 };
            if feed.crossed >= CROSSED {
                tracing::warn!(product = %book.product_id, "the book stays crossed; asking for fresh snapshots");
                self.again(socket).await?;
                return Ok(true);
            }
            if feed.crossed == 0 && !self.changed(&book.product_id).await {
                return Ok(false);
            }
        }
        if self.feeds.values().all(|feed| feed.in_step) {
            self.snapshots_by = None;
        }
        Ok(true)
    }

    /// Hands on a book, and its best prices where they moved; false when nobody reads any more.
    async fn changed(&mut self, product: &str) -> bool {
        let at = self.coinbase.market.clock.now();
        let depth = self.coinbase.book_depth;
        let Some(feed) = self.feeds.get_mut(product) else { return true };
        let best = feed.book.best().and_then(|(bid, ask)| quote(bid, ask, at));
        let same = |a: &Quote, b: &Quote| {
            (a.bid, a.bid_size, a.ask, a.ask_size) == (b.bid, b.bid_size, b.ask, b.ask_size)
        };
        if let Some(quote) = best
            && !feed.last.is_some_and(|last| same(&last, &quote))
        {
            feed.last = Some(quote);
            if !emit_all(&mut self.out, &feed.symbols, |symbol| MarketEvent::Quote { symbol, quote }).await {
                return false;
            }
        }
        let book = Arc::new(feed.book.to_book(depth, at));
        emit_all(&mut self.out, &feed.symbols, |symbol| MarketEvent::Book { symbol, book: book.clone() })
            .await
    }

    async fn emit(&mut self, event: MarketEvent) -> bool {
        self.out.send(event).await.is_ok()
    }
}

async fn emit_all(
    out: &mut StreamSender<MarketEvent>,
    symbols: &[Symbol],
    event: impl Fn(Symbol) -> MarketEvent + Send + Sync,
) -> bool {
    for symbol in symbols {
        if out.send(event(symbol.clone())).await.is_err() {
            return false;
        }
    }
    true
}

fn quote(bid: (Decimal, Decimal), ask: (Decimal, Decimal), at: Timestamp) -> Option<Quote> {
    Some(Quote {
        bid: Price::new(bid.0).ok()?,
        bid_size: Quantity::new(bid.1).ok()?,
        ask: Price::new(ask.0).ok()?,
        ask_size: Quantity::new(ask.1).ok()?,
        at,
    })
}
