//! Public calls.

use super::error::BinanceError;
use super::exchange_info::{exchange_info, wanted};
use super::filters;
use super::format::{eight, fixed, ms};
use super::new_order::symbol;
use super::params::Params;
use super::symbols::{SYMBOLS, Symbol};
use crate::engine::{Candle, Engine, PriceLevel, PublicTrade, Side};
use crate::venue::Venue;
use rust_decimal::Decimal;
use serde_json::{Value, json};

type Answer = Result<Value, BinanceError>;

pub(crate) fn call(venue: &Venue, call: &str, params: &Params) -> Answer {
    let now_ns = venue.clock.now_ns();
    let engine = venue.engine.lock();
    match call {
        "ping" => Ok(json!({})),
        "time" => Ok(json!({ "serverTime": ms(now_ns) })),
        "systemStatus" => Ok(json!({ "status": 0, "msg": "normal" })),
        "exchangeInfo" => exchange_info(params, now_ns),
        "depth" => depth(&engine, params),
        "trades" => trades(&engine, params),
        "historicalTrades" => trades(&engine, params),
        "aggTrades" => agg_trades(&engine, params),
        "klines" => klines(&engine, params, now_ns),
        "avgPrice" => avg_price(&engine, params, now_ns),
        "ticker24hr" => {
            each(params, |(market, symbol)| ticker(&engine, market, symbol, now_ns - DAY, now_ns))
        }
        "tickerTradingDay" => {
            some(params)?;
            each(params, |(market, symbol)| {
                ticker(&engine, market, symbol, now_ns.div_euclid(DAY) * DAY, now_ns)
            })
        }
        "tickerWindow" => {
            some(params)?;
            let from = now_ns - window(params)?;
            each(params, |(market, symbol)| ticker(&engine, market, symbol, from, now_ns))
        }
        "tickerPrice" => each(
            params,
            |(market, symbol)| json!({ "symbol": symbol.name, "price": eight(engine.markets()[market].last_price()) }),
        ),
        "bookTicker" => each(params, |(market, symbol)| book_ticker(&engine, market, symbol)),
        _ => Err(BinanceError::unsupported()),
    }
}

const DAY: i64 = 86_400_000_000_000;

/// One answer for `symbol`, a list for `symbols` or for all.
fn each(params: &Params, one: impl Fn((usize, &'static Symbol)) -> Value) -> Answer {
    let all = || SYMBOLS.iter().enumerate().collect::<Vec<_>>();
    let found = wanted(params)?;
    match (params.get("symbol"), found) {
        (Some(_), Some(found)) => Ok(found.into_iter().map(one).next().unwrap_or(Value::Null)),
        (_, found) => Ok(found.unwrap_or_else(all).into_iter().map(one).collect()),
    }
}

fn some(params: &Params) -> Result<(), BinanceError> {
    if wanted(params)?.is_some() {
        return Ok(());
    }
    Err(BinanceError::new(-1102, "Param 'symbol' or 'symbols' must be sent, but both were empty/null!"))
}

fn window(params: &Params) -> Result<i64, BinanceError> {
    let text = params.get("windowSize").unwrap_or("1d");
    let bad = || BinanceError::new(-1130, "Data sent for parameter 'windowSize' is not valid.");
    let number = text.get(..text.len().saturating_sub(1)).and_then(|text| text.parse::<i64>().ok());
    let (unit, most) = match text.chars().last() {
        Some('m') => (60_000_000_000, 59),
        Some('h') => (3_600_000_000_000, 23),
        Some('d') => (DAY, 7),
        _ => return Err(bad()),
    };
    number.filter(|number| (1..=most).contains(number)).map(|number| number * unit).ok_or_else(bad)
}

/// Levels as pairs of text.
pub(crate) fn levels(levels: &[PriceLevel]) -> Vec<Value> {
    levels.iter().map(|level| json!([eight(level.price), eight(level.qty)])).collect()
}

fn depth(engine: &Engine, params: &Params) -> Answer {
    let (market, _) = symbol(params)?;
    let (bids, asks) = engine.depth(market, params.limit(100, 5_000)?);
    Ok(json!({
        "lastUpdateId": engine.markets()[market].version,
        "bids": levels(&bids),
        "asks": levels(&asks),
    }))
}

pub(crate) fn book_ticker(engine: &Engine, market: usize, symbol: &Symbol) -> Value {
    let (bids, asks) = engine.depth(market, 1);
    let best = |levels: &[PriceLevel]| {
        levels.first().map_or_else(Default::default, |level| (level.price, level.qty))
    };
    let ((bid, bid_qty), (ask, ask_qty)) = (best(&bids), best(&asks));
    json!({
        "symbol": symbol.name,
        "bidPrice": eight(bid),
        "bidQty": eight(bid_qty),
        "askPrice": eight(ask),
        "askQty": eight(ask_qty),
    })
}

fn trades(engine: &Engine, params: &Params) -> Answer {
    let (market, _) = symbol(params)?;
    let (limit, from) = (params.limit(500, 1_000)?, params.int("fromId")?);
    let all: Vec<&PublicTrade> = engine.markets()[market].trades().collect();
    let from = from.and_then(|from| u64::try_from(from).ok());
    let skip = match from {
        Some(from) => all.partition_point(|trade| trade.id < from),
        None => all.len().saturating_sub(limit),
    };
    let row = |trade: &&PublicTrade| {
        json!({
            "id": trade.id,
            "price": eight(trade.price),
            "qty": eight(trade.qty),
            "quoteQty": eight(trade.price * trade.qty),
            "time": ms(trade.time_ns),
            "isBuyerMaker": trade.side == Side::Sell,
            "isBestMatch": true,
        })
    };
    Ok(all[skip..].iter().take(limit).map(row).collect())
}

fn agg_trades(engine: &Engine, params: &Params) -> Answer {
    let (market, _) = symbol(params)?;
    let limit = params.limit(500, 1_000)?;
    let (start, end) = (params.time("startTime")?, params.time("endTime")?);
    let from = params.int("fromId")?.and_then(|from| u64::try_from(from).ok());
    let all: Vec<&PublicTrade> = engine.markets()[market]
        .trades()
        .filter(|trade| start.is_none_or(|start| trade.time_ns >= start))
        .filter(|trade| end.is_none_or(|end| trade.time_ns <= end))
        .filter(|trade| from.is_none_or(|from| trade.id >= from))
        .collect();
    let skip = if from.is_some() || start.is_some() { 0 } else { all.len().saturating_sub(limit) };
    Ok(all[skip..].iter().take(limit).map(|trade| agg_trade(trade)).collect())
}

/// Each trade is an aggregate of itself.
pub(crate) fn agg_trade(trade: &PublicTrade) -> Value {
    json!({
        "a": trade.id,
        "p": eight(trade.price),
        "q": eight(trade.qty),
        "f": trade.id,
        "l": trade.id,
        "T": ms(trade.time_ns),
        "m": trade.side == Side::Sell,
        "M": true,
    })
}

/// A candle length in minutes; those of seconds and months are not simulated.
pub(crate) fn interval(text: &str) -> Option<i64> {
    Some(match text {
        "1m" => 1,
        "3m" => 3,
        "5m" => 5,
        "15m" => 15,
        "30m" => 30,
        "1h" => 60,
        "2h" => 120,
        "4h" => 240,
        "6h" => 360,
        "8h" => 480,
        "12h" => 720,
        "1d" => 1_440,
        "3d" => 4_320,
        "1w" => 10_080,
        _ => return None,
    })
}

fn klines(engine: &Engine, params: &Params, now_ns: i64) -> Answer {
    let (market, _) = symbol(params)?;
    let minutes = interval(params.need("interval")?);
    let minutes = minutes.ok_or_else(|| BinanceError::new(-1120, "Invalid interval."))?;
    let limit = params.limit(500, 1_000)?;
    let (start, end) = (params.time("startTime")?, params.time("endTime")?);
    let since = start.map_or(0, |ns| (ns + 999_999_999).div_euclid(1_000_000_000));
    let until = end.unwrap_or(now_ns).div_euclid(1_000_000_000);
    let mut candles = engine.markets()[market].candles(minutes, since, usize::MAX);
    candles.retain(|candle| candle.begin_s <= until);
    // With a start the oldest, else the newest.
    if start.is_some() {
        candles.truncate(limit);
    } else {
        candles.drain(..candles.len().saturating_sub(limit));
    }
    Ok(candles.iter().map(|candle| kline(candle, minutes)).collect())
}

fn kline(candle: &Candle, minutes: i64) -> Value {
    let half = |value: Decimal| eight(value / Decimal::TWO);
    json!([
        candle.begin_s * 1_000,
        eight(candle.open),
        eight(candle.high),
        eight(candle.low),
        eight(candle.close),
        eight(candle.volume),
        (candle.begin_s + 60 * minutes) * 1_000 - 1,
        eight(candle.turnover),
        candle.trades,
        // Which side took is not kept by candle: half of it.
        half(candle.volume),
        half(candle.turnover),
        "0",
    ])
}

fn avg_price(engine: &Engine, params: &Params, now_ns: i64) -> Answer {
    let (market, _) = symbol(params)?;
    let closed = engine.markets()[market].last().map_or(now_ns, |last| last.time_ns);
    Ok(
        json!({ "mins": 5, "price": eight(filters::average(engine, market, now_ns)), "closeTime": ms(closed) }),
    )
}

fn ticker(engine: &Engine, market: usize, symbol: &Symbol, from_ns: i64, now_ns: i64) -> Value {
    let state = &engine.markets()[market];
    let stats = state.stats_since(from_ns.div_euclid(1_000_000_000));
    let last = state.last_price();
    let change = last - stats.open;
    let percent =
        if stats.open.is_zero() { Decimal::ZERO } else { change * Decimal::ONE_HUNDRED / stats.open };
    let ids = (state.trades().next().map_or(0, |first| first.id), state.last().map_or(0, |last| last.id));
    let mut out = book_ticker(engine, market, symbol);
    let rest = json!({
        "priceChange": eight(change),
        "priceChangePercent": fixed(percent, 3),
        "weightedAvgPrice": eight(stats.vwap),
        "prevClosePrice": eight(stats.open),
        "lastPrice": eight(last),
        "lastQty": eight(state.last().map(|last| last.qty).unwrap_or_default()),
        "openPrice": eight(stats.open),
        "highPrice": eight(stats.high),
        "lowPrice": eight(stats.low),
        "volume": eight(stats.volume),
        "quoteVolume": eight(stats.volume * stats.vwap),
        "openTime": ms(from_ns),
        "closeTime": ms(now_ns),
        "firstId": ids.0,
        "lastId": ids.1,
        "count": stats.trades,
    });
    if let (Some(out), Value::Object(rest)) = (out.as_object_mut(), rest) {
        out.extend(rest);
    }
    out
}
