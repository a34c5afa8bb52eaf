//! Market data, open and under a key alike.

use super::error::Refusal;
use super::products::{self, LOT_DECIMALS, PRODUCTS, plain};
use super::query::Query;
use super::rest::{PREFIX, Result};
use crate::clock::rfc3339;
use crate::engine::{Engine, PriceLevel, PublicTrade, Side};
use crate::venue::Venue;
use axum::http::Method;
use axum::http::request::Parts;
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// Candle lengths, in minutes.
const GRANULARITIES: [(&str, i64); 9] = [
    ("ONE_MINUTE", 1),
    ("FIVE_MINUTE", 5),
    ("FIFTEEN_MINUTE", 15),
    ("THIRTY_MINUTE", 30),
    ("ONE_HOUR", 60),
    ("TWO_HOUR", 120),
    ("FOUR_HOUR", 240),
    ("SIX_HOUR", 360),
    ("ONE_DAY", 1_440),
];
/// A range may not hold as many candles as this (Get Product Candles).
const CANDLES: i64 = 350;
/// Trades in an answer at most.
const TRADES: usize = 1_000;

/// What needs no key: `time` and `market/...`.
pub(super) fn open(venue: &Venue, parts: &Parts, now_ns: i64) -> Result<Value> {
    let rest = parts.uri.path().strip_prefix(PREFIX).ok_or(Refusal::PATH)?;
    if parts.method != Method::GET {
        return Err(Refusal::METHOD);
    }
    if rest == "time" {
        let iso = rfc3339(now_ns);
        return Ok(json!({
            "iso": format!("{}Z", iso.split('.').next().unwrap_or_default()),
            "epochSeconds": now_ns.div_euclid(1_000_000_000).to_string(),
            "epochMillis": now_ns.div_euclid(1_000_000).to_string(),
        }));
    }
    let rest = rest.strip_prefix("market/").ok_or(Refusal::PATH)?;
    let segments: Vec<&str> = rest.trim_end_matches('/').split('/').collect();
    market(venue, &segments, &Query::parse(parts.uri.query())?, now_ns)
}

/// A question about products, its path cut into segments.
pub(super) fn market(venue: &Venue, segments: &[&str], query: &Query, now_ns: i64) -> Result<Value> {
    let engine = venue.engine.lock();
    match segments {
        ["products"] => list(&engine, query, now_ns),
        ["products", id] => Ok(products::json(&engine, find(id)?, now_ns)),
        ["products", id, "candles"] => candles(&engine, find(id)?, query),
        ["products", id, "ticker"] => trades(&engine, find(id)?, query),
        ["product_book"] => book(&engine, query, now_ns),
        ["best_bid_ask"] => best(&engine, query, now_ns),
        _ => Err(Refusal::PATH),
    }
}

fn find(id: &str) -> Result<usize> {
    products::find(id).map(|(market, _)| market).ok_or(Refusal::PRODUCT)
}

fn list(engine: &Engine, query: &Query, now_ns: i64) -> Result<Value> {
    let wanted = query.list(["product_ids", "product_ids"]);
    let spot = query.get("product_type").is_none_or(|kind| matches!(kind, "SPOT" | "UNKNOWN_PRODUCT_TYPE"));
    let mine = |market: &usize| spot && (wanted.is_empty() || wanted.contains(&PRODUCTS[*market].id));
    let all: Vec<usize> = (0..PRODUCTS.len()).filter(mine).collect();
    let offset = usize::try_from(query.int("offset")?.unwrap_or(0))
        .map_err(|_| Refusal::argument("invalid offset"))?;
    let limit = query.limit(usize::MAX, usize::MAX)?;
    let some: Vec<Value> =
        all.iter().skip(offset).take(limit).map(|market| products::json(engine, *market, now_ns)).collect();
    Ok(json!({ "num_products": some.len(), "products": some }))
}

fn candles(engine: &Engine, market: usize, query: &Query) -> Result<Value> {
    let name = query.get("granularity").unwrap_or_default();
    let found = GRANULARITIES.iter().find(|(known, _)| *known == name);
    let (_, minutes) = found.ok_or_else(|| Refusal::argument("granularity is required"))?;
    let (start, end) = (query.int("start")?, query.int("end")?);
    let (Some(start), Some(end)) = (start, end) else {
        return Err(Refusal::argument("start and end arguments are required"));
    };
    if start < 0 || end < start || (end - start) / (minutes * 60) >= CANDLES {
        return Err(Refusal::argument("number of candles requested should be less than 350"));
    }
    let limit = query.limit(usize::MAX, 350)?;
    let candles = engine.markets()[market].candles(*minutes, start, usize::MAX);
    let price = |value: Decimal| plain(value.round_dp(products::PRICE_DECIMALS));
    let rows: Vec<Value> = candles
        .iter()
        .rev()
        .filter(|candle| candle.begin_s <= end)
        .take(limit)
        .map(|candle| {
            json!({
                "start": candle.begin_s.to_string(),
                "low": price(candle.low),
                "high": price(candle.high),
                "open": price(candle.open),
                "close": price(candle.close),
                "volume": plain(candle.volume.round_dp(LOT_DECIMALS)),
            })
        })
        .collect();
    Ok(json!({ "candles": rows }))
}

/// Get Market Trades, at the path `ticker`.
fn trades(engine: &Engine, market: usize, query: &Query) -> Result<Value> {
    let limit = query.limit(100, TRADES)?;
    let (start, end) = (query.int("start")?, query.int("end")?);
    let second = |trade: &PublicTrade| trade.time_ns.div_euclid(1_000_000_000);
    let within = |trade: &&PublicTrade| {
        start.is_none_or(|start| second(trade) >= start) && end.is_none_or(|end| second(trade) <= end)
    };
    let rows = engine.markets()[market].trades().rev().filter(within).take(limit);
    let rows: Vec<Value> = rows.map(|trade| trade_json(market, trade)).collect();
    let (bids, asks) = engine.depth(market, 1);
    let best = |levels: &[PriceLevel]| levels.first().map(|level| plain(level.price)).unwrap_or_default();
    Ok(json!({ "trades": rows, "best_bid": best(&bids), "best_ask": best(&asks) }))
}

/// A trade as everybody sees it. The side is the maker's (WebSocket channels, market trades).
pub(super) fn trade_json(market: usize, trade: &PublicTrade) -> Value {
    json!({
        "trade_id": trade.id.to_string(),
        "product_id": PRODUCTS[market].id,
        "price": plain(trade.price),
        "size": plain(trade.qty),
        "time": rfc3339(trade.time_ns),
        "side": side(trade.side.opposite()),
        "bid": "",
        "ask": "",
        "exchange": "coinbase",
    })
}

pub(super) fn side(side: Side) -> &'static str {
    if side == Side::Buy { "BUY" } else { "SELL" }
}

fn book(engine: &Engine, query: &Query, now_ns: i64) -> Result<Value> {
    let market = find(query.get("product_id").unwrap_or_default())?;
    let depth = query.limit(usize::MAX, usize::MAX)?;
    let (bids, asks) = engine.depth(market, depth);
    let (bid, ask) = (bids.first().map(|l| l.price), asks.first().map(|l| l.price));
    let spread = bid.zip(ask).map(|(bid, ask)| (ask - bid, (ask + bid) / Decimal::TWO));
    let (absolute, mid) = spread.unwrap_or_default();
    let bps = if mid.is_zero() { Decimal::ZERO } else { absolute * Decimal::from(10_000) / mid };
    Ok(json!({
        "pricebook": pricebook(market, &bids, &asks, now_ns),
        "last": plain(engine.markets()[market].last_price()),
        "mid_market": plain(mid),
        "spread_bps": plain(bps.round_dp(8)),
        "spread_absolute": plain(absolute),
    }))
}

fn best(engine: &Engine, query: &Query, now_ns: i64) -> Result<Value> {
    let wanted = query.list(["product_ids", "product_ids"]);
    let markets: Vec<usize> = if wanted.is_empty() {
        (0..PRODUCTS.len()).collect()
    } else {
        wanted.into_iter().map(find).collect::<Result<_>>()?
    };
    let books = markets.into_iter().map(|market| {
        let (bids, asks) = engine.depth(market, 1);
        pricebook(market, &bids, &asks, now_ns)
    });
    Ok(json!({ "pricebooks": books.collect::<Vec<_>>() }))
}

fn pricebook(market: usize, bids: &[PriceLevel], asks: &[PriceLevel], now_ns: i64) -> Value {
    let rows = |levels: &[PriceLevel]| -> Vec<Value> {
        levels.iter().map(|level| json!({ "price": plain(level.price), "size": plain(level.qty) })).collect()
    };
    json!({ "product_id": PRODUCTS[market].id, "bids": rows(bids), "asks": rows(asks), "time": rfc3339(now_ns) })
}
