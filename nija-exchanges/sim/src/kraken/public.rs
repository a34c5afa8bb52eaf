//! Public REST calls.

use super::error::KrakenError;
use super::format::{fixed, seconds};
use super::pairs::{self, ASSETS, Asset, LOT_DECIMALS, PAIRS, Pair};
use super::params::Params;
use crate::clock::rfc3339;
use crate::engine::{Engine, PriceLevel, Side};
use crate::venue::Venue;
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::macros::format_description;

/// Candle lengths that Kraken has, in minutes.
pub(crate) const INTERVALS: [i64; 9] = [1, 5, 15, 30, 60, 240, 1_440, 10_080, 21_600];
/// Candles in one answer.
const CANDLES: usize = 720;

type Answer = Result<Value, KrakenError>;

pub(crate) fn call(venue: &Venue, method: &str, params: &Params) -> Answer {
    let now_ns = venue.clock.now_ns();
    let engine = &venue.engine;
    match method {
        "Time" => time(now_ns),
        "SystemStatus" => Ok(json!({ "status": "online", "timestamp": rfc3339(now_ns) })),
        "Assets" => assets(params),
        "AssetPairs" => asset_pairs(&engine.lock(), params),
        "Ticker" => ticker(&engine.lock(), params, now_ns),
        "OHLC" => ohlc(&engine.lock(), params),
        "Depth" => depth(&engine.lock(), params),
        "Trades" => trades(&engine.lock(), params),
        "Spread" => spread(&engine.lock(), params),
        _ => Err(KrakenError::UNKNOWN_METHOD),
    }
}

fn time(now_ns: i64) -> Answer {
    let unix = now_ns.div_euclid(1_000_000_000);
    let time = OffsetDateTime::from_unix_timestamp(unix).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let format = format_description!(
        "[weekday repr:short], [day padding:space] [month repr:short] [year repr:last_two] [hour]:[minute]:[second] +0000"
    );
    Ok(json!({ "unixtime": unix, "rfc1123": time.format(&format).unwrap_or_default() }))
}

fn assets(params: &Params) -> Answer {
    let wanted: Vec<&Asset> = match params.get("asset") {
        None => ASSETS.iter().collect(),
        Some(list) => {
            let each =
                list.split(',').map(|name| pairs::asset(name.trim()).ok_or(KrakenError::UNKNOWN_ASSET));
            each.collect::<Result<_, _>>()?
        }
    };
    let entry = |asset: &Asset| {
        let value = json!({
            "aclass": "currency",
            "altname": asset.altname,
            "decimals": asset.decimals,
            "display_decimals": asset.display_decimals,
            "collateral_value": 1,
            "status": "enabled",
        });
        (asset.name.to_owned(), value)
    };
    Ok(Value::Object(wanted.into_iter().map(entry).collect()))
}

fn asset_pairs(engine: &Engine, params: &Params) -> Answer {
    let fees = |maker: bool| -> Vec<Value> {
        let row = |tier: &crate::engine::FeeTier| {
            let pct = if maker { tier.maker_pct } else { tier.taker_pct };
            json!([tier.volume.to_i64(), pct.to_f64()])
        };
        engine.fees().tiers.iter().map(row).collect()
    };
    let entry = |(_, pair): (usize, &Pair)| {
        let value = json!({
            "altname": pair.altname,
            "wsname": pair.wsname,
            "aclass_base": "currency",
            "base": pair.base.name,
            "aclass_quote": "currency",
            "quote": pair.quote.name,
            "lot": "unit",
            "cost_decimals": pairs::COST_DECIMALS,
            "pair_decimals": pair.price_decimals,
            "lot_decimals": LOT_DECIMALS,
            "lot_multiplier": 1,
            "leverage_buy": [],
            "leverage_sell": [],
            "fees": fees(false),
            "fees_maker": fees(true),
            "fee_volume_currency": "ZUSD",
            "margin_call": 80,
            "margin_stop": 40,
            "long_position_limit": 0,
            "short_position_limit": 0,
            "ordermin": pair.min_volume().to_string(),
            "costmin": pair.min_cost().to_string(),
            "tick_size": pair.tick().to_string(),
            "status": "online",
        });
        (pair.name.to_owned(), value)
    };
    Ok(Value::Object(wanted(params, false)?.into_iter().map(entry).collect()))
}

fn ticker(engine: &Engine, params: &Params, now_ns: i64) -> Answer {
    let mut out = Map::new();
    for (market, pair) in wanted(params, false)? {
        let state = &engine.markets()[market];
        let (bids, asks) = engine.depth(market, 1);
        let price = |value| fixed(value, 5);
        let level = |level: Option<&PriceLevel>| {
            let qty = level.map(|level| level.qty).unwrap_or_default();
            let whole = qty.ceil().max(rust_decimal::Decimal::ONE).to_string();
            json!([price(level.map(|level| level.price).unwrap_or_default()), whole, fixed(qty, 3)])
        };
        let day = state.stats(now_ns);
        let today = state.stats_since(now_ns.div_euclid(86_400_000_000_000) * 86_400);
        let value = json!({
            "a": level(asks.first()),
            "b": level(bids.first()),
            "c": [price(state.last_price()), fixed(state.last().map(|last| last.qty).unwrap_or_default(), LOT_DECIMALS)],
            "v": [fixed(today.volume, LOT_DECIMALS), fixed(day.volume, LOT_DECIMALS)],
            "p": [price(today.vwap), price(day.vwap)],
            "t": [today.trades, day.trades],
            "l": [price(today.low), price(day.low)],
            "h": [price(today.high), price(day.high)],
            "o": price(today.open),
        });
        out.insert(pair.name.to_owned(), value);
    }
    Ok(Value::Object(out))
}

fn ohlc(engine: &Engine, params: &Params) -> Answer {
    let (market, pair) = one(params)?;
    let interval = params.int("interval")?.unwrap_or(1);
    if !INTERVALS.contains(&interval) {
        return Err(KrakenError::argument("interval"));
    }
    let since = params.int("since")?.unwrap_or(0);
    let candles = engine.markets()[market].candles(interval, since, CANDLES);
    let price = |value| fixed(value, pair.price_decimals);
    // The last entry is still being made: `last` names the newest finished one, to be used as the next `since`.
    let last = candles.iter().rev().nth(1).or(candles.last()).map_or(since, |candle| candle.begin_s);
    let rows: Vec<Value> = candles
        .iter()
        .map(|candle| {
            json!([
                candle.begin_s,
                price(candle.open),
                price(candle.high),
                price(candle.low),
                price(candle.close),
                price(candle.vwap()),
                fixed(candle.volume, LOT_DECIMALS),
                candle.trades,
            ])
        })
        .collect();
    Ok(json!({ pair.name: rows, "last": last }))
}

fn depth(engine: &Engine, params: &Params) -> Answer {
    let (market, pair) = one(params)?;
    let count = params.int("count")?.unwrap_or(100);
    let count = usize::try_from(count).ok().filter(|count| (1..=500).contains(count));
    let (bids, asks) = engine.depth(market, count.ok_or_else(|| KrakenError::argument("count"))?);
    let rows = |levels: Vec<PriceLevel>| -> Vec<Value> {
        let row = |level: PriceLevel| {
            json!([fixed(level.price, 5), fixed(level.qty, 3), level.updated_ns.div_euclid(1_000_000_000)])
        };
        levels.into_iter().map(row).collect()
    };
    Ok(json!({ pair.name: { "asks": rows(asks), "bids": rows(bids) } }))
}

fn trades(engine: &Engine, params: &Params) -> Answer {
    let (market, pair) = one(params)?;
    let since = params.int("since")?.unwrap_or(0);
    // Seconds and nanoseconds are both in use as `since`.
    let since = if since < 100_000_000_000 { since.saturating_mul(1_000_000_000) } else { since };
    let count = params.int("count")?.unwrap_or(1_000);
    let count = usize::try_from(count).ok().filter(|count| (1..=1_000).contains(count));
    let count = count.ok_or_else(|| KrakenError::argument("count"))?;
    let all: Vec<_> = engine.markets()[market].trades().filter(|trade| trade.time_ns > since).collect();
    let skip = if since == 0 { all.len().saturating_sub(count) } else { 0 };
    let some: Vec<_> = all.into_iter().skip(skip).take(count).collect();
    let last = some.last().map_or(since, |trade| trade.time_ns);
    let rows: Vec<Value> = some
        .into_iter()
        .map(|trade| {
            json!([
                fixed(trade.price, 5),
                fixed(trade.qty, LOT_DECIMALS),
                seconds(trade.time_ns),
                if trade.side == Side::Buy { "b" } else { "s" },
                if trade.market_order { "m" } else { "l" },
                "",
                trade.id,
            ])
        })
        .collect();
    Ok(json!({ pair.name: rows, "last": last.to_string() }))
}

fn spread(engine: &Engine, params: &Params) -> Answer {
    let (market, pair) = one(params)?;
    let since = params.int("since")?.unwrap_or(0);
    let at = |ns: i64| ns.div_euclid(1_000_000_000);
    let points: Vec<_> =
        engine.markets()[market].spreads().filter(|point| at(point.time_ns) >= since).copied().collect();
    let last = points.last().map_or(since, |point| at(point.time_ns));
    let rows: Vec<Value> = points
        .iter()
        .map(|point| json!([at(point.time_ns), fixed(point.bid, 5), fixed(point.ask, 5)]))
        .collect();
    Ok(json!({ pair.name: rows, "last": last }))
}

/// The pairs that a request names; all when it names none and `required` is false.
pub(crate) fn wanted(params: &Params, required: bool) -> Result<Vec<(usize, &'static Pair)>, KrakenError> {
    match params.get("pair") {
        None if required => Err(KrakenError::argument("pair")),
        None => Ok(PAIRS.iter().enumerate().collect()),
        Some(list) => {
            list.split(',').map(|name| pairs::find(name.trim()).ok_or(KrakenError::UNKNOWN_PAIR)).collect()
        }
    }
}

fn one(params: &Params) -> Result<(usize, &'static Pair), KrakenError> {
    let mut all = wanted(params, true)?;
    match (all.pop(), all.is_empty()) {
        (Some(pair), true) => Ok(pair),
        _ => Err(KrakenError::UNKNOWN_PAIR),
    }
}
