//! One-minute candles, and any longer interval summed from them.

use rust_decimal::Decimal;
use std::collections::VecDeque;

/// One-minute candles kept: seven days.
const KEPT: usize = 7 * 24 * 60;

/// Prices and volume of one interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candle {
    /// Unix seconds at which the interval begins.
    pub begin_s: i64,
    /// First price.
    pub open: Decimal,
    /// Highest price.
    pub high: Decimal,
    /// Lowest price.
    pub low: Decimal,
    /// Last price.
    pub close: Decimal,
    /// Base volume.
    pub volume: Decimal,
    /// Quote volume.
    pub turnover: Decimal,
    /// Number of trades.
    pub trades: u64,
}

impl Candle {
    /// Volume-weighted average price; the close when nothing traded.
    #[must_use]
    pub fn vwap(&self) -> Decimal {
        if self.volume.is_zero() { self.close } else { self.turnover / self.volume }
    }

    fn absorb(&mut self, other: &Self) {
        self.high = self.high.max(other.high);
        self.low = self.low.min(other.low);
        self.close = other.close;
        self.volume += other.volume;
        self.turnover += other.turnover;
        self.trades += other.trades;
    }
}

/// A bounded series of one-minute candles.
#[derive(Debug, Default)]
pub(crate) struct Candles {
    minutes: VecDeque<Candle>,
}

impl Candles {
    /// Adds a finished candle of the past.
    pub(crate) fn seed(&mut self, candle: Candle) {
        self.push(candle);
    }

    /// Adds a trade.
    pub(crate) fn trade(&mut self, time_ns: i64, price: Decimal, qty: Decimal) {
        let minute = time_ns.div_euclid(60_000_000_000) * 60;
        let one = Candle {
            begin_s: minute,
            open: price,
            high: price,
            low: price,
            close: price,
            volume: qty,
            turnover: price * qty,
            trades: 1,
        };
        match self.minutes.back_mut() {
            Some(last) if last.begin_s >= minute => last.absorb(&one),
            _ => self.push(one),
        }
    }

    /// The newest `limit` candles of `minutes` length that begin at or after `since_s`, oldest first.
    pub(crate) fn series(&self, minutes: i64, since_s: i64, limit: usize) -> Vec<Candle> {
        let span = minutes.max(1) * 60;
        let mut out: VecDeque<Candle> = VecDeque::new();
        for minute in self.minutes.iter().rev() {
            let begin_s = minute.begin_s.div_euclid(span) * span;
            if begin_s < since_s {
                break;
            }
            let mut candle = Candle { begin_s, ..*minute };
            if let Some(first) = out.pop_front_if(|first| first.begin_s == begin_s) {
                candle.absorb(&first);
            } else if out.len() == limit {
                break;
            }
            out.push_front(candle);
        }
        out.into()
    }

    /// The minutes that began at or after a time, oldest first.
    pub(crate) fn since(&self, from_s: i64) -> impl Iterator<Item = &Candle> {
        let skip = self.minutes.partition_point(|candle| candle.begin_s < from_s);
        self.minutes.iter().skip(skip)
    }

    fn push(&mut self, candle: Candle) {
        self.minutes.push_back(candle);
        if self.minutes.len() > KEPT {
            self.minutes.pop_front();
        }
    }
}
