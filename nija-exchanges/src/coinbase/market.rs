//! Public calls: products, prices, books, candles, the venue's clock. None needs a key.

use nija_core::{
    Candle, CandleInterval, Clock, LimitUsage, OrderBook, Quote, Symbol, Timestamp, VenueError, VenueId,
};
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use super::{
    error::{self, is_not_found},
    parse,
    symbols::SymbolMap,
    wire,
};
use crate::decode::{decode, moment};
use crate::listings::Listings;
use crate::public_list::PublicList;
use crate::transport::{ClockOffset, HttpClient, PublicRequest};

/// The resolution of the venue's time, in microseconds: milliseconds.
const MILLISECOND: i64 = 1_000;
/// Candles in one answer at most (Get Product Candles).
const CANDLES: usize = 350;
/// Answers asked for at most when more candles are wanted.
const CANDLE_PAGES: usize = 20;
/// The clock is not measured more often than this for refused tokens.
const REMEASURE: Duration = Duration::from_secs(5);

/// The public side of Coinbase.
#[derive(Debug)]
pub(super) struct Market {
    pub(super) venue: VenueId,
    pub(super) clock: Arc<dyn Clock>,
    /// Followed by the authenticator too.
    pub(super) offset: Arc<ClockOffset>,
    http: HttpClient,
    listings: Listings<SymbolMap>,
    /// When a refused token last had the clock measured, in microseconds.
    remeasured: AtomicI64,
}

impl Market {
    pub(super) fn new(venue: VenueId, http: HttpClient, clock: Arc<dyn Clock>) -> Self {
        Self {
            listings: Listings::new(venue.clone(), clock.clone()),
            venue,
            clock,
            offset: Arc::default(),
            http,
            remeasured: AtomicI64::new(i64::MIN),
        }
    }

    pub(super) async fn measure_clock(&self) -> Result<(), VenueError> {
        let sent = self.clock.now();
        let body = self.get("/api/v3/brokerage/time".to_owned(), Vec::new()).await?;
        let received = self.clock.now();
        let time: wire::ServerTime = decode(&self.venue, "time", &body)?;
        let venue = i64::try_from(time.epoch_millis.0.trunc()).ok();
        let venue = venue.and_then(|at| at.checked_mul(MILLISECOND));
        let venue = moment(&self.venue, "time.epochMillis", venue)?;
        self.offset.measure(sent, venue, received, MILLISECOND);
        if self.offset.micros().unsigned_abs() > 1_000_000 {
            tracing::warn!(venue = %self.venue, offset_us = self.offset.micros(), "the venue's clock differs from ours");
        }
        Ok(())
    }

    /// Measures the clock for a refused token; false when that was done a moment ago, or did not work.
    pub(super) async fn measure_clock_again(&self) -> bool {
        let now = self.clock.now();
        let last = self.remeasured.load(Ordering::Relaxed);
        if last != i64::MIN && now.since(Timestamp::from_micros(last)) < REMEASURE {
            return false;
        }
        let mine = self.remeasured.compare_exchange(last, now.micros(), Ordering::Relaxed, Ordering::Relaxed);
        mine.is_ok() && self.measure_clock().await.is_ok()
    }

    pub(super) async fn quote(&self, symbol: &Symbol) -> Result<Quote, VenueError> {
        parse::quote(&self.venue, &self.book(symbol, 1).await?)
    }

    pub(super) async fn book(&self, symbol: &Symbol, depth: usize) -> Result<OrderBook, VenueError> {
        let product = self.listed(symbol).await?.instrument.venue_symbol.clone();
        let depth = depth.max(1);
        let query = vec![("product_id", product), ("limit", depth.to_string())];
        let body = self.get("/api/v3/brokerage/market/product_book".to_owned(), query).await;
        let body = body.map_err(|error| self.product_error(error, symbol))?;
        let book: wire::ProductBook = decode(&self.venue, "product_book", &body)?;
        parse::book(&self.venue, &book.pricebook, depth, self.clock.now())
    }

    /// Candles come by time, and minutes without a trade have none: older ones are asked for until there are enough.
    pub(super) async fn candles(
        &self,
        symbol: &Symbol,
        interval: CandleInterval,
        limit: usize,
    ) -> Result<Vec<Candle>, VenueError> {
        let product = self.listed(symbol).await?.instrument.venue_symbol.clone();
        let path = format!("/api/v3/brokerage/market/products/{product}/candles");
        let seconds = i64::from(interval.minutes()) * 60;
        let mut end = self.offset.at_venue(self.clock.now()).micros().div_euclid(1_000_000);
        let mut found: BTreeMap<Timestamp, Candle> = BTreeMap::new();
        for _ in 0..CANDLE_PAGES {
            let wanted = (limit - found.len()).clamp(1, CANDLES - 1);
            let start = (end - seconds * i64::try_from(wanted).unwrap_or(1)).max(0);
            let query = vec![
                ("start", start.to_string()),
                ("end", end.to_string()),
                ("granularity", granularity(interval).to_owned()),
            ];
            let body = self.get(path.clone(), query).await;
            let body = body.map_err(|error| self.product_error(error, symbol))?;
            let page: wire::Candles = decode(&self.venue, "candles", &body)?;
            for candle in &page.candles {
                let candle = parse::candle(&self.venue, candle)?;
                found.insert(candle.start, candle);
            }
            if page.candles.is_empty() || found.len() >= limit || start == 0 {
                break;
            }
            end = start;
        }
        let skip = found.len().saturating_sub(limit);
        Ok(found.into_values().skip(skip).collect())
    }

    pub(super) fn limits_used(&self) -> Vec<LimitUsage> {
        self.http.limits_used(None)
    }

    async fn get(&self, path: String, query: Vec<(&'static str, String)>) -> Result<String, VenueError> {
        let answer = self.http.get(&PublicRequest { path: path.into(), query }).await?;
        match error::refused(&self.venue, &answer) {
            Some(refusal) => Err(refusal),
            None => Ok(answer.body),
        }
    }

    fn product_error(&self, error: VenueError, symbol: &Symbol) -> VenueError {
        if is_not_found(&error) { self.not_listed(symbol) } else { error }
    }
}

impl PublicList for Market {
    type Map = SymbolMap;

    fn listings(&self) -> &Listings<SymbolMap> {
        &self.listings
    }

    /// Reads the list, and the venue's clock along with it.
    async fn read(&self) -> Result<SymbolMap, VenueError> {
        let query = vec![("product_type", "SPOT".to_owned())];
        let body = self.get("/api/v3/brokerage/market/products".to_owned(), query).await?;
        let products: wire::Products = decode(&self.venue, "products", &body)?;
        self.measure_clock().await?;
        Ok(SymbolMap::new(&self.venue, &products.products))
    }
}

const fn granularity(interval: CandleInterval) -> &'static str {
    match interval {
        CandleInterval::OneMinute => "ONE_MINUTE",
        CandleInterval::FiveMinutes => "FIVE_MINUTE",
        CandleInterval::FifteenMinutes => "FIFTEEN_MINUTE",
        CandleInterval::OneHour => "ONE_HOUR",
        CandleInterval::OneDay => "ONE_DAY",
    }
}
