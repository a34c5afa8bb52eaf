//! One public connection: best prices and books.

use futures::{FutureExt, SinkExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use nija_core::{MarketEvent, Symbol, VenueError};
use serde_json::json;
use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};
use tokio::time::Instant;

use super::{
    super::{
        executor::Binance,
        wire::{Depth, ws},
    },
    ANSWER,
    feed::{Feed, Heard},
};
use crate::public_list::PublicList;
use crate::transport::{Address, Ended, Protocol, StreamCalls, StreamSender, WsConnection};

/// Levels of a snapshot. More weigh more (rest-api.md, "Order book": 1000 levels weigh 50 of 6000 a minute).
const SNAPSHOT: usize = 1000;
/// Snapshots on their way at a time.
const FETCHES: usize = 4;
/// Before a snapshot is asked for again.
const PAUSE: Duration = Duration::from_millis(200);
/// The same, where the venue is limiting requests: at least, and at most whatever it says.
const LIMITED: Duration = Duration::from_secs(1);
const LIMITED_LONGEST: Duration = Duration::from_secs(60);
/// Streams named in one request: a control message may be long, but not endlessly.
const NAMED: usize = 200;
/// Control messages in a second at most (web-socket-streams.md, "WebSocket Limits").
const BETWEEN_REQUESTS: Duration = Duration::from_millis(250);

type Fetched = (String, Result<Depth, VenueError>);

struct Session {
    binance: Arc<Binance>,
    calls: StreamCalls,
    out: StreamSender<MarketEvent>,
    /// By the symbol in small letters, as streams are named.
    feeds: HashMap<String, Feed>,
    fetches: FuturesUnordered<BoxFuture<'static, Fetched>>,
    /// Snapshots to ask for, and whether one was just asked for in vain.
    wanted: VecDeque<(String, bool)>,
    up: bool,
    /// Requests not answered yet.
    waiting: usize,
}

/// Runs until the connection is lost.
pub(super) async fn session(
    binance: Arc<Binance>,
    symbols: Vec<Symbol>,
    calls: StreamCalls,
    out: StreamSender<MarketEvent>,
) -> Ended {
    let mut session = Session {
        binance,
        calls,
        out,
        feeds: HashMap::new(),
        fetches: FuturesUnordered::new(),
        wanted: VecDeque::new(),
        up: false,
        waiting: 0,
    };
    let reason = match session.run(&symbols).await {
        Ok(()) => "nobody reads".to_owned(),
        Err(reason) => reason,
    };
    Ended { was_up: session.up, reason }
}

impl Session {
    async fn run(&mut self, symbols: &[Symbol]) -> Result<(), String> {
        for symbol in symbols {
            match self.binance.market.listed_by(&self.calls, symbol).await {
                Ok(listed) => {
                    let feed = Feed::new(symbol.clone(), self.binance.book_depth);
                    self.feeds.insert(listed.name().to_ascii_lowercase(), feed);
                }
                Err(VenueError::NotListed { .. }) => {
                    tracing::warn!(%symbol, venue = %self.binance.venue, "no stream: the venue does not list it");
                }
                Err(error) => return Err(error.to_string()),
            }
        }
        if self.feeds.is_empty() {
            // Nothing to hear, and nothing wrong either.
            self.emit(MarketEvent::Connected).await;
            return std::future::pending().await;
        }
        // Combined streams name themselves in each message.
        let address = Address::parse(&self.binance.streams.join("/stream"), Protocol::WebSocket)
            .map_err(|error| error.to_string())?;
        let mut socket = self.calls.open(&self.binance.venue, &address, &self.binance.websocket).await?;
        let answered_by = Instant::now() + ANSWER;
        self.subscribe(&mut socket).await?;
        loop {
            while self.fetches.len() < FETCHES
                && let Some((name, again)) = self.wanted.pop_front()
            {
                self.fetch(name, again);
            }
            let goes_on = tokio::select! {
                biased;
                Some((name, snapshot)) = self.fetches.next(), if !self.fetches.is_empty() => {
                    self.fetched(name, snapshot).await?
                }
                text = socket.next() => {
                    let text = text.map_err(|error| error.0)?;
                    self.take(&text).await?
                }
                () = tokio::time::sleep_until(answered_by), if self.waiting > 0 => {
                    return Err("a subscription was not answered".to_owned());
                }
            };
            if !goes_on {
                return Ok(());
            }
        }
    }

    async fn subscribe(&mut self, socket: &mut WsConnection) -> Result<(), String> {
        let mut names: Vec<&String> = self.feeds.keys().collect();
        names.sort_unstable();
        let streams: Vec<String> = names
            .iter()
            .flat_map(|name| [format!("{name}@bookTicker"), format!("{name}@depth@100ms")])
            .collect();
        for (number, streams) in (1_u64..).zip(streams.chunks(NAMED)) {
            if number > 1 {
                tokio::time::sleep(BETWEEN_REQUESTS).await;
            }
            let request = json!({ "method": "SUBSCRIBE", "params": streams, "id": number });
            socket.send(request.to_string()).await.map_err(|error| error.0)?;
            self.waiting += 1;
        }
        Ok(())
    }

    fn fetch(&mut self, name: String, again: bool) {
        let Some(feed) = self.feeds.get(&name) else { return };
        let (binance, calls, symbol) = (self.binance.clone(), self.calls.clone(), feed.symbol.clone());
        let fetch = async move {
            if again {
                tokio::time::sleep(PAUSE).await;
            }
            loop {
                match calls.ask_public(binance.market.depth(&symbol, SNAPSHOT)).await {
                    // Best prices go on without it, and a new connection would ask for it as well.
                    Err(VenueError::RateLimited { retry_after, .. }) => {
                        let wait = retry_after.unwrap_or(LIMITED).clamp(LIMITED, LIMITED_LONGEST);
                        tokio::time::sleep(wait).await;
                    }
                    snapshot => return (name, snapshot),
                }
            }
        };
        self.fetches.push(fetch.boxed());
    }

    async fn fetched(&mut self, name: String, snapshot: Result<Depth, VenueError>) -> Result<bool, String> {
        let snapshot = snapshot.map_err(|error| format!("no snapshot of a book: {error}"))?;
        let at = self.binance.market.clock.now();
        let Some(feed) = self.feeds.get_mut(&name) else { return Ok(true) };
        let heard = feed.snapshot(&snapshot, SNAPSHOT, at);
        self.tell(&name, heard, true).await
    }

    /// Takes in one message; false when nobody reads any more.
    async fn take(&mut self, text: &str) -> Result<bool, String> {
        let Ok(message) = serde_json::from_str::<ws::Message<'_>>(text) else {
            tracing::debug!("a message that is not understood is left out");
            return Ok(true);
        };
        if message.id.is_some() {
            return self.answered(&message).await;
        }
        let (Some(stream), Some(data)) = (message.stream.as_deref(), message.data) else {
            return Ok(true);
        };
        let Some((name, kind)) = stream.split_once('@') else { return Ok(true) };
        let at = self.binance.market.clock.now();
        let Some(feed) = self.feeds.get_mut(name) else { return Ok(true) };
        let heard = match kind {
            "bookTicker" => match serde_json::from_str(data.get()) {
                Ok(ticker) => feed.ticker(&ticker, at)?,
                Err(error) => return Err(format!("best prices that are not understood: {error}")),
            },
            "depth@100ms" => match serde_json::from_str(data.get()) {
                Ok(update) => feed.update(update, at)?,
                Err(error) => return Err(format!("a book that is not understood: {error}")),
            },
            _ => return Ok(true),
        };
        self.tell(name, heard, false).await
    }

    async fn answered(&mut self, message: &ws::Message<'_>) -> Result<bool, String> {
        self.waiting = self.waiting.saturating_sub(1);
        if message.code.is_some() || message.error.is_some() {
            let reason = message.error.map(|error| error.get()).or(message.msg.as_deref());
            return Err(format!("a subscription was refused: {}", reason.unwrap_or("no reason given")));
        }
        if self.waiting > 0 {
            return Ok(true);
        }
        self.up = true;
        // Only now, so that no update between the snapshot and the stream is missing.
        self.wanted = self.feeds.keys().map(|name| (name.clone(), false)).collect();
        Ok(self.emit(MarketEvent::Connected).await)
    }

    async fn tell(&mut self, name: &str, heard: Heard, again: bool) -> Result<bool, String> {
        let Some(feed) = self.feeds.get(name) else { return Ok(true) };
        let symbol = feed.symbol.clone();
        if heard.wants_snapshot {
            self.wanted.push_back((name.to_owned(), again));
        }
        if let Some(quote) = heard.quote {
            self.binance.market.note(&symbol, &quote);
            if !self.emit(MarketEvent::Quote { symbol: symbol.clone(), quote }).await {
                return Ok(false);
            }
        }
        if let Some(book) = heard.book {
            return Ok(self.emit(MarketEvent::Book { symbol, book }).await);
        }
        Ok(true)
    }

    async fn emit(&mut self, event: MarketEvent) -> bool {
        self.out.send(event).await.is_ok()
    }
}
