//! Public calls: instruments, prices, books, candles, the venue's clock.

use arc_swap::ArcSwap;
use nija_core::{
    Candle, CandleInterval, Clock, Instrument, OrderBook, Quote, Symbol, Timestamp, VenueError, VenueId,
};
use serde_json::value::RawValue;
use std::{collections::HashMap, sync::Arc, time::Duration};

use super::{
    error::is_unknown_pair,
    number::Num,
    parse::{self, result, unreadable},
    symbols::{Listed, SymbolMap},
    wire,
};
use crate::transport::{ClockOffset, HttpClient, PublicRequest};

/// A symbol that is not in the list makes it be read again, at most this often.
const REREAD: Duration = Duration::from_secs(60);
/// The resolution of `Time`: whole seconds.
const SECOND: i64 = 1_000_000;

/// The public side of Kraken.
#[derive(Debug)]
pub(super) struct Market {
    pub(super) venue: VenueId,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) offset: ClockOffset,
    http: HttpClient,
    symbols: ArcSwap<SymbolMap>,
    /// When the list was last read.
    read_at: tokio::sync::Mutex<Option<Timestamp>>,
}

impl Market {
    pub(super) fn new(venue: VenueId, http: HttpClient, clock: Arc<dyn Clock>) -> Self {
        Self {
            venue,
            clock,
            offset: ClockOffset::default(),
            http,
            symbols: ArcSwap::default(),
            read_at: tokio::sync::Mutex::new(None),
        }
    }

    /// The list as last read; read now if it never was.
    pub(super) async fn symbols(&self) -> Result<Arc<SymbolMap>, VenueError> {
        let known = self.symbols.load_full();
        if !known.is_empty() {
            return Ok(known);
        }
        let mut read_at = self.read_at.lock().await;
        if read_at.is_none() {
            self.read(&mut read_at).await?;
        }
        Ok(self.symbols.load_full())
    }

    pub(super) async fn instruments(&self) -> Result<Vec<Instrument>, VenueError> {
        let mut read_at = self.read_at.lock().await;
        self.read(&mut read_at).await?;
        Ok(self.symbols.load().instruments())
    }

    /// A listed symbol; the list is read again when it is missing and the list is not fresh.
    pub(super) async fn listed(&self, symbol: &Symbol) -> Result<Arc<Listed>, VenueError> {
        if let Some(listed) = self.symbols.load().get(symbol) {
            return Ok(listed.clone());
        }
        let mut read_at = self.read_at.lock().await;
        let fresh = read_at.is_some_and(|at| self.clock.now().since(at) < REREAD);
        if !fresh {
            self.read(&mut read_at).await?;
        }
        let symbols = self.symbols.load();
        symbols.get(symbol).cloned().ok_or_else(|| self.not_listed(symbol))
    }

    /// Reads the list, and the venue's clock along with it.
    async fn read(&self, read_at: &mut Option<Timestamp>) -> Result<(), VenueError> {
        let body = self.get("/0/public/AssetPairs", Vec::new()).await?;
        let pairs: HashMap<String, wire::AssetPair> = result(&self.venue, "AssetPairs", &body)?;
        self.symbols.store(Arc::new(SymbolMap::new(&self.venue, &pairs)));
        self.measure_clock().await?;
        *read_at = Some(self.clock.now());
        Ok(())
    }

    pub(super) async fn measure_clock(&self) -> Result<(), VenueError> {
        let sent = self.clock.now();
        let body = self.get("/0/public/Time", Vec::new()).await?;
        let received = self.clock.now();
        let time: wire::ServerTime = result(&self.venue, "Time", &body)?;
        let venue = Timestamp::from_micros(time.unixtime.saturating_mul(SECOND));
        self.offset.measure(sent, venue, received, SECOND);
        if self.offset.micros() != 0 {
            tracing::warn!(venue = %self.venue, offset_us = self.offset.micros(), "the venue's clock differs from ours");
        }
        Ok(())
    }

    pub(super) async fn quote(&self, symbol: &Symbol) -> Result<Quote, VenueError> {
        let ticker: wire::Ticker = self.one(symbol, "/0/public/Ticker", "Ticker", Vec::new()).await?;
        parse::quote(&self.venue, &ticker, self.clock.now())
    }

    pub(super) async fn book(&self, symbol: &Symbol, depth: usize) -> Result<OrderBook, VenueError> {
        // Depth, `count`: 1 to 500.
        let count = vec![("count", depth.clamp(1, 500).to_string())];
        let depth: wire::Depth = self.one(symbol, "/0/public/Depth", "Depth", count).await?;
        parse::book(&self.venue, &depth, self.clock.now())
    }

    pub(super) async fn candles(
        &self,
        symbol: &Symbol,
        interval: CandleInterval,
        limit: usize,
    ) -> Result<Vec<Candle>, VenueError> {
        let query = vec![("interval", interval.minutes().to_string())];
        let rows: Vec<Vec<Num>> = self.one(symbol, "/0/public/OHLC", "OHLC", query).await?;
        // At most 720, oldest first; the last one is not finished.
        let from = rows.len().saturating_sub(limit);
        rows[from..].iter().map(|row| parse::candle(&self.venue, row)).collect()
    }

    /// The part of an answer that is about a symbol. It stands under the pair's id, or alone beside `last`.
    async fn one<T: for<'a> serde::Deserialize<'a>>(
        &self,
        symbol: &Symbol,
        path: &'static str,
        call: &str,
        mut query: Vec<(&'static str, String)>,
    ) -> Result<T, VenueError> {
        let pair = self.listed(symbol).await?.instrument.venue_symbol.clone();
        query.insert(0, ("pair", pair.clone()));
        let body = self.get(path, query).await?;
        let answer: Result<HashMap<String, &RawValue>, _> = result(&self.venue, call, &body);
        let answer =
            answer.map_err(|error| if is_unknown_pair(&error) { self.not_listed(symbol) } else { error })?;
        let root = format!("{call}.result.{pair}");
        let found = answer.get(&pair).or_else(|| {
            let mut others = answer.iter().filter(|(name, _)| *name != "last");
            others.next().map(|(_, value)| value)
        });
        let found = found.ok_or_else(|| unreadable(&self.venue, root.as_str(), "missing"))?;
        parse::decode(&self.venue, &root, found.get())
    }

    async fn get(
        &self,
        path: &'static str,
        query: Vec<(&'static str, String)>,
    ) -> Result<String, VenueError> {
        Ok(self.http.get(&PublicRequest { path, query }).await?.body)
    }

    fn not_listed(&self, symbol: &Symbol) -> VenueError {
        VenueError::NotListed { venue: self.venue.clone(), symbol: symbol.clone() }
    }
}
