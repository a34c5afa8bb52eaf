//! One book over several venues.

use serde::{Deserialize, Serialize};

use crate::{OrderBook, Price, Quantity, Side, VenueId};

/// A level and whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergedLevel {
    /// The venue.
    pub venue: VenueId,
    /// Price.
    pub price: Price,
    /// Base units.
    pub quantity: Quantity,
}

/// The levels of several venues in one order. Levels at the same price stay apart, the larger first: they cannot be taken with one order.
///
/// Venues' books are as old as their last message, so a merged book may be crossed for a moment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergedBook {
    /// Buyers, highest price first.
    pub bids: Vec<MergedLevel>,
    /// Sellers, lowest price first.
    pub asks: Vec<MergedLevel>,
}

impl MergedBook {
    /// Merges the books of one instrument.
    #[must_use]
    pub fn of<'a>(books: impl IntoIterator<Item = (&'a VenueId, &'a OrderBook)>) -> Self {
        let mut merged = Self::default();
        for (venue, book) in books {
            for (levels, side) in [(&book.bids, &mut merged.bids), (&book.asks, &mut merged.asks)] {
                side.extend(levels.iter().map(|level| MergedLevel {
                    venue: venue.clone(),
                    price: level.price,
                    quantity: level.quantity,
                }));
            }
        }
        // Stable, so that venues keep their order where price and quantity are equal.
        merged.bids.sort_by(|a, b| b.price.cmp(&a.price).then(b.quantity.cmp(&a.quantity)));
        merged.asks.sort_by(|a, b| a.price.cmp(&b.price).then(b.quantity.cmp(&a.quantity)));
        merged
    }

    /// The levels that an order of this side takes, best first.
    #[must_use]
    pub fn against(&self, side: Side) -> &[MergedLevel] {
        match side {
            Side::Buy => &self.asks,
            Side::Sell => &self.bids,
        }
    }

    /// Whether somebody bids at least what another asks.
    #[must_use]
    pub fn is_crossed(&self) -> bool {
        matches!((self.bids.first(), self.asks.first()), (Some(bid), Some(ask)) if bid.price >= ask.price)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BookLevel, Timestamp};

    fn levels(all: &[(&str, &str)]) -> Vec<BookLevel> {
        let level = |(price, quantity): &(&str, &str)| BookLevel {
            price: Price::new(price.parse().unwrap()).unwrap(),
            quantity: Quantity::new(quantity.parse().unwrap()).unwrap(),
        };
        all.iter().map(level).collect()
    }

    fn book(bids: &[(&str, &str)], asks: &[(&str, &str)]) -> OrderBook {
        OrderBook { bids: levels(bids), asks: levels(asks), at: Timestamp::from_micros(0) }
    }

    fn shown(levels: &[MergedLevel]) -> Vec<String> {
        levels.iter().map(|level| format!("{}@{} {}", level.quantity, level.price, level.venue)).collect()
    }

    #[test]
    fn levels_of_all_venues_stand_best_first_and_apart() {
        let (a, b) = (VenueId::new("a").unwrap(), VenueId::new("b").unwrap());
        let (first, second) = (
            book(&[("100", "1"), ("99", "2")], &[("101", "1"), ("102", "4")]),
            book(&[("100", "3")], &[("101.5", "2")]),
        );
        let merged = MergedBook::of([(&a, &first), (&b, &second)]);
        assert_eq!(shown(merged.against(Side::Sell)), ["3@100 b", "1@100 a", "2@99 a"]);
        assert_eq!(shown(merged.against(Side::Buy)), ["1@101 a", "2@101.5 b", "4@102 a"]);
        assert!(!merged.is_crossed());
    }

    #[test]
    fn a_book_is_crossed_when_one_venue_bids_what_another_asks() {
        let (a, b) = (VenueId::new("a").unwrap(), VenueId::new("b").unwrap());
        let (first, second) =
            (book(&[("101", "1")], &[("102", "1")]), book(&[("100", "1")], &[("101", "1")]));
        assert!(MergedBook::of([(&a, &first), (&b, &second)]).is_crossed());
        assert!(!MergedBook::of([(&a, &first)]).is_crossed());
        assert!(!MergedBook::default().is_crossed());
    }
}
