//! One public connection: best prices and books.

use futures::SinkExt;
use nija_core::{MarketEvent, Symbol, VenueError};
use serde_json::{Value, json};
use std::{collections::HashMap, sync::Arc};
use tokio::time::{Instant, timeout_at};

use super::{
    super::{executor::Okx, wire::ws},
    ANSWER, Heard,
    feed::{Feed, News},
    hear, request,
};
use crate::public_list::PublicList;
use crate::transport::{Ended, StreamCalls, StreamSender, WsConnection};

/// Channels named in one request, which may hold 64 KB (WebSocket, Subscribe).
const NAMED: usize = 200;
/// The best level ten times as often as the book (Order book channel).
const BEST: &str = "bbo-tbt";
const BOOK: &str = "books";

struct Session {
    okx: Arc<Okx>,
    calls: StreamCalls,
    out: StreamSender<MarketEvent>,
    feeds: HashMap<String, Feed>,
    up: bool,
    /// Subscriptions not answered yet.
    waiting: usize,
}

/// Runs until the connection is lost.
pub(super) async fn session(
    okx: Arc<Okx>,
    symbols: Vec<Symbol>,
    calls: StreamCalls,
    out: StreamSender<MarketEvent>,
) -> Ended {
    let mut session = Session { okx, calls, out, feeds: HashMap::new(), up: false, waiting: 0 };
    let reason = match session.run(&symbols).await {
        Ok(()) => "nobody reads".to_owned(),
        Err(reason) => reason,
    };
    Ended { was_up: session.up, reason }
}

impl Session {
    async fn run(&mut self, symbols: &[Symbol]) -> Result<(), String> {
        for symbol in symbols {
            match self.okx.market.listed_by(&self.calls, symbol).await {
                Ok(listed) => {
                    let feed = Feed::new(symbol.clone(), self.okx.book_depth);
                    self.feeds.insert(listed.name().to_owned(), feed);
                }
                Err(VenueError::NotListed { .. }) => {
                    tracing::warn!(%symbol, venue = %self.okx.venue, "no stream: the venue does not list it");
                }
                Err(error) => return Err(error.to_string()),
            }
        }
        if self.feeds.is_empty() {
            // Nothing to hear, and nothing wrong either.
            self.emit(MarketEvent::Connected).await;
            return std::future::pending().await;
        }
        let (venue, address) = (&self.okx.venue, &self.okx.ws_public);
        let mut socket = self.calls.open(venue, address, &self.okx.websocket).await?;
        let mut names: Vec<&String> = self.feeds.keys().collect();
        names.sort_unstable();
        let channels: Vec<Value> =
            names.iter().flat_map(|name| [BEST, BOOK].map(|channel| channel_of(channel, name))).collect();
        for some in channels.chunks(NAMED) {
            request(&mut socket, "subscribe", some).await?;
        }
        self.waiting = channels.len();
        let answered_by = Instant::now() + ANSWER;
        loop {
            let text = if self.up {
                socket.next().await
            } else {
                let next = timeout_at(answered_by, socket.next()).await;
                next.map_err(|_| "a subscription was not answered".to_owned())?
            };
            let text = text.map_err(|error| error.0)?;
            if !self.take(&text, &mut socket).await? {
                return Ok(());
            }
        }
    }

    /// Takes in one message; false when nobody reads any more.
    async fn take(&mut self, text: &str, socket: &mut WsConnection) -> Result<bool, String> {
        match hear(text)? {
            Heard::Data(message) => self.data(&message, socket).await,
            Heard::Subscribed => {
                self.waiting = self.waiting.saturating_sub(1);
                Ok(self.waiting > 0 || self.is_up().await)
            }
            Heard::LoggedIn | Heard::Else => Ok(true),
        }
    }

    async fn is_up(&mut self) -> bool {
        if self.up {
            return true;
        }
        self.up = true;
        self.emit(MarketEvent::Connected).await
    }

    async fn data(&mut self, message: &ws::Message<'_>, socket: &mut WsConnection) -> Result<bool, String> {
        let (Some(arg), Some(data)) = (&message.arg, message.data) else { return Ok(true) };
        let Some(name) = arg.inst_id.as_deref() else { return Ok(true) };
        if !self.feeds.contains_key(name) {
            return Ok(true);
        }
        let books: Vec<ws::Book> = serde_json::from_str(data.get())
            .map_err(|error| format!("a book that is not understood: {error}"))?;
        // Data may come before the last of the subscriptions is answered.
        if !self.is_up().await {
            return Ok(false);
        }
        let at = self.okx.market.clock.now();
        let snapshot = message.action.as_deref() == Some("snapshot");
        for book in &books {
            let Some(feed) = self.feeds.get_mut(name) else { continue };
            let news = match arg.channel.as_ref() {
                BEST => feed.best(book, at)?,
                BOOK => feed.book(book, snapshot, at),
                _ => continue,
            };
            if news.wants_snapshot {
                for op in ["unsubscribe", "subscribe"] {
                    request(socket, op, &[channel_of(BOOK, name)]).await?;
                }
            }
            if !self.tell(name, news).await {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn tell(&mut self, name: &str, news: News) -> bool {
        let Some(symbol) = self.feeds.get(name).map(|feed| feed.symbol.clone()) else { return true };
        if let Some(quote) = news.quote
            && !self.emit(MarketEvent::Quote { symbol: symbol.clone(), quote }).await
        {
            return false;
        }
        match news.book {
            Some(book) => self.emit(MarketEvent::Book { symbol, book }).await,
            None => true,
        }
    }

    async fn emit(&mut self, event: MarketEvent) -> bool {
        self.out.send(event).await.is_ok()
    }
}

fn channel_of(channel: &str, name: &str) -> Value {
    json!({ "channel": channel, "instId": name })
}
