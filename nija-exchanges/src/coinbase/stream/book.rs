//! A book kept from a snapshot and updates: every level of it, as Coinbase sends them all.

use nija_core::{OrderBook, Timestamp};
use rust_decimal::Decimal;

use super::super::wire::ws;
use crate::levels::{Levels, Of};

/// The book of one product.
#[derive(Debug, Clone, Default)]
pub struct LocalBook {
    bids: Levels,
    asks: Levels,
}

impl LocalBook {
    /// Starts anew from a snapshot.
    pub fn reset(&mut self, updates: &[ws::BookUpdate<'_>]) {
        let side = |of, bid: bool| {
            let mine = updates.iter().filter(|update| is_bid(update) == Some(bid));
            Levels::new(of, mine.map(|update| (update.price_level.0, update.new_quantity.0)))
        };
        (self.bids, self.asks) = (side(Of::Buyers, true), side(Of::Sellers, false));
    }

    /// Takes in updates.
    pub fn update(&mut self, updates: &[ws::BookUpdate<'_>]) {
        for update in updates {
            let (price, quantity) = (update.price_level.0, update.new_quantity.0);
            match is_bid(update) {
                Some(true) => self.bids.set(Of::Buyers, price, quantity),
                Some(false) => self.asks.set(Of::Sellers, price, quantity),
                None => {}
            }
        }
    }

    /// Best buyer and best seller, with their quantities.
    #[must_use]
    pub fn best(&self) -> Option<((Decimal, Decimal), (Decimal, Decimal))> {
        Some((self.bids.best()?, self.asks.best()?))
    }

    /// Whether buyers bid as much as sellers ask, which no open market does.
    #[must_use]
    pub fn is_crossed(&self) -> bool {
        self.best().is_some_and(|(bid, ask)| bid.0 >= ask.0)
    }

    /// The book as everybody else knows it, `depth` levels a side.
    #[must_use]
    pub fn to_book(&self, depth: usize, at: Timestamp) -> OrderBook {
        OrderBook { bids: self.bids.to_core(depth), asks: self.asks.to_core(depth), at }
    }
}

fn is_bid(update: &ws::BookUpdate<'_>) -> Option<bool> {
    match update.side.as_ref() {
        "bid" => Some(true),
        // The documentation's word and the one that is also seen.
        "offer" | "ask" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija_core::BookLevel;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn event(json: &str) -> ws::Book<'_> {
        serde_json::from_str(json).unwrap()
    }

    fn show(levels: &[BookLevel]) -> Vec<String> {
        levels.iter().map(|level| format!("{}@{}", level.quantity, level.price)).collect()
    }

    #[test]
    fn snapshots_and_updates_make_a_book_best_first() {
        let mut local = LocalBook::default();
        local.reset(
            &event(
                r#"{"type":"snapshot","product_id":"A-B","updates":[
                {"side":"bid","event_time":"1970-01-01T00:00:00Z","price_level":"9.8","new_quantity":"2"},
                {"side":"bid","price_level":"9.9","new_quantity":"1"},
                {"side":"offer","price_level":"10.1","new_quantity":"4"},
                {"side":"offer","price_level":"10","new_quantity":"3"},
                {"side":"offer","price_level":"10.0","new_quantity":"5"}]}"#,
            )
            .updates,
        );
        let now = local.to_book(10, Timestamp::from_micros(1));
        assert_eq!(
            (show(&now.bids), show(&now.asks)),
            (vec!["1@9.9".into(), "2@9.8".into()], vec!["5@10".to_owned(), "4@10.1".into()])
        );
        local.update(
            &event(
                r#"{"type":"update","product_id":"A-B","updates":[
                {"side":"bid","price_level":"9.9","new_quantity":"0"},
                {"side":"bid","price_level":"9.95","new_quantity":"7"},
                {"side":"sideways","price_level":"1","new_quantity":"1"},
                {"side":"offer","price_level":"10","new_quantity":"6"}]}"#,
            )
            .updates,
        );
        let now = local.to_book(1, Timestamp::from_micros(1));
        assert_eq!((show(&now.bids), show(&now.asks)), (vec!["7@9.95".to_owned()], vec!["6@10".to_owned()]));
        assert!(!local.is_crossed());
        local.update(&event(r#"{"type":"update","product_id":"A-B","updates":[{"side":"bid","price_level":"10","new_quantity":"1"}]}"#).updates);
        assert!(local.is_crossed());
    }

    proptest! {
        #[test]
        fn it_is_the_same_book_as_one_kept_in_a_map(
            start in prop::collection::vec((any::<bool>(), 1_i64..40, 0_i64..4), 0..60),
            changes in prop::collection::vec((any::<bool>(), 1_i64..40, 0_i64..4), 0..120),
        ) {
            let (mut bids, mut asks) = (BTreeMap::new(), BTreeMap::new());
            let mut apply = |(bid, price, quantity): (bool, i64, i64)| {
                let price = Decimal::new(price, 2);
                let side = if bid { &mut bids } else { &mut asks };
                if quantity == 0 { side.remove(&price); } else { side.insert(price, Decimal::from(quantity)); }
            };
            let json = |list: &[(bool, i64, i64)]| {
                let update = |(bid, price, quantity): &(bool, i64, i64)| format!(
                    r#"{{"side":"{}","price_level":"{}","new_quantity":"{quantity}"}}"#,
                    if *bid { "bid" } else { "offer" }, Decimal::new(*price, 2));
                format!("[{}]", list.iter().map(update).collect::<Vec<_>>().join(","))
            };
            // A snapshot's empty levels say nothing about other entries of theirs.
            let start: Vec<_> = start.into_iter().filter(|(_, _, quantity)| *quantity > 0).collect();
            let mut local = LocalBook::default();
            local.reset(&serde_json::from_str::<Vec<ws::BookUpdate<'_>>>(&json(&start)).unwrap());
            local.update(&serde_json::from_str::<Vec<ws::BookUpdate<'_>>>(&json(&changes)).unwrap());
            start.into_iter().chain(changes).for_each(&mut apply);
            let now = local.to_book(1000, Timestamp::from_micros(0));
            let flat = |levels: &[BookLevel]| levels.iter().map(|l| (l.price.get(), l.quantity.get())).collect::<Vec<_>>();
            prop_assert_eq!(flat(&now.bids), bids.into_iter().rev().collect::<Vec<_>>());
            prop_assert_eq!(flat(&now.asks), asks.into_iter().collect::<Vec<_>>());
        }
    }
}
