//! The `book` channel: snapshot, differences, and Kraken's CRC32 over the best ten levels.

use super::pairs::{LOT_DECIMALS, Pair};
use super::ws_wire::Num;
use crate::clock::rfc3339;
use crate::engine::PriceLevel;
use rust_decimal::Decimal;
use serde::Serialize;
use std::collections::BTreeMap;

/// Depths that Kraken offers.
pub(crate) const DEPTHS: [u64; 5] = [10, 25, 100, 500, 1_000];

/// One level on the wire.
#[derive(Debug, Serialize)]
struct Level {
    price: Num,
    qty: Num,
}

/// One symbol's book message.
#[derive(Debug, Serialize)]
pub(crate) struct BookData {
    symbol: &'static str,
    bids: Vec<Level>,
    asks: Vec<Level>,
    checksum: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    timestamp: Option<String>,
}

/// What a subscriber has been sent so far.
#[derive(Debug, Default)]
pub(crate) struct SentBook {
    bids: BTreeMap<Decimal, Decimal>,
    asks: BTreeMap<Decimal, Decimal>,
}

impl SentBook {
    /// The whole book.
    pub(crate) fn snapshot(
        &mut self,
        pair: &'static Pair,
        bids: &[PriceLevel],
        asks: &[PriceLevel],
    ) -> BookData {
        *self = Self { bids: collect(bids), asks: collect(asks) };
        let wire = |levels: &[PriceLevel]| levels.iter().map(|l| level(pair, l.price, l.qty)).collect();
        BookData {
            symbol: pair.v2,
            bids: wire(bids),
            asks: wire(asks),
            checksum: checksum(pair, bids, asks),
            timestamp: None,
        }
    }

    /// What changed since the last message, if anything did.
    pub(crate) fn update(
        &mut self,
        pair: &'static Pair,
        bids: &[PriceLevel],
        asks: &[PriceLevel],
        now_ns: i64,
    ) -> Option<BookData> {
        let (new_bids, new_asks) = (collect(bids), collect(asks));
        let (changed_bids, changed_asks) =
            (difference(&self.bids, &new_bids), difference(&self.asks, &new_asks));
        if changed_bids.is_empty() && changed_asks.is_empty() {
            return None;
        }
        *self = Self { bids: new_bids, asks: new_asks };
        let wire =
            |changes: Vec<(Decimal, Decimal)>| changes.into_iter().map(|(p, q)| level(pair, p, q)).collect();
        Some(BookData {
            symbol: pair.v2,
            bids: wire(changed_bids),
            asks: wire(changed_asks),
            checksum: checksum(pair, bids, asks),
            timestamp: Some(rfc3339(now_ns)),
        })
    }
}

/// CRC32 over the best ten asks, then the best ten bids: each price and quantity without its point and leading zeros.
pub(crate) fn checksum(pair: &Pair, bids: &[PriceLevel], asks: &[PriceLevel]) -> u32 {
    let mut text = String::with_capacity(600);
    for level in asks.iter().take(10).chain(bids.iter().take(10)) {
        text.push_str(&digits(&Num::fixed(level.price, pair.price_decimals).0));
        text.push_str(&digits(&Num::fixed(level.qty, LOT_DECIMALS).0));
    }
    crc32fast::hash(text.as_bytes())
}

fn digits(number: &str) -> String {
    number.replace('.', "").trim_start_matches('0').to_owned()
}

fn collect(levels: &[PriceLevel]) -> BTreeMap<Decimal, Decimal> {
    levels.iter().map(|level| (level.price, level.qty)).collect()
}

/// New and changed levels, and gone ones with quantity zero.
fn difference(old: &BTreeMap<Decimal, Decimal>, new: &BTreeMap<Decimal, Decimal>) -> Vec<(Decimal, Decimal)> {
    let gone = old.keys().filter(|price| !new.contains_key(price)).map(|price| (*price, Decimal::ZERO));
    let changed =
        new.iter().filter(|(price, qty)| old.get(price) != Some(qty)).map(|(price, qty)| (*price, *qty));
    gone.chain(changed).collect()
}

fn level(pair: &Pair, price: Decimal, qty: Decimal) -> Level {
    Level { price: Num::fixed(price, pair.price_decimals), qty: Num::fixed(qty, LOT_DECIMALS) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kraken::pairs::PAIRS;

    fn levels(list: &[(&str, &str)]) -> Vec<PriceLevel> {
        let parse = |text: &str| text.parse().unwrap();
        list.iter()
            .map(|(price, qty)| PriceLevel { price: parse(price), qty: parse(qty), updated_ns: 0 })
            .collect()
    }

    /// The book and the checksum of the worked example in Kraken's guide to v2 book checksums.
    #[test]
    fn checksum_matches_krakens_worked_example() {
        let asks = levels(&[
            ("45285.2", "0.00100000"),
            ("45286.4", "1.54571953"),
            ("45286.6", "1.54571109"),
            ("45289.6", "1.54560911"),
            ("45290.2", "0.15890660"),
            ("45291.8", "1.54553491"),
            ("45294.7", "0.04454749"),
            ("45296.1", "0.35380000"),
            ("45297.5", "0.09945542"),
            ("45299.5", "0.18772827"),
        ]);
        let bids = levels(&[
            ("45283.5", "0.10000000"),
            ("45283.4", "1.54582015"),
            ("45282.1", "0.10000000"),
            ("45281.0", "0.10000000"),
            ("45280.3", "1.54592586"),
            ("45279.0", "0.07990000"),
            ("45277.6", "0.03310103"),
            ("45277.5", "0.30000000"),
            ("45277.3", "1.54602737"),
            ("45276.6", "0.15445238"),
        ]);
        assert_eq!(checksum(&PAIRS[0], &bids, &asks), 3_310_070_434);
    }
}
