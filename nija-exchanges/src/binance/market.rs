//! Public calls: instruments, prices, books, candles, the venue's clock.

use nija_core::{
    Candle, CandleInterval, Clock, OrderBook, Price, Quote, Symbol, Timestamp, VenueError, VenueId,
};
use parking_lot::Mutex;
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::Duration,
};

use super::{
    error::is_unknown_symbol,
    parse::{self, result},
    symbols::SymbolMap,
    wire,
};
use crate::decode::Num;
use crate::listings::Listings;
use crate::public_list::PublicList;
use crate::transport::{ClockOffset, HttpClient, PublicRequest};

/// The resolution of `time`: milliseconds.
const MILLISECOND: i64 = 1000;
/// Depths that `depth` takes.
const DEPTHS: [usize; 8] = [5, 10, 20, 50, 100, 500, 1000, 5000];
/// Candles in one answer at most.
const CANDLES: usize = 1000;
/// A price older than this says nothing about the market.
const RECENT: Duration = Duration::from_secs(30);

/// The public side of Binance.
#[derive(Debug)]
pub(super) struct Market {
    pub(super) venue: VenueId,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) offset: ClockOffset,
    http: HttpClient,
    listings: Listings<SymbolMap>,
    /// The newest price of each symbol that was asked for or streamed.
    prices: Mutex<HashMap<Symbol, (Price, Timestamp)>>,
    watched: Mutex<BTreeSet<Symbol>>,
    order_lists: bool,
}

impl Market {
    pub(super) fn new(venue: VenueId, http: HttpClient, clock: Arc<dyn Clock>, order_lists: bool) -> Self {
        Self {
            listings: Listings::new(venue.clone(), clock.clone()),
            venue,
            clock,
            offset: ClockOffset::default(),
            http,
            prices: Mutex::default(),
            watched: Mutex::default(),
            order_lists,
        }
    }

    pub(super) async fn measure_clock(&self) -> Result<(), VenueError> {
        let sent = self.clock.now();
        let body = self.get("/api/v3/time", Vec::new()).await?;
        let received = self.clock.now();
        let time: wire::ServerTime = result(&self.venue, "time", &body)?;
        let venue = parse::at(&self.venue, "time.serverTime", time.server_time)?;
        self.offset.measure(sent, venue, received, MILLISECOND);
        if self.offset.micros().unsigned_abs() > 1_000_000 {
            tracing::warn!(venue = %self.venue, offset_us = self.offset.micros(), "the venue's clock differs from ours");
        }
        Ok(())
    }

    pub(super) async fn quote(&self, symbol: &Symbol) -> Result<Quote, VenueError> {
        let ticker: wire::BookTicker =
            self.one(symbol, "/api/v3/ticker/bookTicker", "bookTicker", Vec::new()).await?;
        let quote = parse::quote(&self.venue, &ticker, self.clock.now())?;
        self.note(symbol, &quote);
        Ok(quote)
    }

    pub(super) async fn book(&self, symbol: &Symbol, depth: usize) -> Result<OrderBook, VenueError> {
        let mut book = parse::book(&self.venue, &self.depth(symbol, depth).await?, self.clock.now())?;
        book.bids.truncate(depth.max(1));
        book.asks.truncate(depth.max(1));
        Ok(book)
    }

    /// The book as Binance numbers it, at least this deep where there is so much.
    pub(super) async fn depth(&self, symbol: &Symbol, depth: usize) -> Result<wire::Depth, VenueError> {
        let limit = DEPTHS.iter().find(|limit| **limit >= depth).unwrap_or(&5000);
        self.one(symbol, "/api/v3/depth", "depth", vec![("limit", limit.to_string())]).await
    }

    pub(super) async fn candles(
        &self,
        symbol: &Symbol,
        interval: CandleInterval,
        limit: usize,
    ) -> Result<Vec<Candle>, VenueError> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let interval = match interval {
            CandleInterval::OneMinute => "1m",
            CandleInterval::FiveMinutes => "5m",
            CandleInterval::FifteenMinutes => "15m",
            CandleInterval::OneHour => "1h",
            CandleInterval::OneDay => "1d",
        };
        let query = vec![("interval", interval.to_owned()), ("limit", limit.min(CANDLES).to_string())];
        // Oldest first; the last one is not finished.
        let rows: Vec<Vec<Num>> = self.one(symbol, "/api/v3/klines", "klines", query).await?;
        rows.iter().map(|row| parse::candle(&self.venue, row)).collect()
    }

    /// Remembers a price, for checking limit prices against the market.
    pub(super) fn note(&self, symbol: &Symbol, quote: &Quote) {
        if let Ok(mid) = Price::new(quote.mid()) {
            self.prices.lock().insert(symbol.clone(), (mid, quote.at));
        }
    }

    /// The last price known, where it is recent.
    pub(super) fn recent_price(&self, symbol: &Symbol) -> Option<Price> {
        let (price, at) = *self.prices.lock().get(symbol)?;
        (self.clock.now().since(at) <= RECENT).then_some(price)
    }

    /// Remembers that these symbols are traded on this platform.
    pub(super) fn watch(&self, symbols: &[Symbol]) {
        self.watched.lock().extend(symbols.iter().cloned());
    }

    /// The symbols that are traded on this platform.
    pub(super) fn watched(&self) -> Vec<Symbol> {
        self.watched.lock().iter().cloned().collect()
    }

    async fn one<T: for<'a> serde::Deserialize<'a>>(
        &self,
        symbol: &Symbol,
        path: &'static str,
        call: &str,
        mut query: Vec<(&'static str, String)>,
    ) -> Result<T, VenueError> {
        let listed = self.listed(symbol).await?;
        query.insert(0, ("symbol", listed.name().to_owned()));
        let body = self.get(path, query).await?;
        result(&self.venue, call, &body).map_err(|error| self.of_symbol(error, symbol))
    }

    /// The error, or that the symbol is not listed where that is what it says.
    pub(super) fn of_symbol(&self, error: VenueError, symbol: &Symbol) -> VenueError {
        if is_unknown_symbol(&error) { self.not_listed(symbol) } else { error }
    }

    async fn get(
        &self,
        path: &'static str,
        query: Vec<(&'static str, String)>,
    ) -> Result<String, VenueError> {
        Ok(self.http.get(&PublicRequest { path: path.into(), query }).await?.body)
    }
}

impl PublicList for Market {
    type Map = SymbolMap;

    fn listings(&self) -> &Listings<SymbolMap> {
        &self.listings
    }

    /// Reads the list, and the venue's clock along with it.
    async fn read(&self) -> Result<SymbolMap, VenueError> {
        let body = self.get("/api/v3/exchangeInfo", Vec::new()).await?;
        let mut info: wire::ExchangeInfo = result(&self.venue, "exchangeInfo", &body)?;
        for symbol in &mut info.symbols {
            symbol.oco_allowed &= self.order_lists;
        }
        self.measure_clock().await?;
        Ok(SymbolMap::new(&self.venue, &info.symbols))
    }
}
