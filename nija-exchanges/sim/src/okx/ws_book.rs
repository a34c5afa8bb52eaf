//! The channel `books`: snapshot, differences, numbers that link them, and OKX's CRC32 over the best 25 levels.

use super::instruments::{ms, plain};
use super::market::levels;
use crate::engine::{Engine, PriceLevel};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Levels of each side.
const DEPTH: usize = 400;
/// Levels of each side that the checksum covers.
const SUMMED: usize = 25;
/// After so many paces without a change (about a minute) an empty message says that the connection lives.
const QUIET: u32 = 600;

/// A book as it was sent.
#[derive(Debug, Default)]
pub(super) struct SentBook {
    bids: BTreeMap<Decimal, Decimal>,
    asks: BTreeMap<Decimal, Decimal>,
    seq: u64,
    quiet: u32,
}

impl SentBook {
    /// The whole book.
    pub(super) fn snapshot(&mut self, engine: &Engine, market: usize, now_ns: i64) -> Value {
        let (bids, asks) = engine.depth(market, DEPTH);
        let seq = engine.markets()[market].version;
        *self = Self { bids: collect(&bids), asks: collect(&asks), seq, quiet: 0 };
        json!({
            "asks": levels(&asks),
            "bids": levels(&bids),
            "ts": ms(now_ns),
            "checksum": checksum(&bids, &asks),
            "prevSeqId": -1,
            "seqId": seq,
        })
    }

    /// What changed since the last message, if anything did.
    pub(super) fn update(&mut self, engine: &Engine, market: usize, now_ns: i64) -> Option<Value> {
        let seq = engine.markets()[market].version;
        self.quiet += 1;
        if seq == self.seq && self.quiet < QUIET {
            return None;
        }
        let (bids, asks) = engine.depth(market, DEPTH);
        let (new_bids, new_asks) = (collect(&bids), collect(&asks));
        let mut changed_bids = difference(&self.bids, &new_bids);
        let changed_asks = difference(&self.asks, &new_asks);
        changed_bids.reverse();
        if changed_bids.is_empty() && changed_asks.is_empty() && self.quiet < QUIET {
            return None;
        }
        let same = changed_bids.is_empty() && changed_asks.is_empty();
        let seq = if same { self.seq } else { seq };
        let data = json!({
            "asks": changed_asks,
            "bids": changed_bids,
            "ts": ms(now_ns),
            "checksum": checksum(&bids, &asks),
            "prevSeqId": self.seq,
            "seqId": seq,
        });
        *self = Self { bids: new_bids, asks: new_asks, seq, quiet: 0 };
        Some(data)
    }
}

fn collect(levels: &[PriceLevel]) -> BTreeMap<Decimal, Decimal> {
    levels.iter().map(|level| (level.price, level.qty)).collect()
}

/// New and changed levels, and gone ones with quantity zero, by rising price.
fn difference(old: &BTreeMap<Decimal, Decimal>, new: &BTreeMap<Decimal, Decimal>) -> Vec<Value> {
    let mut out: BTreeMap<Decimal, Decimal> =
        old.keys().filter(|price| !new.contains_key(price)).map(|price| (*price, Decimal::ZERO)).collect();
    out.extend(new.iter().filter(|(price, qty)| old.get(price) != Some(qty)));
    let level = |(price, qty): (Decimal, Decimal)| {
        json!([plain(price), plain(qty), "0", if qty.is_zero() { "0" } else { "1" }])
    };
    out.into_iter().map(level).collect()
}

/// CRC32 as a signed number over `bid:size:ask:size:...`, the two sides by turns, each as it was sent.
fn checksum(bids: &[PriceLevel], asks: &[PriceLevel]) -> i32 {
    let mut parts: Vec<String> = Vec::new();
    for index in 0..SUMMED {
        for level in [bids.get(index), asks.get(index)].into_iter().flatten() {
            parts.push(format!("{}:{}", plain(level.price), plain(level.qty)));
        }
    }
    crc32fast::hash(parts.join(":").as_bytes()).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(list: &[(&str, &str)]) -> Vec<PriceLevel> {
        let level = |(price, qty): &(&str, &str)| PriceLevel {
            price: price.parse().unwrap(),
            qty: qty.parse().unwrap(),
            updated_ns: 0,
        };
        list.iter().map(level).collect()
    }

    #[test]
    fn the_documented_check_strings() {
        let two =
            checksum(&levels(&[("3366.1", "7"), ("3366", "6")]), &levels(&[("3366.8", "9"), ("3368", "8")]));
        assert_eq!(two, crc32fast::hash(b"3366.1:7:3366.8:9:3366:6:3368:8").cast_signed());
        let uneven =
            checksum(&levels(&[("3366.1", "7")]), &levels(&[("3366.8", "9"), ("3368", "8"), ("3372", "8")]));
        assert_eq!(uneven, crc32fast::hash(b"3366.1:7:3366.8:9:3368:8:3372:8").cast_signed());
    }
}
