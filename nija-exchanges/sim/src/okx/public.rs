//! The clock, the instruments, and the band of their prices.

use super::error::Result;
use super::instruments::{INSTRUMENTS, Instrument, MOST_LIMIT, MOST_LIMIT_SZ, MOST_MARKET, ms, plain};
use super::query::Query;
use super::rest::rows;
use crate::engine::Engine;
use crate::venue::Venue;
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// Buys may not be limited above the last price by more than this part of it, nor sells below. OKX's own band is narrower
/// and not documented.
const BAND: Decimal = Decimal::from_parts(1, 0, 0, false, 1);

pub(super) fn time(now_ns: i64) -> Value {
    rows(json!([{ "ts": ms(now_ns) }]))
}

/// `GET /public/instruments`.
pub(super) fn instruments(query: &Query) -> Result<Value> {
    query.need("instType")?;
    if !query.is_spot()? {
        return Ok(rows(json!([])));
    }
    Ok(rows(match query.maybe_instrument()? {
        Some(market) => vec![about(market, &INSTRUMENTS[market])],
        None => all(),
    }))
}

/// All instruments.
pub(super) fn all() -> Vec<Value> {
    INSTRUMENTS.iter().enumerate().map(|(index, instrument)| about(index, instrument)).collect()
}

fn about(index: usize, instrument: &Instrument) -> Value {
    let mut out = json!({
        "alias": "",
        "auctionEndTime": "",
        "baseCcy": instrument.base,
        "category": "1",
        "contTdSwTime": "",
        "elp": "0",
        "futureSettlement": false,
        "groupId": instrument.group,
        "instCategory": "1",
        "instId": instrument.id,
        "instIdCode": 1_000 + index,
        "instType": "SPOT",
        "listTime": "1548133413000",
        "lotSz": plain(instrument.lot()),
        "maxIcebergSz": "999999999",
        "maxLmtAmt": MOST_LIMIT.to_string(),
        "maxLmtSz": MOST_LIMIT_SZ.to_string(),
        "maxMktAmt": MOST_MARKET.to_string(),
        "maxMktSz": MOST_MARKET.to_string(),
        "maxStopSz": MOST_MARKET.to_string(),
        "maxTriggerSz": MOST_LIMIT_SZ.to_string(),
        "maxTwapSz": "999999999",
        "minSz": plain(instrument.min_sz()),
        "quoteCcy": instrument.quote,
        "ruleType": "normal",
        "state": "live",
        "tickSz": plain(instrument.tick()),
        "tradeQuoteCcyList": [instrument.quote],
        "upcChg": [],
    });
    // What spot instruments have not.
    let none = [
        "ctMult",
        "ctType",
        "ctVal",
        "ctValCcy",
        "expTime",
        "instFamily",
        "lever",
        "openType",
        "optType",
        "posLmtAmt",
        "posLmtPct",
        "preMktSwTime",
        "settleCcy",
        "stk",
        "uly",
    ];
    none.into_iter().for_each(|name| out[name] = json!(""));
    out
}

/// The highest price of buys and the lowest of sells.
pub(super) fn band(engine: &Engine, market: usize) -> (Decimal, Decimal) {
    let (last, tick) = (engine.markets()[market].last_price(), INSTRUMENTS[market].tick());
    let edge = |part: Decimal| (last * part / tick).round() * tick;
    (edge(Decimal::ONE + BAND), edge(Decimal::ONE - BAND))
}

/// `GET /public/price-limit`.
pub(super) fn price_limit(venue: &Venue, query: &Query, now_ns: i64) -> Result<Value> {
    let (market, instrument) = query.instrument()?;
    let (most, least) = band(&venue.engine.lock(), market);
    Ok(rows(json!([{
        "instType": "SPOT",
        "instId": instrument.id,
        "buyLmt": plain(most),
        "sellLmt": plain(least),
        "enabled": true,
        "ts": ms(now_ns),
    }])))
}
