//! Market streams of one connection: what it asked for, and what it was sent last.

use super::format::{eight, fixed, ms};
use super::public::{agg_trade, interval, levels};
use super::symbols::{SYMBOLS, Symbol};
use super::{filters, symbols};
use crate::engine::{Candle, Engine, PriceLevel, Side};
use crate::venue::Venue;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

/// Levels of a difference: the whole book.
const ALL: usize = usize::MAX;

/// What a stream shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Trade,
    AggTrade,
    Kline(&'static str),
    MiniTicker,
    Ticker,
    BookTicker,
    AvgPrice,
    /// Differences of the book.
    Depth,
    /// The best levels.
    PartialDepth(usize),
    AllMiniTickers,
    AllTickers,
}

/// How often a stream may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pace {
    AtOnce,
    TenASecond,
    EachSecond,
}

/// One stream.
#[derive(Debug)]
struct Stream {
    kind: Kind,
    pace: Pace,
    market: usize,
    /// The market's version that was last looked at.
    version: u64,
    last_trade: u64,
    bids: BTreeMap<Decimal, Decimal>,
    asks: BTreeMap<Decimal, Decimal>,
    best: Option<Value>,
    candle: Option<Candle>,
}

/// All market streams of a connection.
#[derive(Debug, Default)]
pub(super) struct MarketStreams(BTreeMap<String, Stream>);

impl MarketStreams {
    /// Subscribes to a stream by name. A name that means nothing is accepted and stays silent, as Binance does.
    pub(super) fn add(&mut self, venue: &Venue, name: &str) {
        if self.0.contains_key(name) {
            return;
        }
        let Some((kind, pace, market)) = parse(name) else { return };
        let engine = venue.engine.lock();
        let state = &engine.markets()[market];
        let mut stream = Stream {
            kind,
            pace,
            market,
            version: state.version,
            last_trade: state.last().map_or(0, |last| last.id),
            bids: BTreeMap::new(),
            asks: BTreeMap::new(),
            best: None,
            candle: None,
        };
        if kind == Kind::Depth {
            let (bids, asks) = engine.depth(market, ALL);
            (stream.bids, stream.asks) = (collect(&bids), collect(&asks));
        } else {
            // The first look sends what there is; real markets never stand still for long.
            stream.version = 0;
        }
        self.0.insert(name.to_owned(), stream);
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }

    /// Messages for what changed: with `tenth`, of the streams that send ten times a second too, with `second` of all.
    pub(super) fn changes(&mut self, venue: &Venue, tenth: bool, second: bool) -> Vec<(String, Value)> {
        let mut out = Vec::new();
        let engine = venue.engine.lock();
        let now_ns = venue.clock.now_ns();
        let still = venue.streams.stale_book.load(Ordering::Relaxed);
        for (name, stream) in &mut self.0 {
            let due = match stream.pace {
                Pace::AtOnce => true,
                Pace::TenASecond => tenth,
                Pace::EachSecond => second,
            };
            if !due || (still && matches!(stream.kind, Kind::Depth | Kind::PartialDepth(_))) {
                continue;
            }
            out.extend(stream.look(&engine, now_ns).into_iter().map(|message| (name.clone(), message)));
        }
        out
    }
}

impl Stream {
    fn look(&mut self, engine: &Engine, now_ns: i64) -> Vec<Value> {
        let (market, symbol) = (&engine.markets()[self.market], &SYMBOLS[self.market]);
        if matches!(self.kind, Kind::AllMiniTickers | Kind::AllTickers) {
            let mini = self.kind == Kind::AllMiniTickers;
            let all = SYMBOLS
                .iter()
                .enumerate()
                .map(|(market, symbol)| ticker(engine, market, symbol, mini, now_ns));
            return vec![all.collect()];
        }
        if market.version == self.version {
            return Vec::new();
        }
        let before = std::mem::replace(&mut self.version, market.version);
        let event = |kind: &str, mut body: Value| {
            body["e"] = json!(kind);
            body["E"] = json!(ms(now_ns));
            body["s"] = json!(symbol.name);
            body
        };
        match self.kind {
            Kind::Trade | Kind::AggTrade => {
                let fresh: Vec<_> = market.trades().filter(|trade| trade.id > self.last_trade).collect();
                self.last_trade = fresh.last().map_or(self.last_trade, |last| last.id);
                let one = |trade: &&crate::engine::PublicTrade| {
                    if self.kind == Kind::AggTrade {
                        return event("aggTrade", agg_trade(trade));
                    }
                    let body = json!({
                        "t": trade.id,
                        "p": eight(trade.price),
                        "q": eight(trade.qty),
                        "T": ms(trade.time_ns),
                        "m": trade.side == Side::Sell,
                        "M": true,
                    });
                    event("trade", body)
                };
                fresh.iter().map(one).collect()
            }
            Kind::Kline(length) => {
                let minutes = interval(length).unwrap_or(1);
                let newest = market.candles(minutes, 0, 1).last().copied();
                if newest == self.candle {
                    return Vec::new();
                }
                self.candle = newest;
                let kline = newest.map(|candle| {
                    event("kline", json!({ "k": kline(&candle, symbol, length, minutes, now_ns) }))
                });
                kline.into_iter().collect()
            }
            Kind::MiniTicker => vec![ticker(engine, self.market, symbol, true, now_ns)],
            Kind::Ticker => vec![ticker(engine, self.market, symbol, false, now_ns)],
            Kind::AvgPrice => {
                let average = eight(filters::average(engine, self.market, now_ns));
                let last = market.last().map_or(now_ns, |last| last.time_ns);
                vec![event("avgPrice", json!({ "i": "5m", "w": average, "T": ms(last) }))]
            }
            Kind::BookTicker => {
                let (bids, asks) = engine.depth(self.market, 1);
                let (Some(bid), Some(ask)) = (bids.first(), asks.first()) else { return Vec::new() };
                let best = json!([eight(bid.price), eight(bid.qty), eight(ask.price), eight(ask.qty)]);
                if self.best.as_ref() == Some(&best) {
                    return Vec::new();
                }
                let message = json!({ "u": market.version, "s": symbol.name, "b": best[0], "B": best[1], "a": best[2], "A": best[3] });
                self.best = Some(best);
                vec![message]
            }
            Kind::PartialDepth(depth) => {
                let (bids, asks) = engine.depth(self.market, depth);
                let book = json!([levels(&bids), levels(&asks)]);
                if self.best.as_ref() == Some(&book) {
                    return Vec::new();
                }
                let message = json!({ "lastUpdateId": market.version, "bids": book[0], "asks": book[1] });
                self.best = Some(book);
                vec![message]
            }
            Kind::Depth => {
                let (bids, asks) = engine.depth(self.market, ALL);
                let (bids, asks) = (collect(&bids), collect(&asks));
                let changed = (difference(&self.bids, &bids), difference(&self.asks, &asks));
                if changed.0.is_empty() && changed.1.is_empty() {
                    // Nothing is sent, so the next message still begins where the last one ended.
                    self.version = before;
                    return Vec::new();
                }
                (self.bids, self.asks) = (bids, asks);
                vec![event(
                    "depthUpdate",
                    json!({ "U": before + 1, "u": market.version, "b": changed.0, "a": changed.1 }),
                )]
            }
            Kind::AllMiniTickers | Kind::AllTickers => Vec::new(),
        }
    }
}

fn parse(name: &str) -> Option<(Kind, Pace, usize)> {
    match name {
        "!miniTicker@arr" => return Some((Kind::AllMiniTickers, Pace::EachSecond, 0)),
        "!ticker@arr" => return Some((Kind::AllTickers, Pace::EachSecond, 0)),
        _ => {}
    }
    let (symbol, stream) = name.split_once('@')?;
    // Names of streams are in small letters.
    if symbol.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    let (market, _) = symbols::find(&symbol.to_ascii_uppercase())?;
    let depth = |levels: &str| -> Option<Kind> {
        match levels {
            "" => Some(Kind::Depth),
            "5" => Some(Kind::PartialDepth(5)),
            "10" => Some(Kind::PartialDepth(10)),
            "20" => Some(Kind::PartialDepth(20)),
            _ => None,
        }
    };
    let (kind, pace) = match stream {
        "trade" => (Kind::Trade, Pace::AtOnce),
        "aggTrade" => (Kind::AggTrade, Pace::AtOnce),
        "bookTicker" => (Kind::BookTicker, Pace::AtOnce),
        "miniTicker" => (Kind::MiniTicker, Pace::EachSecond),
        "ticker" => (Kind::Ticker, Pace::EachSecond),
        "avgPrice" => (Kind::AvgPrice, Pace::EachSecond),
        _ => {
            if let Some(length) = stream.strip_prefix("kline_") {
                (Kind::Kline(length_name(length)?), Pace::EachSecond)
            } else {
                let rest = stream.strip_prefix("depth")?;
                match rest.strip_suffix("@100ms") {
                    Some(levels) => (depth(levels)?, Pace::TenASecond),
                    None => (depth(rest.strip_suffix("@1000ms").unwrap_or(rest))?, Pace::EachSecond),
                }
            }
        }
    };
    Some((kind, pace, market))
}

fn length_name(text: &str) -> Option<&'static str> {
    let names = ["1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w"];
    names.into_iter().find(|name| *name == text)
}

fn collect(levels: &[PriceLevel]) -> BTreeMap<Decimal, Decimal> {
    levels.iter().map(|level| (level.price, level.qty)).collect()
}

/// New and changed levels, and gone ones with quantity zero.
fn difference(old: &BTreeMap<Decimal, Decimal>, new: &BTreeMap<Decimal, Decimal>) -> Vec<Value> {
    let gone = old.keys().filter(|price| !new.contains_key(price)).map(|price| (*price, Decimal::ZERO));
    let changed =
        new.iter().filter(|(price, qty)| old.get(price) != Some(qty)).map(|(price, qty)| (*price, *qty));
    gone.chain(changed).map(|(price, qty)| json!([eight(price), eight(qty)])).collect()
}

fn kline(candle: &Candle, symbol: &Symbol, length: &str, minutes: i64, now_ns: i64) -> Value {
    let end = (candle.begin_s + 60 * minutes) * 1_000 - 1;
    json!({
        "t": candle.begin_s * 1_000,
        "T": end,
        "s": symbol.name,
        "i": length,
        "f": -1,
        "L": -1,
        "o": eight(candle.open),
        "c": eight(candle.close),
        "h": eight(candle.high),
        "l": eight(candle.low),
        "v": eight(candle.volume),
        "n": candle.trades,
        "x": ms(now_ns) > end,
        "q": eight(candle.turnover),
        "V": eight(candle.volume / Decimal::TWO),
        "Q": eight(candle.turnover / Decimal::TWO),
        "B": "0",
    })
}

fn ticker(engine: &Engine, market: usize, symbol: &Symbol, mini: bool, now_ns: i64) -> Value {
    let state = &engine.markets()[market];
    let stats = state.stats(now_ns);
    let last = state.last_price();
    let mut out = json!({
        "e": if mini { "24hrMiniTicker" } else { "24hrTicker" },
        "E": ms(now_ns),
        "s": symbol.name,
        "c": eight(last),
        "o": eight(stats.open),
        "h": eight(stats.high),
        "l": eight(stats.low),
        "v": eight(stats.volume),
        "q": eight(stats.volume * stats.vwap),
    });
    if mini {
        return out;
    }
    let (bids, asks) = engine.depth(market, 1);
    let best = |levels: &[PriceLevel]| {
        levels.first().map_or_else(Default::default, |level| (level.price, level.qty))
    };
    let ((bid, bid_qty), (ask, ask_qty)) = (best(&bids), best(&asks));
    let change = last - stats.open;
    let percent =
        if stats.open.is_zero() { Decimal::ZERO } else { change * Decimal::ONE_HUNDRED / stats.open };
    for (name, value) in [
        ("p", json!(eight(change))),
        ("P", json!(fixed(percent, 3))),
        ("w", json!(eight(stats.vwap))),
        ("x", json!(eight(stats.open))),
        ("Q", json!(eight(state.last().map(|last| last.qty).unwrap_or_default()))),
        ("b", json!(eight(bid))),
        ("B", json!(eight(bid_qty))),
        ("a", json!(eight(ask))),
        ("A", json!(eight(ask_qty))),
        ("O", json!(ms(now_ns) - 86_400_000)),
        ("C", json!(ms(now_ns))),
        ("F", json!(state.trades().next().map_or(0, |first| first.id))),
        ("L", json!(state.last().map_or(0, |last| last.id))),
        ("n", json!(stats.trades)),
    ] {
        out[name] = value;
    }
    out
}
