//! Market channels of one connection: what it asked for, and what it was sent last.

use super::bars::Bar;
use super::instruments::{self, INSTRUMENTS, ms};
use super::market::{candle_row, levels, ticker_row, trade_row};
use super::public;
use super::ws::{Refusal, refuse, short};
use super::ws_book::SentBook;
use crate::engine::Candle;
use crate::venue::Venue;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

/// What was sent of one subscription.
#[derive(Debug)]
enum Sent {
    Ticker(u64),
    /// The last trade told.
    Trades(u64),
    Book(Box<SentBook>),
    /// The best levels as they were sent, and how many.
    Top(usize, Value),
    Candle(Bar, Option<Candle>),
    Instruments,
}

/// One subscription.
#[derive(Debug)]
struct Subscription {
    arg: Value,
    market: usize,
    sent: Sent,
}

/// All of one connection, by channel and instrument: OKX pushes `bbo-tbt` before `books` before `books5`.
#[derive(Debug, Default)]
pub(super) struct MarketChannels(BTreeMap<(u8, String), Subscription>);

fn rank(channel: &str) -> u8 {
    match channel {
        "bbo-tbt" => 0,
        "books" => 1,
        "books5" => 2,
        _ => 3,
    }
}

fn name(channel: &str, arg: &Value) -> (u8, String) {
    let of = arg.get("instId").and_then(Value::as_str).unwrap_or_default();
    (rank(channel), format!("{channel}:{of}"))
}

fn push(arg: &Value, data: impl Into<Value>) -> Value {
    json!({ "arg": arg, "data": data.into() })
}

impl MarketChannels {
    /// Subscribes; returns what comes first.
    pub(super) fn add(&mut self, venue: &Venue, channel: &str, arg: &Value) -> Result<Vec<Value>, Refusal> {
        if channel == "instruments" {
            let rows = public::all();
            let sent = Sent::Instruments;
            self.0.insert(name(channel, arg), Subscription { arg: arg.clone(), market: 0, sent });
            return Ok(vec![push(arg, rows)]);
        }
        let id = arg.get("instId").and_then(Value::as_str).unwrap_or_default();
        let Some((market, _)) = instruments::find(id) else {
            let what = format!("channel:{channel},instId:{} doesn't exist", short(id));
            return refuse(
                60018,
                format!(
                    "Wrong URL or {what}. Please use the correct URL, channel and parameters referring to API document."
                ),
            );
        };
        let engine = venue.engine.lock();
        let state = &engine.markets()[market];
        let now_ns = venue.clock.now_ns();
        let (sent, first) = match channel {
            "tickers" => {
                let row = ticker_row(&engine, market, now_ns);
                (Sent::Ticker(state.version), Some(push(arg, json!([row]))))
            }
            "trades" | "trades-all" => (Sent::Trades(state.last().map_or(0, |trade| trade.id)), None),
            "books" => {
                let mut sent = SentBook::default();
                let first = sent.snapshot(&engine, market, now_ns);
                let first = json!({ "arg": arg, "action": "snapshot", "data": [first] });
                (Sent::Book(Box::new(sent)), Some(first))
            }
            "bbo-tbt" | "books5" => {
                let depth = if channel == "books5" { 5 } else { 1 };
                let (top, row) = top(&engine, market, depth, now_ns);
                (Sent::Top(depth, top), Some(push(arg, json!([row]))))
            }
            _ => {
                let Some(bar) = channel.strip_prefix("candle").and_then(Bar::of) else {
                    let what = format!("channel:{} doesn't exist", short(channel));
                    return refuse(
                        60018,
                        format!(
                            "Wrong URL or {what}. Please use the correct URL, channel and parameters referring to API document."
                        ),
                    );
                };
                let newest = newest(&engine, market, bar);
                let now_s = now_ns.div_euclid(1_000_000_000);
                let row = newest.map(|candle| push(arg, json!([candle_row(&candle, bar, market, now_s)])));
                (Sent::Candle(bar, newest), row)
            }
        };
        self.0.insert(name(channel, arg), Subscription { arg: arg.clone(), market, sent });
        Ok(first.into_iter().collect())
    }

    pub(super) fn remove(&mut self, channel: &str, arg: &Value) {
        self.0.remove(&name(channel, arg));
    }

    /// Messages for all that changed: trades and the best levels at once, the rest ten times a second.
    pub(super) fn changes(&mut self, venue: &Venue, paced: bool) -> Vec<Value> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let engine = venue.engine.lock();
        let now_ns = venue.clock.now_ns();
        let still = venue.streams.stale_book.load(Ordering::Relaxed);
        let mut out = Vec::new();
        for Subscription { arg, market, sent } in self.0.values_mut() {
            let (market, state) = (*market, &engine.markets()[*market]);
            match sent {
                Sent::Ticker(version) if paced && *version != state.version => {
                    *version = state.version;
                    out.push(push(arg, json!([ticker_row(&engine, market, now_ns)])));
                }
                Sent::Trades(last) => {
                    let fresh = state.trades().filter(|trade| trade.id > *last);
                    let fresh: Vec<Value> = fresh.map(|trade| trade_json(market, trade)).collect();
                    *last = state.last().map_or(*last, |trade| trade.id);
                    // One message each: they are not of one price.
                    out.extend(fresh.into_iter().map(|row| push(arg, json!([row]))));
                }
                Sent::Book(book) if paced && !still => {
                    if let Some(data) = book.update(&engine, market, now_ns) {
                        out.push(json!({ "arg": arg, "action": "update", "data": [data] }));
                    }
                }
                Sent::Top(depth, last) if (paced || *depth == 1) && !still => {
                    let (top, row) = top(&engine, market, *depth, now_ns);
                    if top != *last {
                        *last = top;
                        out.push(push(arg, json!([row])));
                    }
                }
                Sent::Candle(bar, last) if paced => {
                    let now = newest(&engine, market, *bar);
                    if now != *last {
                        *last = now;
                        let now_s = now_ns.div_euclid(1_000_000_000);
                        let row = now.map(|candle| candle_row(&candle, *bar, market, now_s));
                        out.push(push(arg, json!([row])));
                    }
                }
                _ => {}
            }
        }
        out
    }
}

fn trade_json(market: usize, trade: &crate::engine::PublicTrade) -> Value {
    let mut row = trade_row(market, trade);
    row["count"] = json!("1");
    row["seqId"] = json!(trade.id);
    row
}

/// The best levels, and the message that tells them.
fn top(engine: &crate::engine::Engine, market: usize, depth: usize, now_ns: i64) -> (Value, Value) {
    let (bids, asks) = engine.depth(market, depth);
    let top = json!({ "asks": levels(&asks), "bids": levels(&bids) });
    let mut row = top.clone();
    row["ts"] = json!(ms(now_ns));
    row["seqId"] = json!(engine.markets()[market].version);
    if depth > 1 {
        row["instId"] = json!(INSTRUMENTS[market].id);
    }
    (top, row)
}

/// The candle that is not complete yet. Two of the longest are three months' worth of minutes: more than is kept.
fn newest(engine: &crate::engine::Engine, market: usize, bar: Bar) -> Option<Candle> {
    let state = &engine.markets()[market];
    let last = state.candles(1, 0, 1).last()?.begin_s;
    let since = bar.begin(last);
    bar.sum(&state.candles(1, since, usize::MAX)).first().copied()
}
