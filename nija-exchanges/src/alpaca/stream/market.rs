//! One connection to a price stream: quotes, and for crypto books.
//!
//! docs.alpaca.markets, "WebSocket Stream": the server greets, the client authenticates, then subscribes; every message is an
//! array. OAuth tokens are not taken here, only key pairs.

use futures::SinkExt;
use nija_core::{MarketEvent, Symbol, Timestamp, VenueError};
use serde_json::json;
use std::{collections::HashMap, sync::Arc};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::{
    super::{auth, executor::Alpaca, parse, symbols::Class, wire, wire::ws},
    ANSWER,
    book::LocalBook,
    poll,
    sides::{Side, SideEvent},
};
use crate::transport::{Ended, StreamCalls, StreamSender, WsConnection};

/// One symbol on this connection.
struct Feed {
    symbol: Symbol,
    book: LocalBook,
    /// Whether changes fit: there was a whole book, and it made sense ever since.
    in_step: bool,
    /// Time of the newest book message taken in.
    at: Timestamp,
}

struct Session {
    alpaca: Arc<Alpaca>,
    calls: StreamCalls,
    class: Class,
    out: StreamSender<SideEvent>,
    feeds: HashMap<String, Feed>,
    up: bool,
    /// A book is wrong: ask REST now.
    check_now: bool,
}

/// Runs until the connection is lost.
pub(super) async fn session(
    alpaca: Arc<Alpaca>,
    class: Class,
    symbols: Vec<Symbol>,
    calls: StreamCalls,
    out: StreamSender<SideEvent>,
) -> Ended {
    let mut session =
        Session { alpaca, calls, class, out, feeds: HashMap::new(), up: false, check_now: false };
    let reason = match session.run(&symbols).await {
        Ok(()) => "nobody reads".to_owned(),
        Err(reason) => reason,
    };
    Ended { was_up: session.up, reason }
}

impl Session {
    async fn run(&mut self, symbols: &[Symbol]) -> Result<(), String> {
        self.choose(symbols).await?;
        if self.feeds.is_empty() {
            // Nothing to hear, and nothing wrong either.
            self.send(SideEvent::Idle(Side::from(self.class))).await;
            return std::future::pending().await;
        }
        if self.alpaca.market.operator.is_none() {
            let wanted = self.feeds.iter().map(|(name, feed)| (name.clone(), feed.symbol.clone())).collect();
            return poll::session(&self.alpaca, &self.calls, &wanted, &mut self.out, &mut self.up).await;
        }
        let mut socket = self.connect().await?;
        self.up = true;
        if !self.send(SideEvent::Up(Side::from(self.class))).await {
            return Ok(());
        }
        let mut check = Instant::now() + self.alpaca.book_check;
        loop {
            if self.class == Class::Crypto && (self.check_now || Instant::now() >= check) {
                self.check_now = false;
                if !self.compare().await? {
                    return Ok(());
                }
                check = Instant::now() + self.alpaca.book_check;
            }
            let text = tokio::select! {
                text = socket.next() => text.map_err(|error| error.0)?,
                () = sleep_until(check), if self.class == Class::Crypto => continue,
            };
            if !self.take(&text).await? {
                return Ok(());
            }
        }
    }

    /// The symbols of this stream's class.
    async fn choose(&mut self, symbols: &[Symbol]) -> Result<(), String> {
        for symbol in symbols {
            match self.alpaca.market.listed_by(&self.calls, symbol).await {
                Ok(listed) if listed.class == self.class => {
                    if self.class == Class::Stock && self.alpaca.market.operator.is_none() {
                        tracing::warn!(%symbol, "no prices: stocks need the operator's data key");
                        continue;
                    }
                    let book = LocalBook::new(self.alpaca.book_depth);
                    let at = Timestamp::from_micros(0);
                    let feed = Feed { symbol: symbol.clone(), book, in_step: false, at };
                    self.feeds.insert(listed.name.clone(), feed);
                }
                Ok(_) => {}
                Err(VenueError::NotListed { .. }) => {
                    tracing::warn!(%symbol, venue = %self.alpaca.venue, "no stream: the venue does not list it");
                }
                Err(error) => return Err(error.to_string()),
            }
        }
        Ok(())
    }

    /// Connects, authenticates and subscribes.
    async fn connect(&mut self) -> Result<WsConnection, String> {
        let address = match self.class {
            Class::Crypto => &self.alpaca.ws_crypto,
            Class::Stock => &self.alpaca.ws_stocks,
        };
        let key = self.login()?;
        let mut socket = self.calls.open(&self.alpaca.venue, address, &self.alpaca.websocket).await?;
        let by = Instant::now() + ANSWER;
        self.until(&mut socket, by, "connected").await?;
        socket.send(key).await.map_err(|error| error.0)?;
        self.until(&mut socket, by, "authenticated").await?;
        let mut names: Vec<&String> = self.feeds.keys().collect();
        names.sort_unstable();
        let subscribe = match self.class {
            Class::Crypto => json!({ "action": "subscribe", "quotes": names, "orderbooks": names }),
            Class::Stock => json!({ "action": "subscribe", "quotes": names }),
        };
        socket.send(subscribe.to_string()).await.map_err(|error| error.0)?;
        self.until(&mut socket, by, "subscription").await?;
        Ok(socket)
    }

    /// The message that authenticates, from the operator's key by way of the allow-list.
    fn login(&self) -> Result<String, String> {
        let operator = self.alpaca.market.operator.as_ref().ok_or("there is no data key")?;
        let purpose = nija_core::RequestPurpose::OpenStream;
        let signed = operator.sign(auth::STREAM, Vec::new(), purpose).map_err(|error| error.to_string())?;
        match signed.headers() {
            [(_, key), (_, secret)] => {
                Ok(json!({ "action": "auth", "key": key, "secret": secret }).to_string())
            }
            _ => Err("price streams take key pairs only, not OAuth tokens".to_owned()),
        }
    }

    /// Reads until a message of this kind, or with these words.
    async fn until(&self, socket: &mut WsConnection, by: Instant, wanted: &str) -> Result<(), String> {
        loop {
            let next = timeout_at(by, socket.next()).await;
            let text = next.map_err(|_| format!("{wanted:?} did not come"))?.map_err(|error| error.0)?;
            for message in messages(&text)? {
                if message.kind == "error" {
                    return Err(refusal(&message));
                }
                if message.kind == wanted || message.msg.as_deref() == Some(wanted) {
                    return Ok(());
                }
            }
        }
    }

    /// Takes in one text; false when nobody reads any more.
    async fn take(&mut self, text: &str) -> Result<bool, String> {
        for message in messages(text)? {
            let told = match message.kind.as_ref() {
                "q" => self.quote(&message),
                "o" => self.book(&message),
                "error" => return Err(refusal(&message)),
                _ => None,
            };
            if let Some(event) = told
                && !self.send(SideEvent::Market(event)).await
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn quote(&self, message: &ws::Message<'_>) -> Option<MarketEvent> {
        let feed = self.feeds.get(message.symbol.as_deref()?)?;
        let bid = ws::Level { p: message.bp?, s: message.bs? };
        let ask = ws::Level { p: message.ap?, s: message.ask_size? };
        let quote = parse::quote(bid, ask, self.alpaca.market.clock.now())?;
        Some(MarketEvent::Quote { symbol: feed.symbol.clone(), quote })
    }

    fn book(&mut self, message: &ws::Message<'_>) -> Option<MarketEvent> {
        let feed = self.feeds.get_mut(message.symbol.as_deref()?)?;
        let at: Timestamp = message.t.as_deref().and_then(|text| text.parse().ok()).unwrap_or(feed.at);
        // What is older than the book, a snapshot by REST perhaps, is in it already.
        if at < feed.at {
            return None;
        }
        let agrees = if message.r {
            feed.book.reset(&message.b, &message.a)
        } else if feed.in_step {
            feed.book.update(&message.b, &message.a)
        } else {
            return None;
        };
        feed.at = at;
        feed.in_step = agrees;
        if !agrees {
            tracing::warn!(symbol = %feed.symbol, "the book crosses itself; asking for a fresh one");
            self.check_now = true;
            return None;
        }
        let book = Arc::new(feed.book.to_book(self.alpaca.market.clock.now()));
        Some(MarketEvent::Book { symbol: feed.symbol.clone(), book })
    }

    /// Replaces the books by what REST says, unless the stream has been faster. False when nobody reads any more.
    async fn compare(&mut self) -> Result<bool, String> {
        let mut names: Vec<String> = self.feeds.keys().cloned().collect();
        names.sort_unstable();
        let answer = match self.calls.ask_public(self.alpaca.market.crypto_books(&names)).await {
            Ok(answer) => answer,
            // A limit that is reached passes; the next check is not far.
            Err(VenueError::RateLimited { .. }) => return Ok(true),
            Err(error) => return Err(error.to_string()),
        };
        let books: wire::Books<'_> =
            parse::answer(&self.alpaca.venue, "orderbooks", &answer).map_err(|error| error.to_string())?;
        let now = self.alpaca.market.clock.now();
        let mut events = Vec::new();
        for (name, fresh) in &books.orderbooks {
            let Some(feed) = self.feeds.get_mut(name) else { continue };
            let Ok(at) = fresh.t.parse::<Timestamp>() else { continue };
            if at < feed.at && feed.in_step {
                continue;
            }
            let before = feed.book.to_book(now);
            feed.in_step = feed.book.reset(&fresh.b, &fresh.a);
            feed.at = at;
            let after = feed.book.to_book(now);
            if feed.in_step && after != before {
                events.push(MarketEvent::Book { symbol: feed.symbol.clone(), book: Arc::new(after) });
            }
        }
        for event in events {
            if !self.send(SideEvent::Market(event)).await {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn send(&mut self, event: SideEvent) -> bool {
        // A stock has no book but its best prices.
        if let (Class::Stock, SideEvent::Market(MarketEvent::Quote { symbol, quote })) = (self.class, &event)
        {
            let book = Arc::new(parse::top_of_book(quote));
            let book = SideEvent::Market(MarketEvent::Book { symbol: symbol.clone(), book });
            return self.out.send(event).await.is_ok() && self.out.send(book).await.is_ok();
        }
        self.out.send(event).await.is_ok()
    }
}

fn messages(text: &str) -> Result<Vec<ws::Message<'_>>, String> {
    serde_json::from_str(text).map_err(|error| format!("a message that is not understood: {error}"))
}

fn refusal(message: &ws::Message<'_>) -> String {
    let words: String = message
        .msg
        .as_deref()
        .unwrap_or("no reason given")
        .chars()
        .filter(|c| !c.is_control())
        .take(200)
        .collect();
    format!("the venue refused: {words} ({})", message.code.unwrap_or_default())
}
