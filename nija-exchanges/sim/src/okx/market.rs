//! Tickers, books, candles and trades.

use super::bars::Bar;
use super::error::{OkxError, Result};
use super::instruments::{INSTRUMENTS, ms, plain};
use super::order_json::side;
use super::query::Query;
use super::rest::rows;
use crate::engine::{Candle, Engine, PriceLevel, PublicTrade};
use crate::venue::Venue;
use serde_json::{Value, json};

/// Hong Kong is ahead by this many seconds.
const HONG_KONG: i64 = 8 * 3_600;

/// `GET /market/ticker`.
pub(super) fn ticker(venue: &Venue, query: &Query, now_ns: i64) -> Result<Value> {
    let (market, _) = query.instrument()?;
    Ok(rows(json!([ticker_row(&venue.engine.lock(), market, now_ns)])))
}

/// `GET /market/tickers`.
pub(super) fn tickers(venue: &Venue, query: &Query, now_ns: i64) -> Result<Value> {
    query.need("instType")?;
    let count = if query.is_spot()? { INSTRUMENTS.len() } else { 0 };
    let engine = venue.engine.lock();
    let all: Vec<Value> = (0..count).map(|market| ticker_row(&engine, market, now_ns)).collect();
    Ok(rows(all))
}

pub(super) fn ticker_row(engine: &Engine, market: usize, now_ns: i64) -> Value {
    let (state, instrument) = (&engine.markets()[market], &INSTRUMENTS[market]);
    let (bids, asks) = engine.depth(market, 1);
    let best = |levels: &[PriceLevel]| {
        let level = levels.first();
        (level.map(|level| plain(level.price)), level.map(|level| plain(level.qty)))
    };
    let ((bid, bid_sz), (ask, ask_sz)) = (best(&bids), best(&asks));
    let day = state.stats(now_ns);
    let now_s = now_ns.div_euclid(1_000_000_000);
    let opened = |ahead: i64| state.stats_since((now_s + ahead).div_euclid(86_400) * 86_400 - ahead).open;
    let price = |value: rust_decimal::Decimal| plain(value.round_dp(instrument.price_decimals));
    json!({
        "instType": "SPOT",
        "instId": instrument.id,
        "last": plain(state.last_price()),
        "lastSz": state.last().map(|last| plain(last.qty)).unwrap_or_default(),
        "askPx": ask.unwrap_or_default(),
        "askSz": ask_sz.unwrap_or_default(),
        "bidPx": bid.unwrap_or_default(),
        "bidSz": bid_sz.unwrap_or_default(),
        "open24h": price(day.open),
        "high24h": price(day.high),
        "low24h": price(day.low),
        "vol24h": plain(day.volume.round_dp(8)),
        "volCcy24h": plain((day.volume * day.vwap).round_dp(8)),
        "sodUtc0": price(opened(0)),
        "sodUtc8": price(opened(HONG_KONG)),
        "ts": ms(now_ns),
    })
}

/// One side's levels. How many orders make one up is not known here: one.
pub(super) fn levels(levels: &[PriceLevel]) -> Vec<Value> {
    levels.iter().map(|level| json!([plain(level.price), plain(level.qty), "0", "1"])).collect()
}

/// `GET /market/books`.
pub(super) fn books(venue: &Venue, query: &Query, most: usize, now_ns: i64) -> Result<Value> {
    let (market, _) = query.instrument()?;
    let depth = query.rows("sz", 1, most)?;
    let engine = venue.engine.lock();
    let (bids, asks) = engine.depth(market, depth);
    let seq = engine.markets()[market].version;
    Ok(rows(json!([{ "asks": levels(&asks), "bids": levels(&bids), "ts": ms(now_ns), "seqId": seq }])))
}

/// `GET /market/candles` and `history-candles`: newest first, of at most seven days.
pub(super) fn candles(venue: &Venue, query: &Query) -> Result<Value> {
    let (market, _) = query.instrument()?;
    let bar = Bar::of(query.get("bar").unwrap_or("1m")).ok_or_else(|| OkxError::parameter("bar"))?;
    let (after, before) = (query.time("after")?, query.time("before")?);
    let limit = query.rows("limit", 100, 300)?;
    let now_s = venue.clock.now_ns().div_euclid(1_000_000_000);
    let minutes = venue.engine.lock().markets()[market].candles(1, 0, usize::MAX);
    let ns = |candle: &Candle| candle.begin_s.saturating_mul(1_000_000_000);
    let all: Vec<Value> = bar
        .sum(&minutes)
        .iter()
        .filter(|candle| after.is_none_or(|after| ns(candle) < after))
        .filter(|candle| before.is_none_or(|before| ns(candle) > before))
        .take(limit)
        .map(|candle| candle_row(candle, bar, market, now_s))
        .collect();
    Ok(rows(all))
}

pub(super) fn candle_row(candle: &Candle, bar: Bar, market: usize, now_s: i64) -> Value {
    let price = |value: rust_decimal::Decimal| plain(value.round_dp(INSTRUMENTS[market].price_decimals));
    let turnover = plain(candle.turnover.round_dp(8));
    json!([
        (candle.begin_s * 1_000).to_string(),
        price(candle.open),
        price(candle.high),
        price(candle.low),
        price(candle.close),
        plain(candle.volume.round_dp(8)),
        turnover,
        turnover,
        // Whether it is complete.
        if bar.begin(now_s) > candle.begin_s { "1" } else { "0" },
    ])
}

/// `GET /market/trades`.
pub(super) fn trades(venue: &Venue, query: &Query) -> Result<Value> {
    let (market, _) = query.instrument()?;
    let limit = query.rows("limit", 100, 500)?;
    let engine = venue.engine.lock();
    let newest = engine.markets()[market].trades().rev().take(limit);
    let all: Vec<Value> = newest.map(|trade| trade_row(market, trade)).collect();
    Ok(rows(all))
}

pub(super) fn trade_row(market: usize, trade: &PublicTrade) -> Value {
    json!({
        "instId": INSTRUMENTS[market].id,
        "tradeId": trade.id.to_string(),
        "px": plain(trade.price),
        "sz": plain(trade.qty),
        "side": side(trade.side),
        "source": "0",
        "ts": ms(trade.time_ns),
    })
}
