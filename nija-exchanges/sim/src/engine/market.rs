//! A market: its rules, its book, and what it published lately.

use super::book::Book;
use super::candles::{Candle, Candles};
use super::types::{OrderId, Side};
use rust_decimal::Decimal;
use std::collections::{BTreeSet, VecDeque};

/// Public trades kept per market.
const TRADES_KEPT: usize = 1_000;
/// Spread samples kept per market.
const SPREADS_KEPT: usize = 200;

/// A market's fixed rules.
#[derive(Debug, Clone)]
pub struct MarketSpec {
    /// Canonical name, `BTC-USD`.
    pub symbol: String,
    /// Base asset, `BTC`.
    pub base: String,
    /// Quote asset, `USD`.
    pub quote: String,
    /// Price grid in quote.
    pub tick: Decimal,
    /// Digits of a price.
    pub price_decimals: u32,
    /// Digits of a quantity.
    pub lot_decimals: u32,
    /// Digits of a cost and of a fee.
    pub cost_decimals: u32,
    /// Least base quantity.
    pub min_qty: Decimal,
    /// Least quote cost.
    pub min_cost: Decimal,
}

/// A trade as everybody sees it.
#[derive(Debug, Clone)]
pub struct PublicTrade {
    /// Rising by one per market.
    pub id: u64,
    /// Quote per base.
    pub price: Decimal,
    /// Base quantity.
    pub qty: Decimal,
    /// The taker's side.
    pub side: Side,
    /// Whether the taker came with a market order.
    pub market_order: bool,
    /// Unix nanoseconds.
    pub time_ns: i64,
}

/// Best bid and ask at a moment.
#[derive(Debug, Clone, Copy)]
pub struct SpreadPoint {
    /// Unix nanoseconds.
    pub time_ns: i64,
    /// Best bid.
    pub bid: Decimal,
    /// Best ask.
    pub ask: Decimal,
}

/// What traded within 24 hours.
#[derive(Debug, Clone, Copy, Default)]
pub struct Stats24h {
    /// First price.
    pub open: Decimal,
    /// Highest price.
    pub high: Decimal,
    /// Lowest price.
    pub low: Decimal,
    /// Base volume.
    pub volume: Decimal,
    /// Volume-weighted average price.
    pub vwap: Decimal,
    /// Number of trades.
    pub trades: u64,
}

/// One market of one venue.
#[derive(Debug)]
pub struct Market {
    /// The rules.
    pub spec: MarketSpec,
    /// Rises with each change of book, trades or candles.
    pub version: u64,
    pub(crate) book: Book,
    pub(crate) mid: Decimal,
    pub(crate) last: Option<PublicTrade>,
    pub(crate) trades: VecDeque<PublicTrade>,
    pub(crate) spreads: VecDeque<SpreadPoint>,
    pub(crate) candles: Candles,
    /// Trigger orders that fire when the last price is at or above the key.
    pub(crate) rising: BTreeSet<(Decimal, OrderId)>,
    /// Trigger orders that fire when the last price is at or below the key.
    pub(crate) falling: BTreeSet<(Decimal, OrderId)>,
    next_trade: u64,
}

impl Market {
    pub(crate) fn new(spec: MarketSpec, first_trade: u64) -> Self {
        Self {
            spec,
            version: 1,
            book: Book::default(),
            mid: Decimal::ZERO,
            last: None,
            trades: VecDeque::new(),
            spreads: VecDeque::new(),
            candles: Candles::default(),
            rising: BTreeSet::new(),
            falling: BTreeSet::new(),
            next_trade: first_trade,
        }
    }

    /// Where the house's quotes are centred.
    #[must_use]
    pub fn mid(&self) -> Decimal {
        self.mid
    }

    /// The last trade.
    #[must_use]
    pub fn last(&self) -> Option<&PublicTrade> {
        self.last.as_ref()
    }

    /// Price of the last trade, or the mid before the first one.
    #[must_use]
    pub fn last_price(&self) -> Decimal {
        self.last.as_ref().map_or(self.mid, |trade| trade.price)
    }

    /// Recent public trades, oldest first.
    pub fn trades(&self) -> impl DoubleEndedIterator<Item = &PublicTrade> {
        self.trades.iter()
    }

    /// Recent spreads, oldest first.
    pub fn spreads(&self) -> impl Iterator<Item = &SpreadPoint> {
        self.spreads.iter()
    }

    /// The newest `limit` candles of `minutes` length beginning at or after `since_s`, oldest first.
    #[must_use]
    pub fn candles(&self, minutes: i64, since_s: i64, limit: usize) -> Vec<Candle> {
        self.candles.series(minutes, since_s, limit)
    }

    /// What traded in the 24 hours before `now_ns`.
    #[must_use]
    pub fn stats(&self, now_ns: i64) -> Stats24h {
        self.stats_since(now_ns.div_euclid(1_000_000_000) - 86_400)
    }

    /// What traded in the minutes that began at or after a time (unix seconds); the last price when nothing did.
    #[must_use]
    pub fn stats_since(&self, from_s: i64) -> Stats24h {
        let last = self.last_price();
        let mut stats = Stats24h { open: last, high: last, low: last, vwap: last, ..Stats24h::default() };
        let mut turnover = Decimal::ZERO;
        for (index, candle) in self.candles.since(from_s).enumerate() {
            if index == 0 {
                stats = Stats24h { open: candle.open, high: candle.high, low: candle.low, ..stats };
            }
            stats.high = stats.high.max(candle.high);
            stats.low = stats.low.min(candle.low);
            stats.volume += candle.volume;
            stats.trades += candle.trades;
            turnover += candle.turnover;
        }
        if !stats.volume.is_zero() {
            stats.vwap = turnover / stats.volume;
        }
        stats
    }

    /// Records a public trade and returns its number.
    pub(crate) fn print(
        &mut self,
        price: Decimal,
        qty: Decimal,
        side: Side,
        market_order: bool,
        now: i64,
    ) -> u64 {
        self.next_trade += 1;
        let trade = PublicTrade { id: self.next_trade, price, qty, side, market_order, time_ns: now };
        self.candles.trade(now, price, qty);
        self.trades.push_back(trade.clone());
        if self.trades.len() > TRADES_KEPT {
            self.trades.pop_front();
        }
        self.last = Some(trade);
        self.version += 1;
        self.next_trade
    }

    /// Records the spread if it moved.
    pub(crate) fn sample_spread(&mut self, now_ns: i64) {
        let (Some(bid), Some(ask)) = (self.book.best(Side::Buy), self.book.best(Side::Sell)) else {
            return;
        };
        if self.spreads.back().is_some_and(|last| last.bid == bid && last.ask == ask) {
            return;
        }
        self.spreads.push_back(SpreadPoint { time_ns: now_ns, bid, ask });
        if self.spreads.len() > SPREADS_KEPT {
            self.spreads.pop_front();
        }
    }
}
