//! A book kept from snapshots and updates, checked by the venue's checksum.
//!
//! docs.kraken.com, "Book checksum (WebSocket v2)": CRC32 over the ten best asks and then the ten best bids, each as the digits
//! of its price and its quantity in the pair's precision, without the point and without leading zeros.

use nija_core::{BookLevel, OrderBook, Price, Quantity, Timestamp};
use rust_decimal::Decimal;

use super::super::wire::ws;

/// Levels that the checksum covers.
const CHECKED: usize = 10;
/// Digits of two numbers of at most 29 each.
const DIGITS: usize = 58;

/// Places of a pair's prices and quantities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Precision {
    /// Of prices.
    pub price: u32,
    /// Of quantities.
    pub quantity: u32,
}

/// The book of one symbol to the depth subscribed.
#[derive(Debug, Clone)]
pub struct LocalBook {
    depth: usize,
    precision: Precision,
    bids: Vec<Level>,
    asks: Vec<Level>,
}

#[derive(Debug, Clone, Copy)]
struct Level {
    price: Decimal,
    quantity: Decimal,
    digits: [u8; DIGITS],
    length: u8,
}

impl LocalBook {
    /// An empty book.
    #[must_use]
    pub fn new(depth: usize, precision: Precision) -> Self {
        Self { depth, precision, bids: Vec::with_capacity(depth + 1), asks: Vec::with_capacity(depth + 1) }
    }

    /// Starts anew from a snapshot; whether it agrees with its checksum.
    pub fn reset(&mut self, snapshot: &ws::Book<'_>) -> bool {
        self.bids.clear();
        self.asks.clear();
        self.update(snapshot)
    }

    /// Takes in an update; whether the book then agrees with its checksum.
    pub fn update(&mut self, update: &ws::Book<'_>) -> bool {
        for level in &update.bids {
            set(&mut self.bids, self.precision, level, |known, new| known > new);
        }
        for level in &update.asks {
            set(&mut self.asks, self.precision, level, |known, new| known < new);
        }
        // Levels that fall out of the depth are not taken back by the venue.
        self.bids.truncate(self.depth);
        self.asks.truncate(self.depth);
        update.checksum.is_none_or(|checksum| checksum == self.checksum())
    }

    /// The checksum of the ten best levels of each side.
    #[must_use]
    pub fn checksum(&self) -> u32 {
        let mut text = [0_u8; 2 * CHECKED * DIGITS];
        let mut end = 0;
        let levels = self.asks.iter().take(CHECKED).chain(self.bids.iter().take(CHECKED));
        for level in levels {
            let digits = &level.digits[..usize::from(level.length)];
            text[end..end + digits.len()].copy_from_slice(digits);
            end += digits.len();
        }
        crc32fast::hash(&text[..end])
    }

    /// The book as everybody else knows it.
    #[must_use]
    pub fn to_book(&self, at: Timestamp) -> OrderBook {
        let side = |levels: &[Level]| levels.iter().filter_map(Level::as_core).collect();
        OrderBook { bids: side(&self.bids), asks: side(&self.asks), at }
    }
}

impl Level {
    fn as_core(&self) -> Option<BookLevel> {
        Some(BookLevel { price: Price::new(self.price).ok()?, quantity: Quantity::new(self.quantity).ok()? })
    }
}

/// Puts a level in its place; a quantity of zero takes it away. `before` orders the side.
fn set(
    levels: &mut Vec<Level>,
    precision: Precision,
    level: &ws::Level,
    before: impl Fn(Decimal, Decimal) -> bool,
) {
    let (price, quantity) = (level.price.0, level.qty.0);
    let place = levels.partition_point(|known| before(known.price, price));
    let known = levels.get(place).is_some_and(|known| known.price == price);
    if quantity.is_zero() {
        if known {
            levels.remove(place);
        }
        return;
    }
    let mut new = Level { price, quantity, digits: [0; DIGITS], length: 0 };
    new.write(price, precision.price);
    new.write(quantity, precision.quantity);
    if known {
        levels[place] = new;
    } else {
        levels.insert(place, new);
    }
}

impl Level {
    /// Appends a number's digits. Kraken writes numbers in the pair's precision; what arrives with trailing zeros cut off is
    /// brought back to it.
    fn write(&mut self, mut number: Decimal, places: u32) {
        if number.scale() < places {
            number.rescale(places);
        }
        let mut rest = number.mantissa().unsigned_abs();
        let mut text = [0_u8; 29];
        let mut from = text.len();
        // Nearly all fit 64 bits, whose division is far cheaper.
        while rest > u128::from(u64::MAX) && from > 0 {
            from -= 1;
            text[from] = digit(rest % 10);
            rest /= 10;
        }
        let mut small = u64::try_from(rest).unwrap_or(0);
        while small > 0 && from > 0 {
            from -= 1;
            text[from] = digit(u128::from(small % 10));
            small /= 10;
        }
        let digits = &text[from..];
        let start = usize::from(self.length);
        self.digits[start..start + digits.len()].copy_from_slice(digits);
        self.length += u8::try_from(digits.len()).unwrap_or(0);
    }
}

fn digit(value: u128) -> u8 {
    b'0' + u8::try_from(value).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn book(json: &str) -> ws::Book<'_> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn fixture_a_recorded_snapshot_agrees_with_its_checksum() {
        let Some(recorded) =
            crate::fixtures::json("fixture_book_checksum", "payloads/kraken/jkorf/ws_AggBook.json")
        else {
            return;
        };
        // Read from the text itself: the prices must not have been floats in between.
        let folder = crate::fixtures::folder("fixture_book_checksum").unwrap();
        let text = std::fs::read_to_string(folder.join("payloads/kraken/jkorf/ws_AggBook.json")).unwrap();
        let conversation: Vec<BTreeMap<&str, &serde_json::value::RawValue>> =
            serde_json::from_str(&text).unwrap();
        assert_eq!(conversation.len(), recorded.as_array().unwrap().len());
        let message: ws::Message<'_> = serde_json::from_str(conversation[2]["json"].get()).unwrap();
        let snapshots: Vec<ws::Book<'_>> = serde_json::from_str(message.data.unwrap().get()).unwrap();
        let mut local = LocalBook::new(10, Precision { price: 4, quantity: 8 });
        assert!(local.reset(&snapshots[0]));
        assert_eq!(local.checksum(), 2_439_117_997);
    }

    #[test]
    fn updates_set_remove_and_push_out_levels() {
        let mut local = LocalBook::new(2, Precision { price: 1, quantity: 2 });
        local.reset(&book(
            r#"{"symbol":"A/B","bids":[{"price":9.9,"qty":1},{"price":9.8,"qty":2}],"asks":[{"price":10,"qty":3}]}"#,
        ));
        local.update(&book(
            r#"{"symbol":"A/B","bids":[{"price":9.85,"qty":"5"},{"price":9.9,"qty":0}],"asks":[{"price":10.0,"qty":4}]}"#,
        ));
        let now = local.to_book(Timestamp::from_micros(1));
        let show = |levels: &[BookLevel]| -> Vec<String> {
            levels.iter().map(|level| format!("{}@{}", level.quantity, level.price)).collect()
        };
        assert_eq!(show(&now.bids), ["5@9.85", "2@9.8"]);
        assert_eq!(show(&now.asks), ["4@10"]);
        local.update(&book(r#"{"symbol":"A/B","bids":[{"price":9.95,"qty":7}]}"#));
        assert_eq!(show(&local.to_book(Timestamp::from_micros(1)).bids), ["7@9.95", "5@9.85"]);
    }

    #[test]
    fn a_wrong_checksum_is_noticed_and_a_right_one_is_in_the_pairs_precision() {
        let mut local = LocalBook::new(10, Precision { price: 5, quantity: 8 });
        // The shape of the documentation's example: prices from 0.05005 up and 0.05000 down, 0.00000500 on each level.
        let side = |first: i64, step: i64| {
            let level = |n| format!(r#"{{"price":{},"qty":0.000005}}"#, Decimal::new(first + step * n, 5));
            (0..10).map(level).collect::<Vec<_>>().join(",")
        };
        let json = format!(
            r#"{{"symbol":"A/B","asks":[{}],"bids":[{}],"checksum":2726735196}}"#,
            side(5005, 5),
            side(5000, -5)
        );
        assert!(local.reset(&book(&json)));
        assert!(
            !local.update(&book(r#"{"symbol":"A/B","bids":[{"price":0.05,"qty":1}],"checksum":2726735196}"#))
        );
    }

    proptest! {
        #[test]
        fn it_is_the_same_book_as_one_kept_in_a_map(
            changes in prop::collection::vec((any::<bool>(), 1_i64..40, 0_i64..4), 0..120),
        ) {
            let mut local = LocalBook::new(1000, Precision { price: 2, quantity: 3 });
            let (mut bids, mut asks) = (BTreeMap::new(), BTreeMap::new());
            for (bid, price, quantity) in changes {
                let price = Decimal::new(price, 2);
                let (name, side) = if bid { ("bids", &mut bids) } else { ("asks", &mut asks) };
                let json = format!(r#"{{"symbol":"A/B","{name}":[{{"price":{price},"qty":{quantity}}}]}}"#);
                local.update(&book(&json));
                if quantity == 0 { side.remove(&price); } else { side.insert(price, Decimal::from(quantity)); }
            }
            let now = local.to_book(Timestamp::from_micros(0));
            let flat = |levels: &[BookLevel]| levels.iter().map(|l| (l.price.get(), l.quantity.get())).collect::<Vec<_>>();
            prop_assert_eq!(flat(&now.bids), bids.into_iter().rev().collect::<Vec<_>>());
            prop_assert_eq!(flat(&now.asks), asks.into_iter().collect::<Vec<_>>());
        }
    }
}
