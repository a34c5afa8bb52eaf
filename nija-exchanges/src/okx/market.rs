//! Public calls: instruments, prices, books, candles, the venue's clock.

use nija_core::{Candle, CandleInterval, Clock, OrderBook, Quote, Symbol, VenueError, VenueId};
use std::{collections::BTreeMap, sync::Arc};

use super::{
    error::{self, is_unknown_instrument},
    parse::{self, data, first},
    symbols::SymbolMap,
    wire,
};
use crate::decode::Num;
use crate::listings::Listings;
use crate::public_list::PublicList;
use crate::transport::{ClockOffset, HttpClient, PublicRequest};

/// The resolution of `public/time`: milliseconds.
const MILLISECOND: i64 = 1000;
/// Levels a side in one answer at most (Order book, `sz`).
const LEVELS: usize = 400;
/// Candles in one answer at most (Candlesticks, `limit`).
const CANDLES: usize = 300;
/// Answers asked for at most when more candles are wanted: OKX keeps 1,440 there.
const CANDLE_PAGES: usize = 5;

/// The public side of OKX.
#[derive(Debug)]
pub(super) struct Market {
    pub(super) venue: VenueId,
    pub(super) clock: Arc<dyn Clock>,
    /// Followed by the authenticator too.
    pub(super) offset: Arc<ClockOffset>,
    http: HttpClient,
    listings: Listings<SymbolMap>,
}

impl Market {
    pub(super) fn new(venue: VenueId, http: HttpClient, clock: Arc<dyn Clock>) -> Self {
        Self {
            listings: Listings::new(venue.clone(), clock.clone()),
            venue,
            clock,
            offset: Arc::default(),
            http,
        }
    }

    pub(super) async fn measure_clock(&self) -> Result<(), VenueError> {
        let sent = self.clock.now();
        let body = self.get("/api/v5/public/time", Vec::new()).await?;
        let received = self.clock.now();
        let time: wire::ServerTime = first(&self.venue, "time", &body)?;
        let time = parse::millis(&self.venue, "time.ts", time.ts.0)?;
        self.offset.measure(sent, time, received, MILLISECOND);
        if self.offset.micros().abs() > 1_000_000 {
            tracing::warn!(venue = %self.venue, offset_us = self.offset.micros(), "the venue's clock differs from ours");
        }
        Ok(())
    }

    pub(super) async fn quote(&self, symbol: &Symbol) -> Result<Quote, VenueError> {
        let body = self.of("/api/v5/market/ticker", symbol, Vec::new()).await?;
        parse::quote(&self.venue, &first(&self.venue, "ticker", &body)?, self.clock.now())
    }

    pub(super) async fn book(&self, symbol: &Symbol, depth: usize) -> Result<OrderBook, VenueError> {
        let depth = vec![("sz", depth.clamp(1, LEVELS).to_string())];
        let body = self.of("/api/v5/market/books", symbol, depth).await?;
        parse::book(&self.venue, &first(&self.venue, "books", &body)?, self.clock.now())
    }

    /// Newest first on the wire, page by page backwards.
    pub(super) async fn candles(
        &self,
        symbol: &Symbol,
        interval: CandleInterval,
        limit: usize,
    ) -> Result<Vec<Candle>, VenueError> {
        let mut found: BTreeMap<i64, Candle> = BTreeMap::new();
        for _ in 0..CANDLE_PAGES {
            let wanted = limit.saturating_sub(found.len()).min(CANDLES);
            if wanted == 0 && limit > 0 {
                break;
            }
            let mut query = vec![("bar", bar(interval).to_owned()), ("limit", wanted.max(1).to_string())];
            if let Some((oldest, _)) = found.first_key_value() {
                query.push(("after", oldest.to_string()));
            }
            let body = self.of("/api/v5/market/candles", symbol, query).await?;
            let rows: Vec<Vec<Num>> = data(&self.venue, "candles", &body)?;
            let before = found.len();
            for row in &rows {
                let candle = parse::candle(&self.venue, row)?;
                found.insert(candle.start.micros() / 1000, candle);
            }
            if rows.len() < wanted || found.len() == before || limit == 0 {
                break;
            }
        }
        let skip = found.len().saturating_sub(limit);
        Ok(found.into_values().skip(skip).collect())
    }

    /// Asks for something of a symbol.
    async fn of(
        &self,
        path: &'static str,
        symbol: &Symbol,
        mut query: Vec<(&'static str, String)>,
    ) -> Result<String, VenueError> {
        let listed = self.listed(symbol).await?;
        query.insert(0, ("instId", listed.name().to_owned()));
        self.get(path, query).await.map_err(|error| self.of_symbol(error, symbol))
    }

    /// The error, or that the symbol is not listed where that is what it says.
    pub(super) fn of_symbol(&self, error: VenueError, symbol: &Symbol) -> VenueError {
        if is_unknown_instrument(&error) { self.not_listed(symbol) } else { error }
    }

    async fn get(
        &self,
        path: &'static str,
        query: Vec<(&'static str, String)>,
    ) -> Result<String, VenueError> {
        let answer = self.http.get(&PublicRequest { path: path.into(), query }).await?;
        match error::refused(&self.venue, &answer) {
            Some(refusal) => Err(refusal),
            None => Ok(answer.body),
        }
    }
}

impl PublicList for Market {
    type Map = SymbolMap;

    fn listings(&self) -> &Listings<SymbolMap> {
        &self.listings
    }

    /// Reads the list, and the venue's clock along with it.
    async fn read(&self) -> Result<SymbolMap, VenueError> {
        let body = self.get("/api/v5/public/instruments", vec![("instType", "SPOT".to_owned())]).await?;
        let instruments: Vec<wire::Instrument> = data(&self.venue, "instruments", &body)?;
        self.measure_clock().await?;
        Ok(SymbolMap::new(&self.venue, &instruments))
    }
}

/// A day is cut at UTC midnight with `1Dutc`; plain `1D` is cut at that of Hong Kong.
const fn bar(interval: CandleInterval) -> &'static str {
    match interval {
        CandleInterval::OneMinute => "1m",
        CandleInterval::FiveMinutes => "5m",
        CandleInterval::FifteenMinutes => "15m",
        CandleInterval::OneHour => "1H",
        CandleInterval::OneDay => "1Dutc",
    }
}
