//! A book kept from a snapshot and numbered differences.
//!
//! web-socket-streams.md, "How to manage a local order book correctly": differences that end at or before the snapshot's number
//! are dropped; the first one taken must hold the number after it; each further one must begin where the last one ended.

use nija_core::{OrderBook, Timestamp};
use rust_decimal::Decimal;

use super::super::wire::{Depth, ws};
use crate::decode::Level;
use crate::levels::{Levels, Of};

/// What an update did to the book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// It is in.
    Yes,
    /// It is older than the book.
    Old,
    /// Something before it is missing: the book needs a new snapshot.
    Gap,
}

/// The book of one symbol. A snapshot shows the best levels alone; what lies beyond them is not known and left out.
#[derive(Debug, Clone, Default)]
pub struct LocalBook {
    last: u64,
    bids: Levels,
    asks: Levels,
    /// Where the snapshot's knowledge ends, when it did not show all.
    lowest_bid: Option<Decimal>,
    highest_ask: Option<Decimal>,
}

impl LocalBook {
    /// A book from a snapshot of at most `limit` levels a side.
    #[must_use]
    pub(in super::super) fn new(snapshot: &Depth, limit: usize) -> Self {
        let side =
            |of, levels: &[Level]| Levels::new(of, levels.iter().map(|level| (level.price, level.quantity)));
        let (bids, asks) = (side(Of::Buyers, &snapshot.bids), side(Of::Sellers, &snapshot.asks));
        let cut = |all: usize| all >= limit;
        Self {
            last: snapshot.last_update_id,
            lowest_bid: bids.worst().filter(|_| cut(snapshot.bids.len())).map(|level| level.0),
            highest_ask: asks.worst().filter(|_| cut(snapshot.asks.len())).map(|level| level.0),
            bids,
            asks,
        }
    }

    /// From the text of a snapshot; `None` when it is not one. For benches.
    #[doc(hidden)]
    #[must_use]
    pub fn from_json(snapshot: &str, limit: usize) -> Option<Self> {
        serde_json::from_str::<Depth>(snapshot).ok().map(|depth| Self::new(&depth, limit))
    }

    /// The number of the last change that is in the book.
    #[must_use]
    pub const fn last(&self) -> u64 {
        self.last
    }

    /// Takes in an update.
    pub fn apply(&mut self, update: &ws::Update) -> Applied {
        if update.last <= self.last {
            return Applied::Old;
        }
        if update.first > self.last.saturating_add(1) {
            return Applied::Gap;
        }
        for level in &update.bids {
            if self.lowest_bid.is_none_or(|lowest| level.price >= lowest) {
                self.bids.set(Of::Buyers, level.price, level.quantity);
            }
        }
        for level in &update.asks {
            if self.highest_ask.is_none_or(|highest| level.price <= highest) {
                self.asks.set(Of::Sellers, level.price, level.quantity);
            }
        }
        self.last = update.last;
        Applied::Yes
    }

    /// Whether so many levels a side are known for sure, or there are no more.
    #[must_use]
    pub fn is_deep(&self, depth: usize) -> bool {
        (self.lowest_bid.is_none() || self.bids.len() >= depth)
            && (self.highest_ask.is_none() || self.asks.len() >= depth)
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

    fn update(json: &str) -> ws::Update {
        serde_json::from_str(json).unwrap()
    }

    fn start(limit: usize) -> LocalBook {
        LocalBook::from_json(
            r#"{"lastUpdateId":10,"bids":[["9.9","1"],["9.8","2"]],"asks":[["10.0","3"],["10.1","4"]]}"#,
            limit,
        )
        .unwrap()
    }

    fn show(book: &LocalBook) -> (Vec<String>, Vec<String>) {
        let side =
            |levels: &[BookLevel]| levels.iter().map(|l| format!("{}@{}", l.quantity, l.price)).collect();
        let book = book.to_book(10, Timestamp::from_micros(1));
        (side(&book.bids), side(&book.asks))
    }

    #[test]
    fn updates_set_and_remove_levels() {
        let mut book = start(100);
        assert_eq!(
            book.apply(&update(r#"{"U":9,"u":12,"b":[["9.85","5"],["9.9","0"]],"a":[["10.0","7"]]}"#)),
            Applied::Yes
        );
        assert_eq!(
            show(&book),
            (vec!["5@9.85".into(), "2@9.8".into()], vec!["7@10".into(), "4@10.1".into()])
        );
        assert_eq!(book.best().unwrap()[0].0.to_string(), "9.85");
    }

    #[test]
    fn old_updates_are_dropped_and_a_missing_one_is_noticed() {
        let mut book = start(100);
        let before = show(&book);
        assert_eq!(book.apply(&update(r#"{"U":8,"u":10,"b":[["1","1"]],"a":[]}"#)), Applied::Old);
        assert_eq!(book.apply(&update(r#"{"U":12,"u":13,"b":[["1","1"]],"a":[]}"#)), Applied::Gap);
        assert_eq!((show(&book), book.last()), (before, 10));
        assert_eq!(book.apply(&update(r#"{"U":11,"u":11}"#)), Applied::Yes);
        assert_eq!(book.apply(&update(r#"{"U":11,"u":11}"#)), Applied::Old);
    }

    #[test]
    fn what_lies_beyond_a_cut_snapshot_is_not_claimed() {
        let mut book = start(2);
        assert!(book.is_deep(2) && !book.is_deep(3));
        assert_eq!(
            book.apply(&update(r#"{"U":11,"u":11,"b":[["9.7","1"]],"a":[["10.2","1"]]}"#)),
            Applied::Yes
        );
        assert_eq!(show(&book).0.len(), 2, "a level below the snapshot may have others above it");
        assert_eq!(book.apply(&update(r#"{"U":12,"u":12,"b":[["9.9","0"]],"a":[]}"#)), Applied::Yes);
        assert!(!book.is_deep(2) && book.is_deep(1));
        assert!(start(3).is_deep(10), "a snapshot that was not cut shows all there is");
    }

    proptest! {
        #[test]
        fn a_book_of_differences_is_the_book(
            changes in prop::collection::vec((any::<bool>(), 1_i64..40, 0_i64..3), 0..200),
        ) {
            let (mut bids, mut asks) = (BTreeMap::new(), BTreeMap::new());
            let mut book = LocalBook::from_json(r#"{"lastUpdateId":0,"bids":[],"asks":[]}"#, 1000).unwrap();
            for (number, (bid, price, quantity)) in (1..).zip(changes) {
                let (side, name, price) = if bid { (&mut bids, "b", price) } else { (&mut asks, "a", price + 100) };
                if quantity == 0 { side.remove(&price); } else { side.insert(price, quantity); }
                let text = format!(r#"{{"U":{number},"u":{number},"{name}":[["{price}.00","{quantity}.0"]]}}"#);
                prop_assert_eq!(book.apply(&update(&text)), Applied::Yes);
            }
            let expected: (Vec<String>, Vec<String>) = (
                bids.iter().rev().map(|(p, q)| format!("{q}@{p}")).take(10).collect(),
                asks.iter().map(|(p, q)| format!("{q}@{p}")).take(10).collect(),
            );
            prop_assert_eq!(show(&book), expected);
        }
    }
}
