//! One-minute candles, and longer ones made from them.

use nija_core::{Candle, Price, Quantity, Timestamp};
use std::collections::VecDeque;

const MINUTE: i64 = 60_000_000;

/// Minutes kept: three days.
pub(super) const KEPT: usize = 3 * 24 * 60;

/// A ring of one-minute candles.
#[derive(Debug, Default)]
pub(super) struct Candles(VecDeque<Candle>);

impl Candles {
    /// Takes in a price.
    pub(super) fn record(&mut self, at: Timestamp, price: Price, volume: Quantity) {
        let start = floor(at, 1);
        match self.0.back_mut() {
            Some(candle) if candle.start >= start => merge(candle, price, volume),
            _ => {
                let open = self.0.back().map_or(price, |candle| candle.close);
                let mut candle =
                    Candle { start, open, high: open, low: open, close: open, volume: Quantity::ZERO };
                merge(&mut candle, price, volume);
                self.0.push_back(candle);
                if self.0.len() > KEPT {
                    self.0.pop_front();
                }
            }
        }
    }

    /// The newest candles of so many minutes each, oldest first.
    pub(super) fn newest(&self, minutes: u32, limit: usize) -> Vec<Candle> {
        let mut merged: Vec<Candle> = Vec::new();
        for candle in &self.0 {
            let start = floor(candle.start, i64::from(minutes));
            match merged.last_mut() {
                Some(last) if last.start == start => {
                    last.high = last.high.max(candle.high);
                    last.low = last.low.min(candle.low);
                    last.close = candle.close;
                    last.volume = last.volume.plus(candle.volume);
                }
                _ => merged.push(Candle { start, ..*candle }),
            }
        }
        merged.split_off(merged.len().saturating_sub(limit))
    }
}

fn merge(candle: &mut Candle, price: Price, volume: Quantity) {
    candle.high = candle.high.max(price);
    candle.low = candle.low.min(price);
    candle.close = price;
    candle.volume = candle.volume.plus(volume);
}

fn floor(at: Timestamp, minutes: i64) -> Timestamp {
    let length = MINUTE * minutes.max(1);
    Timestamp::from_micros(at.micros().div_euclid(length) * length)
}
