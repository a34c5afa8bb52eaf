//! Public channels of one connection: what it asked for, and what it was sent last.

use super::pairs::{self, ASSETS, LOT_DECIMALS, PAIRS, Pair};
use super::public::INTERVALS;
use super::ws_book::{DEPTHS, SentBook};
use super::ws_wire::{Message, Num};
use crate::clock::rfc3339;
use crate::engine::{Candle, Engine, PublicTrade, Side};
use crate::venue::Venue;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

/// Trades in a snapshot.
const TRADES: usize = 50;
/// Candles in a snapshot.
const CANDLES: usize = 720;

/// For each subscription made: what to acknowledge, and the snapshots that follow.
pub(super) type Done = Result<Vec<(Value, Vec<String>)>, String>;

/// What one connection is subscribed to, by market.
#[derive(Debug, Default)]
pub(super) struct PublicChannels {
    tickers: BTreeMap<usize, u64>,
    books: BTreeMap<usize, (usize, SentBook)>,
    trades: BTreeMap<usize, u64>,
    candles: BTreeMap<(usize, i64), Option<Candle>>,
    instrument: bool,
}

#[derive(Debug, Serialize)]
struct TickerData {
    symbol: &'static str,
    bid: Num,
    bid_qty: Num,
    ask: Num,
    ask_qty: Num,
    last: Num,
    volume: Num,
    vwap: Num,
    low: Num,
    high: Num,
    change: Num,
    change_pct: Num,
    timestamp: String,
}

#[derive(Debug, Serialize)]
struct TradeData {
    symbol: &'static str,
    side: &'static str,
    price: Num,
    qty: Num,
    ord_type: &'static str,
    trade_id: u64,
    timestamp: String,
}

#[derive(Debug, Serialize)]
struct CandleData {
    symbol: &'static str,
    open: Num,
    high: Num,
    low: Num,
    close: Num,
    trades: u64,
    volume: Num,
    vwap: Num,
    interval_begin: String,
    interval: i64,
    timestamp: String,
}

impl PublicChannels {
    /// Whether anything is subscribed.
    pub(super) fn any(&self) -> bool {
        self.instrument
            || !(self.tickers.is_empty()
                && self.books.is_empty()
                && self.trades.is_empty()
                && self.candles.is_empty())
    }

    /// Subscribes or unsubscribes.
    pub(super) fn change(&mut self, venue: &Venue, subscribe: bool, channel: &str, params: &Value) -> Done {
        let snapshot = params.get("snapshot").and_then(Value::as_bool).unwrap_or(true);
        if channel == "instrument" {
            self.instrument = subscribe;
            let messages = if subscribe && snapshot { vec![instruments()] } else { Vec::new() };
            return Ok(vec![(json!({ "channel": channel, "snapshot": snapshot }), messages)]);
        }
        if !matches!(channel, "ticker" | "book" | "trade" | "ohlc") {
            return Err("Channel not supported".to_owned());
        }
        let depth =
            params.get("depth").map_or(Some(10), Value::as_u64).filter(|depth| DEPTHS.contains(depth));
        let depth = depth.ok_or("Depth not supported")?;
        let interval =
            params.get("interval").map_or(Some(1), Value::as_i64).filter(|i| INTERVALS.contains(i));
        let interval = interval.ok_or("Interval not supported")?;
        let engine = venue.engine.lock();
        let now_ns = venue.clock.now_ns();
        let mut done = Vec::new();
        for (market, pair) in symbols(params)? {
            let mut result = json!({ "channel": channel, "symbol": pair.v2, "snapshot": snapshot });
            match channel {
                "book" => result["depth"] = json!(depth),
                "ohlc" => result["interval"] = json!(interval),
                _ => {}
            }
            if !subscribe {
                self.remove(channel, market, interval);
                done.push((result, Vec::new()));
                continue;
            }
            let state = &engine.markets()[market];
            let message = match channel {
                "ticker" => {
                    self.tickers.insert(market, state.version);
                    Message::new("ticker", true, [ticker(&engine, market, pair, now_ns)]).text()
                }
                "book" => {
                    let depth = usize::try_from(depth).unwrap_or(10);
                    let (bids, asks) = engine.depth(market, depth);
                    let mut sent = SentBook::default();
                    let data = sent.snapshot(pair, &bids, &asks);
                    self.books.insert(market, (depth, sent));
                    Message::new("book", true, [data]).text()
                }
                "trade" => {
                    self.trades.insert(market, state.last().map_or(0, |last| last.id));
                    let mut rows: Vec<TradeData> =
                        state.trades().rev().take(TRADES).map(|trade| trade_data(pair, trade)).collect();
                    rows.reverse();
                    Message::new("trade", true, rows).text()
                }
                _ => {
                    let candles = state.candles(interval, 0, CANDLES);
                    self.candles.insert((market, interval), candles.last().copied());
                    let rows: Vec<CandleData> =
                        candles.iter().map(|candle| candle_data(pair, candle, interval)).collect();
                    Message::new("ohlc", true, rows).at(now_ns).text()
                }
            };
            done.push((result, if snapshot { vec![message] } else { Vec::new() }));
        }
        Ok(done)
    }

    /// Messages for all that changed; tickers whether they changed or not when `all_tickers`.
    pub(super) fn changes(&mut self, venue: &Venue, all_tickers: bool) -> Vec<String> {
        let mut out = Vec::new();
        let engine = venue.engine.lock();
        let now_ns = venue.clock.now_ns();
        let still = venue.streams.stale_book.load(Ordering::Relaxed);
        for (&market, version) in &mut self.tickers {
            let current = engine.markets()[market].version;
            if all_tickers || current != *version {
                *version = current;
                out.push(
                    Message::new("ticker", false, [ticker(&engine, market, &PAIRS[market], now_ns)]).text(),
                );
            }
        }
        for (&market, last) in &mut self.trades {
            let fresh: Vec<TradeData> = engine.markets()[market]
                .trades()
                .filter(|trade| trade.id > *last)
                .map(|trade| trade_data(&PAIRS[market], trade))
                .collect();
            if let Some(newest) = fresh.last() {
                *last = newest.trade_id;
                out.push(Message::new("trade", false, fresh).text());
            }
        }
        for (&market, (depth, sent)) in &mut self.books {
            let (bids, asks) = engine.depth(market, *depth);
            if !still && let Some(data) = sent.update(&PAIRS[market], &bids, &asks, now_ns) {
                out.push(Message::new("book", false, [data]).text());
            }
        }
        for (&(market, interval), last) in &mut self.candles {
            let newest = engine.markets()[market].candles(interval, 0, 1).last().copied();
            if newest != *last
                && let Some(candle) = newest
            {
                *last = newest;
                let data = [candle_data(&PAIRS[market], &candle, interval)];
                out.push(Message::new("ohlc", false, data).at(now_ns).text());
            }
        }
        out
    }

    fn remove(&mut self, channel: &str, market: usize, interval: i64) {
        match channel {
            "ticker" => drop(self.tickers.remove(&market)),
            "book" => drop(self.books.remove(&market)),
            "trade" => drop(self.trades.remove(&market)),
            _ => drop(self.candles.remove(&(market, interval))),
        }
    }
}

fn symbols(params: &Value) -> Result<Vec<(usize, &'static Pair)>, String> {
    let list =
        params.get("symbol").and_then(Value::as_array).filter(|list| !list.is_empty() && list.len() <= 100);
    let list = list.ok_or("Symbol(s) not found")?;
    list.iter()
        .map(|name| {
            let name = name.as_str().unwrap_or_default();
            let shown: String = name.chars().take(20).collect();
            pairs::find_v2(name).ok_or_else(|| format!("Currency pair not supported {shown}"))
        })
        .collect()
}

fn ticker(engine: &Engine, market: usize, pair: &'static Pair, now_ns: i64) -> TickerData {
    let state = &engine.markets()[market];
    let (bids, asks) = engine.depth(market, 1);
    let best = |levels: &[crate::engine::PriceLevel]| {
        levels.first().map_or_else(Default::default, |l| (l.price, l.qty))
    };
    let ((bid, bid_qty), (ask, ask_qty)) = (best(&bids), best(&asks));
    let day = state.stats(now_ns);
    let (last, price) =
        (state.last_price(), |value: Decimal| Num::plain(value.round_dp(pair.price_decimals)));
    let change = last - day.open;
    let pct = if day.open.is_zero() { Decimal::ZERO } else { change * Decimal::ONE_HUNDRED / day.open };
    TickerData {
        symbol: pair.v2,
        bid: price(bid),
        bid_qty: Num::fixed(bid_qty, LOT_DECIMALS),
        ask: price(ask),
        ask_qty: Num::fixed(ask_qty, LOT_DECIMALS),
        last: price(last),
        volume: Num::fixed(day.volume, LOT_DECIMALS),
        vwap: price(day.vwap),
        low: price(day.low),
        high: price(day.high),
        change: price(change),
        change_pct: Num::fixed(pct, 2),
        timestamp: rfc3339(now_ns),
    }
}

fn trade_data(pair: &'static Pair, trade: &PublicTrade) -> TradeData {
    TradeData {
        symbol: pair.v2,
        side: if trade.side == Side::Buy { "buy" } else { "sell" },
        price: Num::plain(trade.price),
        qty: Num::fixed(trade.qty, LOT_DECIMALS),
        ord_type: if trade.market_order { "market" } else { "limit" },
        trade_id: trade.id,
        timestamp: rfc3339(trade.time_ns),
    }
}

fn candle_data(pair: &'static Pair, candle: &Candle, interval: i64) -> CandleData {
    let price = |value: Decimal| Num::plain(value.round_dp(pair.price_decimals));
    let second = 1_000_000_000;
    CandleData {
        symbol: pair.v2,
        open: price(candle.open),
        high: price(candle.high),
        low: price(candle.low),
        close: price(candle.close),
        trades: candle.trades,
        volume: Num::fixed(candle.volume, LOT_DECIMALS),
        vwap: price(candle.vwap()),
        interval_begin: rfc3339(candle.begin_s * second),
        interval,
        timestamp: rfc3339((candle.begin_s + 60 * interval) * second),
    }
}

fn instruments() -> String {
    #[derive(Serialize)]
    struct PairData {
        symbol: &'static str,
        base: &'static str,
        quote: &'static str,
        status: &'static str,
        qty_precision: u32,
        qty_increment: Num,
        qty_min: Num,
        price_precision: u32,
        price_increment: Num,
        tick_size: Num,
        cost_precision: u32,
        cost_min: Num,
        marginable: bool,
        has_index: bool,
    }
    #[derive(Serialize)]
    struct AssetData {
        id: &'static str,
        status: &'static str,
        precision: u32,
        precision_display: u32,
        borrowable: bool,
        collateral_value: Num,
    }
    #[derive(Serialize)]
    struct Data {
        assets: Vec<AssetData>,
        pairs: Vec<PairData>,
    }
    let assets = ASSETS.iter().map(|asset| AssetData {
        id: asset.canonical,
        status: "enabled",
        precision: asset.decimals,
        precision_display: asset.display_decimals,
        borrowable: false,
        collateral_value: Num::plain(Decimal::ONE),
    });
    let pairs = PAIRS.iter().map(|pair| PairData {
        symbol: pair.v2,
        base: pair.base.canonical,
        quote: pair.quote.canonical,
        status: "online",
        qty_precision: LOT_DECIMALS,
        qty_increment: Num::plain(Decimal::new(1, LOT_DECIMALS)),
        qty_min: Num::plain(pair.min_volume()),
        price_precision: pair.price_decimals,
        price_increment: Num::plain(pair.tick()),
        tick_size: Num::plain(pair.tick()),
        cost_precision: pairs::COST_DECIMALS,
        cost_min: Num::plain(pair.min_cost()),
        marginable: false,
        has_index: false,
    });
    Message::new("instrument", true, Data { assets: assets.collect(), pairs: pairs.collect() }).text()
}
