//! Public calls: instruments, prices, books, candles, the venue's clock.

use nija_core::{Candle, CandleInterval, Clock, OrderBook, Quote, Symbol, VenueError, VenueId};
use serde_json::value::RawValue;
use std::{collections::HashMap, sync::Arc};

use super::{
    error::is_unknown_pair,
    parse::{self, result},
    symbols::SymbolMap,
    wire,
};
use crate::decode::{Num, decode, moment, unreadable};
use crate::listings::Listings;
use crate::public_list::PublicList;
use crate::transport::{ClockOffset, HttpClient, PublicRequest};

/// The resolution of `Time`: whole seconds.
const SECOND: i64 = 1_000_000;

/// The public side of Kraken.
#[derive(Debug)]
pub(super) struct Market {
    pub(super) venue: VenueId,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) offset: ClockOffset,
    http: HttpClient,
    listings: Listings<SymbolMap>,
}

impl Market {
    pub(super) fn new(venue: VenueId, http: HttpClient, clock: Arc<dyn Clock>) -> Self {
        Self {
            listings: Listings::new(venue.clone(), clock.clone()),
            venue,
            clock,
            offset: ClockOffset::default(),
            http,
        }
    }

    pub(super) async fn measure_clock(&self) -> Result<(), VenueError> {
        let sent = self.clock.now();
        let body = self.get("/0/public/Time", Vec::new()).await?;
        let received = self.clock.now();
        let time: wire::ServerTime = result(&self.venue, "Time", &body)?;
        let venue = moment(&self.venue, "Time.result.unixtime", time.unixtime.checked_mul(SECOND))?;
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
        decode(&self.venue, &root, found.get())
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
        let body = self.get("/0/public/AssetPairs", Vec::new()).await?;
        let pairs: HashMap<String, wire::AssetPair> = result(&self.venue, "AssetPairs", &body)?;
        self.measure_clock().await?;
        Ok(SymbolMap::new(&self.venue, &pairs))
    }
}
