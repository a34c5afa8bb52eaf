//! A book kept from a snapshot and its differences, each of which names the one before it.
//!
//! Order book channel, Sequence ID: `prevSeqId` is the `seqId` of the message before and -1 in a snapshot; a message without changes
//! repeats the last number; after maintenance a number may be smaller than the one before it. The `checksum` that used to be beside
//! it is zero by now.

use nija_core::{OrderBook, Timestamp};
use rust_decimal::Decimal;
use std::collections::VecDeque;

use super::super::wire::ws;
use crate::levels::{Levels, Of};

/// Levels a side that OKX tells of.
const LEVELS: usize = 400;
/// Messages remembered, so that one told again is known for it.
const REMEMBERED: usize = 64;

/// What a message did to the book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// It is in.
    Yes,
    /// It was there already.
    Old,
    /// Something before it is missing: the book needs a new snapshot.
    Gap,
}

/// The book of one instrument.
#[derive(Debug, Clone, Default)]
pub struct LocalBook {
    last: i64,
    /// Numbers of the last messages, each with that of the one before it.
    seen: VecDeque<(i64, i64)>,
    bids: Levels,
    asks: Levels,
}

impl LocalBook {
    /// A book from a snapshot.
    #[must_use]
    pub fn new(snapshot: &ws::Book) -> Self {
        let side = |of, levels: &[ws::Level]| {
            Levels::new(of, levels.iter().map(|level| (level.price, level.quantity)))
        };
        Self {
            last: snapshot.seq_id,
            seen: VecDeque::new(),
            bids: side(Of::Buyers, &snapshot.bids),
            asks: side(Of::Sellers, &snapshot.asks),
        }
    }

    /// The number of the last message that is in the book.
    #[must_use]
    pub const fn last(&self) -> i64 {
        self.last
    }

    /// Takes in a message.
    pub fn apply(&mut self, update: &ws::Book) -> Applied {
        let before = update.prev_seq_id.unwrap_or(-1);
        let numbers = (before, update.seq_id);
        if before != self.last {
            return if self.seen.contains(&numbers) { Applied::Old } else { Applied::Gap };
        }
        for level in &update.bids {
            self.bids.set(Of::Buyers, level.price, level.quantity);
        }
        for level in &update.asks {
            self.asks.set(Of::Sellers, level.price, level.quantity);
        }
        // What falls out of the depth is not taken back by the venue.
        self.bids.keep(LEVELS);
        self.asks.keep(LEVELS);
        self.last = update.seq_id;
        if before != update.seq_id {
            self.seen.push_back(numbers);
            if self.seen.len() > REMEMBERED {
                self.seen.pop_front();
            }
        }
        Applied::Yes
    }

    /// Best bid and best ask with their quantities.
    #[must_use]
    pub fn best(&self) -> Option<[(Decimal, Decimal); 2]> {
        Some([self.bids.best()?, self.asks.best()?])
    }

    /// The best `depth` levels as everybody else knows them.
    #[must_use]
    pub fn to_book(&self, depth: usize, at: Timestamp) -> OrderBook {
        OrderBook { bids: self.bids.to_core(depth), asks: self.asks.to_core(depth), at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija_core::BookLevel;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn message(json: &str) -> ws::Book {
        serde_json::from_str(json).unwrap()
    }

    fn start() -> LocalBook {
        LocalBook::new(&message(
            r#"{"bids":[["9.9","1","0","1"],["9.8","2","0","3"]],"asks":[["10","3","0","1"],["10.1","4","0","2"]],
               "ts":"1597026383085","checksum":0,"prevSeqId":-1,"seqId":10}"#,
        ))
    }

    fn show(book: &LocalBook) -> (Vec<String>, Vec<String>) {
        let side =
            |levels: &[BookLevel]| levels.iter().map(|l| format!("{}@{}", l.quantity, l.price)).collect();
        let book = book.to_book(10, Timestamp::from_micros(1));
        (side(&book.bids), side(&book.asks))
    }

    #[test]
    fn updates_set_and_remove_levels() {
        let mut book = start();
        let update = message(
            r#"{"bids":[["9.85","5","0","1"],["9.9","0","0","0"]],"asks":[["10.0","7","0","1"]],"prevSeqId":10,"seqId":15}"#,
        );
        assert_eq!(book.apply(&update), Applied::Yes);
        assert_eq!(
            show(&book),
            (vec!["5@9.85".into(), "2@9.8".into()], vec!["7@10".into(), "4@10.1".into()])
        );
        assert_eq!(book.best().unwrap()[0].0.to_string(), "9.85");
    }

    #[test]
    fn the_numbers_of_the_documentations_example_are_all_taken() {
        let mut book = start();
        for (before, number) in [(10, 15), (15, 15), (15, 3), (3, 5)] {
            let text = format!(r#"{{"bids":[],"asks":[],"prevSeqId":{before},"seqId":{number}}}"#);
            assert_eq!(book.apply(&message(&text)), Applied::Yes);
            assert_eq!(book.last(), number);
        }
    }

    #[test]
    fn repeats_are_dropped_and_a_missing_message_is_noticed_even_around_a_reset() {
        let mut book = start();
        let numbered =
            |before: i64, number: i64| message(&format!(r#"{{"prevSeqId":{before},"seqId":{number}}}"#));
        assert_eq!(book.apply(&numbered(10, 15)), Applied::Yes);
        assert_eq!(book.apply(&numbered(15, 20)), Applied::Yes);
        for (before, number) in [(15, 20), (10, 15)] {
            assert_eq!(book.apply(&numbered(before, number)), Applied::Old);
        }
        assert_eq!(book.apply(&numbered(21, 22)), Applied::Gap);
        // The numbers began anew in a message that was lost.
        assert_eq!(book.apply(&numbered(3, 5)), Applied::Gap);
        assert_eq!((book.last(), book.apply(&numbered(20, 21))), (20, Applied::Yes));
    }

    proptest! {
        #[test]
        fn a_book_of_differences_is_the_book(
            changes in prop::collection::vec((any::<bool>(), 1_i64..40, 0_i64..3), 0..200),
        ) {
            let (mut bids, mut asks) = (BTreeMap::new(), BTreeMap::new());
            let mut book = LocalBook::new(&message(r#"{"bids":[],"asks":[],"prevSeqId":-1,"seqId":0}"#));
            for (number, (bid, price, quantity)) in (1..).zip(changes) {
                let (side, name, price) = if bid { (&mut bids, "bids", price) } else { (&mut asks, "asks", price + 100) };
                if quantity == 0 { side.remove(&price); } else { side.insert(price, quantity); }
                let text = format!(
                    r#"{{"prevSeqId":{},"seqId":{number},"{name}":[["{price}.00","{quantity}.0","0","1"]]}}"#, number - 1
                );
                prop_assert_eq!(book.apply(&message(&text)), Applied::Yes);
            }
            let expected: (Vec<String>, Vec<String>) = (
                bids.iter().rev().map(|(p, q)| format!("{q}@{p}")).take(10).collect(),
                asks.iter().map(|(p, q)| format!("{q}@{p}")).take(10).collect(),
            );
            prop_assert_eq!(show(&book), expected);
        }
    }
}
