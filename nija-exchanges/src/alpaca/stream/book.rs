//! A crypto book kept from snapshots and changes.
//!
//! docs.alpaca.markets, "Real-time Crypto Data", orderbooks: a message with `r` is the whole book, any other changes single levels,
//! and a size of zero takes a level away. There is no number and no checksum that would show a lost message: a book that crosses
//! itself is wrong, and all books are compared with REST from time to time.

use nija_core::{BookLevel, OrderBook, Price, Quantity, Timestamp};
use rust_decimal::Decimal;

use super::super::wire::ws;

/// Levels kept beyond those that are shown: enough for what is taken away before the next snapshot.
const SPARE: usize = 75;

/// The book of one symbol.
#[derive(Debug, Clone)]
pub struct LocalBook {
    depth: usize,
    bids: Vec<ws::Level>,
    asks: Vec<ws::Level>,
}

impl LocalBook {
    /// An empty book that shows this many levels a side.
    #[must_use]
    pub fn new(depth: usize) -> Self {
        Self { depth, bids: Vec::new(), asks: Vec::new() }
    }

    /// Starts anew from a whole book; whether it makes sense.
    pub fn reset(&mut self, bids: &[ws::Level], asks: &[ws::Level]) -> bool {
        self.bids.clear();
        self.asks.clear();
        self.update(bids, asks)
    }

    /// Takes in changes; whether the book still makes sense.
    pub fn update(&mut self, bids: &[ws::Level], asks: &[ws::Level]) -> bool {
        for level in bids {
            set(&mut self.bids, level, |known, new| known > new);
        }
        for level in asks {
            set(&mut self.asks, level, |known, new| known < new);
        }
        self.bids.truncate(self.depth + SPARE);
        self.asks.truncate(self.depth + SPARE);
        match (self.bids.first(), self.asks.first()) {
            (Some(bid), Some(ask)) => bid.p < ask.p,
            _ => true,
        }
    }

    /// The book as everybody else knows it.
    #[must_use]
    pub fn to_book(&self, at: Timestamp) -> OrderBook {
        let side = |levels: &[ws::Level]| {
            let known = |level: &ws::Level| {
                Some(BookLevel {
                    price: Price::new(level.p.0).ok()?,
                    quantity: Quantity::new(level.s.0).ok()?,
                })
            };
            levels.iter().take(self.depth).filter_map(known).collect()
        };
        OrderBook { bids: side(&self.bids), asks: side(&self.asks), at }
    }
}

/// Puts a level in its place; a size of zero takes it away. `before` orders the side.
fn set(levels: &mut Vec<ws::Level>, level: &ws::Level, before: impl Fn(Decimal, Decimal) -> bool) {
    let place = levels.partition_point(|known| before(known.p.0, level.p.0));
    let known = levels.get(place).is_some_and(|known| known.p == level.p);
    match (known, level.s.0.is_zero()) {
        (true, true) => {
            levels.remove(place);
        }
        (true, false) => levels[place] = *level,
        (false, true) => {}
        (false, false) => levels.insert(place, *level),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(json: &str) -> Vec<ws::Level> {
        serde_json::from_str(json).unwrap()
    }

    fn show(levels: &[BookLevel]) -> Vec<String> {
        levels.iter().map(|level| format!("{}@{}", level.quantity, level.price)).collect()
    }

    #[test]
    fn changes_set_and_remove_levels_and_deeper_ones_come_up() {
        let mut local = LocalBook::new(2);
        assert!(local.reset(
            &levels(r#"[{"p":9.8,"s":2},{"p":9.9,"s":1},{"p":"9.7","s":"3"}]"#),
            &levels(r#"[{"p":10,"s":3}]"#)
        ));
        assert!(
            local.update(&levels(r#"[{"p":9.9,"s":0},{"p":1,"s":0}]"#), &levels(r#"[{"p":10.0,"s":4}]"#))
        );
        let book = local.to_book(Timestamp::from_micros(1));
        assert_eq!(show(&book.bids), ["2@9.8", "3@9.7"]);
        assert_eq!(show(&book.asks), ["4@10"]);
    }

    #[test]
    fn a_book_that_crosses_itself_does_not_make_sense() {
        let mut local = LocalBook::new(5);
        assert!(local.reset(&levels(r#"[{"p":9,"s":1}]"#), &levels(r#"[{"p":10,"s":1}]"#)));
        assert!(!local.update(&levels(r#"[{"p":10,"s":1}]"#), &[]));
        assert!(local.reset(&[], &[]));
        assert!(local.to_book(Timestamp::from_micros(1)).bids.is_empty());
    }
}
