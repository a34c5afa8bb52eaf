//! Market channels of one connection: what it asked for, and what it was sent last.

use super::products::{self, PRICE_DECIMALS, PRODUCTS, plain};
use super::public::trade_json;
use super::ws::Said;
use crate::clock::rfc3339;
use crate::engine::{Candle, Engine, PriceLevel, PublicTrade};
use crate::venue::Venue;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

/// Trades in a snapshot.
const TRADES: usize = 50;
/// Candles in a snapshot; they are five minutes long.
const CANDLES: usize = 100;
/// Seconds between the messages of `ticker_batch`.
const BATCH: u64 = 5;
/// All market channels.
const CHANNELS: [&str; 6] = ["ticker", "ticker_batch", "level2", "market_trades", "candles", "status"];

/// What one connection is subscribed to, by market.
#[derive(Debug, Default)]
pub(super) struct MarketChannels {
    /// The last trade told.
    tickers: BTreeMap<usize, u64>,
    batched: BTreeMap<usize, ()>,
    books: BTreeMap<usize, Sent>,
    trades: BTreeMap<usize, u64>,
    candles: BTreeMap<usize, Option<Candle>>,
    status: BTreeMap<usize, ()>,
    beats: u64,
}

/// A book as it was sent.
#[derive(Debug, Default)]
struct Sent {
    bids: BTreeMap<Decimal, Decimal>,
    asks: BTreeMap<Decimal, Decimal>,
}

impl MarketChannels {
    /// Subscribes or unsubscribes; without products, to all of them.
    pub(super) fn change(
        &mut self,
        venue: &Venue,
        subscribe: bool,
        channel: &str,
        ids: &[&str],
    ) -> Result<Vec<Said>, String> {
        let shown: String = channel.chars().take(40).collect();
        let channel = CHANNELS.into_iter().find(|known| *known == channel);
        let channel = channel.ok_or_else(|| format!("channel {shown} is not supported"))?;
        let find = |id: &&str| {
            let shown: String = id.chars().take(20).collect();
            products::find(id)
                .map(|(market, _)| market)
                .ok_or_else(|| format!("{shown} is not a valid product"))
        };
        let markets: Vec<usize> = if ids.is_empty() {
            (0..PRODUCTS.len()).collect()
        } else {
            ids.iter().map(find).collect::<Result<_, _>>()?
        };
        let engine = venue.engine.lock();
        let now_ns = venue.clock.now_ns();
        let mut out = Vec::new();
        for market in markets {
            if !subscribe {
                self.remove(channel, market);
                continue;
            }
            let state = &engine.markets()[market];
            let last = state.last().map_or(0, |trade| trade.id);
            out.extend(match channel {
                "ticker" => {
                    self.tickers.insert(market, last);
                    Some(ticker("ticker", "snapshot", &engine, market, now_ns))
                }
                "ticker_batch" => {
                    self.batched.insert(market, ());
                    Some(ticker("ticker_batch", "snapshot", &engine, market, now_ns))
                }
                "level2" => {
                    let mut sent = Sent::default();
                    let said = sent.update("snapshot", &engine, market, now_ns);
                    self.books.insert(market, sent);
                    said
                }
                "market_trades" => {
                    self.trades.insert(market, last);
                    let newest: Vec<&PublicTrade> = state.trades().rev().take(TRADES).collect();
                    Some(trades("snapshot", market, &newest))
                }
                "candles" => {
                    let all = state.candles(5, 0, CANDLES);
                    self.candles.insert(market, all.last().copied());
                    Some(candles("snapshot", market, &all))
                }
                _ => {
                    self.status.insert(market, ());
                    Some(status("snapshot", market))
                }
            });
        }
        Ok(out)
    }

    fn remove(&mut self, channel: &str, market: usize) {
        match channel {
            "ticker" => drop(self.tickers.remove(&market)),
            "ticker_batch" => drop(self.batched.remove(&market)),
            "level2" => drop(self.books.remove(&market)),
            "market_trades" => drop(self.trades.remove(&market)),
            "candles" => drop(self.candles.remove(&market)),
            _ => drop(self.status.remove(&market)),
        }
    }

    /// All that is subscribed now, by channel.
    pub(super) fn standing(&self) -> BTreeMap<&'static str, Vec<String>> {
        fn ids<'a>(markets: impl Iterator<Item = &'a usize>) -> Vec<String> {
            markets.map(|market| PRODUCTS[*market].id.to_owned()).collect()
        }
        let all = [
            ("ticker", ids(self.tickers.keys())),
            ("ticker_batch", ids(self.batched.keys())),
            ("level2", ids(self.books.keys())),
            ("market_trades", ids(self.trades.keys())),
            ("candles", ids(self.candles.keys())),
            ("status", ids(self.status.keys())),
        ];
        all.into_iter().filter(|(_, ids)| !ids.is_empty()).collect()
    }

    /// Messages for all that changed. Tickers come with trades, books with every change.
    pub(super) fn changes(&mut self, venue: &Venue) -> Vec<Said> {
        let mut out = Vec::new();
        let engine = venue.engine.lock();
        let now_ns = venue.clock.now_ns();
        let still = venue.streams.stale_book.load(Ordering::Relaxed);
        let newest = |market: usize| engine.markets()[market].last().map_or(0, |trade| trade.id);
        for (&market, last) in &mut self.tickers {
            let now = newest(market);
            if now != *last {
                *last = now;
                out.push(ticker("ticker", "update", &engine, market, now_ns));
            }
        }
        for (&market, last) in &mut self.trades {
            let all = engine.markets()[market].trades().rev();
            let fresh: Vec<&PublicTrade> = all.take_while(|trade| trade.id > *last).collect();
            if let Some(trade) = fresh.first() {
                *last = trade.id;
                out.push(trades("update", market, &fresh));
            }
        }
        for (&market, sent) in &mut self.books {
            if !still {
                out.extend(sent.update("update", &engine, market, now_ns));
            }
        }
        for (&market, last) in &mut self.candles {
            let now = engine.markets()[market].candles(5, 0, 1).last().copied();
            if now != *last
                && let Some(candle) = now
            {
                *last = now;
                out.push(candles("update", market, &[candle]));
            }
        }
        out
    }

    /// Once a second.
    pub(super) fn beat(&mut self, venue: &Venue) -> Vec<Said> {
        self.beats += 1;
        if !self.beats.is_multiple_of(BATCH) {
            return Vec::new();
        }
        let engine = venue.engine.lock();
        let now_ns = venue.clock.now_ns();
        self.batched.keys().map(|market| ticker("ticker_batch", "update", &engine, *market, now_ns)).collect()
    }
}

impl Sent {
    /// Levels that are other than sent; `None` when none is and this is no snapshot.
    fn update(&mut self, kind: &str, engine: &Engine, market: usize, now_ns: i64) -> Option<Said> {
        let (bids, asks) = engine.depth(market, usize::MAX);
        let (bids, asks) = (collect(&bids), collect(&asks));
        let mut updates = Vec::new();
        for (side, old, new) in [("bid", &self.bids, &bids), ("offer", &self.asks, &asks)] {
            let level = |price: &Decimal, quantity: Decimal| {
                json!({
                    "side": side,
                    "event_time": rfc3339(now_ns),
                    "price_level": plain(*price),
                    "new_quantity": plain(quantity),
                })
            };
            let gone = old.keys().filter(|price| !new.contains_key(price));
            updates.extend(gone.map(|price| level(price, Decimal::ZERO)));
            let changed = new.iter().filter(|(price, quantity)| old.get(price) != Some(quantity));
            updates.extend(changed.map(|(price, quantity)| level(price, *quantity)));
        }
        (self.bids, self.asks) = (bids, asks);
        if updates.is_empty() && kind == "update" {
            return None;
        }
        let event = json!({ "type": kind, "product_id": PRODUCTS[market].id, "updates": updates });
        Some(Said { channel: "l2_data", events: json!([event]) })
    }
}

fn collect(levels: &[PriceLevel]) -> BTreeMap<Decimal, Decimal> {
    levels.iter().map(|level| (level.price, level.qty)).collect()
}

fn ticker(channel: &'static str, kind: &str, engine: &Engine, market: usize, now_ns: i64) -> Said {
    let state = &engine.markets()[market];
    let (bids, asks) = engine.depth(market, 1);
    let (day, last) = (state.stats(now_ns), state.last_price());
    let change =
        if day.open.is_zero() { Decimal::ZERO } else { (last - day.open) * Decimal::ONE_HUNDRED / day.open };
    let price = |value: Decimal| plain(value.round_dp(PRICE_DECIMALS));
    let mut row = json!({
        "type": "ticker",
        "product_id": PRODUCTS[market].id,
        "price": price(last),
        "volume_24_h": plain(day.volume),
        "low_24_h": price(day.low),
        "high_24_h": price(day.high),
        "low_52_w": price(day.low),
        "high_52_w": price(day.high),
        "price_percent_chg_24_h": plain(change.round_dp(8)),
    });
    // The batched channel leaves the best prices out.
    if channel == "ticker" {
        for (side, best) in [("bid", bids.first()), ("ask", asks.first())] {
            row[format!("best_{side}")] = json!(best.map(|level| plain(level.price)).unwrap_or_default());
            row[format!("best_{side}_quantity")] =
                json!(best.map(|level| plain(level.qty)).unwrap_or_default());
        }
    }
    Said { channel, events: json!([{ "type": kind, "tickers": [row] }]) }
}

fn trades(kind: &str, market: usize, trades: &[&PublicTrade]) -> Said {
    let row = |trade: &&PublicTrade| {
        let mut row = trade_json(market, trade);
        if let Some(row) = row.as_object_mut() {
            for field in ["bid", "ask", "exchange"] {
                row.remove(field);
            }
        }
        row
    };
    let rows: Vec<Value> = trades.iter().map(row).collect();
    Said { channel: "market_trades", events: json!([{ "type": kind, "trades": rows }]) }
}

fn candles(kind: &str, market: usize, candles: &[Candle]) -> Said {
    let price = |value: Decimal| plain(value.round_dp(PRICE_DECIMALS));
    let row = |candle: &Candle| {
        json!({
            "start": candle.begin_s.to_string(),
            "high": price(candle.high),
            "low": price(candle.low),
            "open": price(candle.open),
            "close": price(candle.close),
            "volume": plain(candle.volume),
            "product_id": PRODUCTS[market].id,
        })
    };
    let rows: Vec<Value> = candles.iter().rev().map(row).collect();
    Said { channel: "candles", events: json!([{ "type": kind, "candles": rows }]) }
}

fn status(kind: &str, market: usize) -> Said {
    let product = &PRODUCTS[market];
    let row = json!({
        "product_type": "SPOT",
        "id": product.id,
        "base_currency": product.base,
        "quote_currency": product.quote,
        "base_increment": plain(Decimal::new(1, products::LOT_DECIMALS)),
        "quote_increment": plain(Decimal::new(1, PRICE_DECIMALS)),
        "display_name": format!("{}/{}", product.base, product.quote),
        "status": "online",
        "status_message": "",
        "min_market_funds": "1",
    });
    Said { channel: "status", events: json!([{ "type": kind, "products": [row] }]) }
}
