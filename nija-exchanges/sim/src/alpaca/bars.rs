//! Bars, trades and quotes of market data.

use super::assets::{ASSETS, Class};
use super::error::{Refusal, Result};
use super::query::{number, rfc3339};
use crate::engine::{Candle, Engine, MarketId, PriceLevel, PublicTrade, Side};
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// Minutes of a timeframe: `1Min`, `15T`, `1Hour`, `1Day`, `1Week`, `1Month`.
pub(crate) fn minutes(text: &str) -> Result<i64> {
    let bad = || Refusal::invalid("invalid timeframe");
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let count: i64 = text[..digits].parse().map_err(|_| bad())?;
    let (unit, most) = match &text[digits..] {
        "Min" | "T" => (1, 59),
        "Hour" | "H" => (60, 23),
        "Day" | "D" => (1_440, 1),
        "Week" | "W" => (10_080, 1),
        "Month" | "M" => (43_200, 12),
        _ => return Err(bad()),
    };
    if (1..=most).contains(&count) { Ok(count * unit) } else { Err(bad()) }
}

pub(crate) fn bar(market: MarketId, candle: &Candle) -> Value {
    let price = |value: Decimal| number(value.round_dp(if is_stock(market) { 2 } else { 6 }));
    json!({
        "t": rfc3339(candle.begin_s.saturating_mul(1_000_000_000)),
        "o": price(candle.open),
        "h": price(candle.high),
        "l": price(candle.low),
        "c": price(candle.close),
        "v": number(if is_stock(market) { candle.volume.round() } else { candle.volume }),
        "n": candle.trades,
        "vw": number(candle.vwap().round_dp(6)),
    })
}

pub(crate) fn trade(market: MarketId, trade: &PublicTrade) -> Value {
    let mut out = json!({
        "t": rfc3339(trade.time_ns),
        "p": number(trade.price),
        "s": number(trade.qty),
        "i": trade.id,
    });
    if is_stock(market) {
        out["x"] = json!("V");
        out["c"] = json!(["@"]);
        out["z"] = json!("C");
    } else {
        out["tks"] = json!(if trade.side == Side::Buy { "B" } else { "S" });
    }
    out
}

/// Best prices now. Sizes of stocks are whole shares.
pub(crate) fn quote(engine: &Engine, market: MarketId, now_ns: i64) -> Value {
    let (bids, asks) = engine.depth(market, 1);
    let best =
        |levels: &[PriceLevel]| levels.first().map_or((Decimal::ZERO, Decimal::ZERO), |l| (l.price, l.qty));
    let ((bid, bid_size), (ask, ask_size)) = (best(&bids), best(&asks));
    let size = |value: Decimal| number(if is_stock(market) { value.ceil() } else { value });
    let mut out = json!({
        "t": rfc3339(now_ns),
        "bp": number(bid),
        "bs": size(bid_size),
        "ap": number(ask),
        "as": size(ask_size),
    });
    if is_stock(market) {
        out["bx"] = json!("V");
        out["ax"] = json!("V");
        out["c"] = json!(["R"]);
        out["z"] = json!("C");
    }
    out
}

pub(crate) fn levels(levels: &[PriceLevel]) -> Vec<Value> {
    levels.iter().map(|level| json!({ "p": number(level.price), "s": number(level.qty) })).collect()
}

pub(crate) fn is_stock(market: MarketId) -> bool {
    ASSETS.get(market).is_some_and(|asset| asset.class == Class::Stock)
}
