//! One public connection: tickers and books.

use futures::SinkExt;
use nija_core::{MarketEvent, Price, Quantity, Quote, Symbol, Timestamp, VenueError};
use serde_json::json;
use std::{collections::HashMap, sync::Arc};
use tokio::time::{Instant, timeout_at};

use super::{
    super::{executor::Kraken, wire::ws},
    ANSWER,
    book::{LocalBook, Precision},
    request,
};
use crate::public_list::PublicList;
use crate::transport::{Ended, StreamCalls, StreamSender, WsConnection};

/// One symbol on this connection.
struct Feed {
    symbol: Symbol,
    book: LocalBook,
    /// Whether updates fit: there was a snapshot, and every checksum since agreed.
    in_step: bool,
    /// When the connection is given up, while there is no snapshot that fits.
    snapshot_by: Option<Instant>,
}

struct Session {
    kraken: Arc<Kraken>,
    calls: StreamCalls,
    out: StreamSender<MarketEvent>,
    feeds: HashMap<String, Feed>,
    up: bool,
    /// Subscriptions not answered yet.
    waiting: usize,
}

/// Runs until the connection is lost.
pub(super) async fn session(
    kraken: Arc<Kraken>,
    symbols: Vec<Symbol>,
    calls: StreamCalls,
    out: StreamSender<MarketEvent>,
) -> Ended {
    let mut session = Session { kraken, calls, out, feeds: HashMap::new(), up: false, waiting: 0 };
    let reason = match session.run(&symbols).await {
        Ok(()) => "nobody reads".to_owned(),
        Err(reason) => reason,
    };
    Ended { was_up: session.up, reason }
}

impl Session {
    async fn run(&mut self, symbols: &[Symbol]) -> Result<(), String> {
        for symbol in symbols {
            match self.kraken.market.listed_by(&self.calls, symbol).await {
                Ok(listed) => {
                    let precision = Precision { price: listed.price_decimals, quantity: listed.lot_decimals };
                    let feed = Feed {
                        symbol: symbol.clone(),
                        book: LocalBook::new(self.kraken.book_depth, precision),
                        in_step: false,
                        snapshot_by: None,
                    };
                    self.feeds.insert(listed.stream_name.clone(), feed);
                }
                Err(VenueError::NotListed { .. }) => {
                    tracing::warn!(%symbol, venue = %self.kraken.venue, "no stream: the venue does not list it");
                }
                Err(error) => return Err(error.to_string()),
            }
        }
        let mut socket = self.connect().await?;
        let mut names: Vec<&String> = self.feeds.keys().collect();
        names.sort_unstable();
        // By default the ticker moves only with trades; `bbo` is every change of the best prices.
        let ticker = json!({ "channel": "ticker", "symbol": names, "event_trigger": "bbo" });
        let book = json!({ "channel": "book", "symbol": names, "depth": self.kraken.book_depth });
        for params in [ticker, book] {
            socket.send(request("subscribe", &params)).await.map_err(|e| e.0)?;
        }
        self.waiting = 2 * self.feeds.len();
        let answered_by = Instant::now() + ANSWER;
        self.feeds.values_mut().for_each(|feed| feed.snapshot_by = Some(answered_by));
        loop {
            let answer = (self.waiting > 0).then_some((answered_by, "a subscription was not answered"));
            let snapshots = self.feeds.values().filter_map(|feed| feed.snapshot_by);
            let snapshot = snapshots.min().map(|by| (by, "a book's snapshot did not come"));
            let text = match answer.into_iter().chain(snapshot).min_by_key(|(by, _)| *by) {
                Some((by, missing)) => timeout_at(by, socket.next()).await.map_err(|_| missing.to_owned())?,
                None => socket.next().await,
            };
            let text = text.map_err(|error| error.0)?;
            if !self.take(&text, &mut socket).await? {
                return Ok(());
            }
        }
    }

    async fn connect(&mut self) -> Result<WsConnection, String> {
        if self.feeds.is_empty() {
            // Nothing to hear, and nothing wrong either.
            self.emit(MarketEvent::Connected).await;
            return std::future::pending().await;
        }
        let (venue, address) = (&self.kraken.venue, &self.kraken.ws_public);
        self.calls.open(venue, address, &self.kraken.websocket).await
    }

    /// Takes in one message; false when nobody reads any more.
    async fn take(&mut self, text: &str, socket: &mut WsConnection) -> Result<bool, String> {
        let Ok(message) = serde_json::from_str::<ws::Message<'_>>(text) else {
            tracing::debug!("a message that is not understood is left out");
            return Ok(true);
        };
        let snapshot = message.kind.as_deref() == Some("snapshot");
        match (message.channel.as_deref(), message.method.as_deref()) {
            (Some("ticker"), _) => self.tickers(&message).await,
            (Some("book"), _) => self.books(&message, snapshot, socket).await,
            (_, Some("subscribe")) => self.answered(&message).await,
            _ => Ok(true),
        }
    }

    async fn answered(&mut self, message: &ws::Message<'_>) -> Result<bool, String> {
        self.waiting = self.waiting.saturating_sub(1);
        if message.success == Some(true) {
            if !self.up {
                self.up = true;
                return Ok(self.emit(MarketEvent::Connected).await);
            }
        } else {
            let error = message.error.as_deref().unwrap_or("no reason given");
            tracing::warn!(error, symbol = message.symbol.as_deref(), "a subscription was refused");
            // What was refused sends no snapshot; the other symbols are not to suffer from it.
            let refused = |name: &String| message.symbol.as_deref().is_none_or(|symbol| symbol == name);
            let waiting = self.feeds.iter_mut().filter(|(name, feed)| refused(name) && !feed.in_step);
            waiting.for_each(|(_, feed)| feed.snapshot_by = None);
            if self.waiting == 0 && !self.up {
                return Err(format!("every subscription was refused: {error}"));
            }
        }
        Ok(true)
    }

    async fn tickers(&mut self, message: &ws::Message<'_>) -> Result<bool, String> {
        let at = self.kraken.market.clock.now();
        let tickers = message.data.map(|data| serde_json::from_str::<Vec<ws::Ticker<'_>>>(data.get()));
        let Some(Ok(tickers)) = tickers else {
            tracing::debug!("a ticker that is not understood is left out");
            return Ok(true);
        };
        for ticker in tickers {
            let Some(feed) = self.feeds.get(ticker.symbol.as_ref()) else { continue };
            if let Some(quote) = quote(&ticker, at) {
                let symbol = feed.symbol.clone();
                if !self.emit(MarketEvent::Quote { symbol, quote }).await {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    async fn books(
        &mut self,
        message: &ws::Message<'_>,
        snapshot: bool,
        socket: &mut WsConnection,
    ) -> Result<bool, String> {
        let at = self.kraken.market.clock.now();
        let data = message.data.map_or("[]", |data| data.get());
        let updates: Vec<ws::Book<'_>> =
            serde_json::from_str(data).map_err(|error| format!("a book that is not understood: {error}"))?;
        for update in updates {
            let Some(feed) = self.feeds.get_mut(update.symbol.as_ref()) else { continue };
            let agrees = if snapshot {
                feed.book.reset(&update)
            } else if feed.in_step {
                feed.book.update(&update)
            } else {
                continue;
            };
            feed.in_step = agrees;
            feed.snapshot_by = (!agrees).then(|| Instant::now() + ANSWER);
            if !agrees {
                tracing::warn!(symbol = %feed.symbol, "the book's checksum differs; asking for a fresh snapshot");
                let params =
                    json!({ "channel": "book", "symbol": [update.symbol], "depth": self.kraken.book_depth });
                for method in ["unsubscribe", "subscribe"] {
                    socket.send(request(method, &params)).await.map_err(|error| error.0)?;
                }
                continue;
            }
            let (symbol, book) = (feed.symbol.clone(), Arc::new(feed.book.to_book(at)));
            if !self.emit(MarketEvent::Book { symbol, book }).await {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn emit(&mut self, event: MarketEvent) -> bool {
        self.out.send(event).await.is_ok()
    }
}

/// Best prices; `None` while a side is empty.
fn quote(ticker: &ws::Ticker<'_>, at: Timestamp) -> Option<Quote> {
    Some(Quote {
        bid: Price::new(ticker.bid.0).ok()?,
        bid_size: Quantity::new(ticker.bid_qty.0).ok()?,
        ask: Price::new(ticker.ask.0).ok()?,
        ask_size: Quantity::new(ticker.ask_qty.0).ok()?,
        at,
    })
}
