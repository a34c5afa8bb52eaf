//! One side of a book, for venues that send every change of a level.

use nija_core::{BookLevel, Price, Quantity};
use rust_decimal::Decimal;

/// Price and quantity.
pub(crate) type Level = (Decimal, Decimal);

/// Buyers or sellers, the best price last: what changes is nearly always near the best, and moving what lies behind a place costs the
/// more the more there is of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Levels(Vec<Level>);

/// Whose side it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    Buyers,
    Sellers,
}

impl Levels {
    /// From levels in any order. Of two for one price the later one stays, and those without a quantity do not.
    pub(crate) fn new(of: Of, levels: impl Iterator<Item = Level>) -> Self {
        let mut levels: Vec<Level> = levels.collect();
        // Stable, so that the later one stays later.
        match of {
            Of::Buyers => levels.sort_by_key(|level| level.0),
            Of::Sellers => levels.sort_by_key(|level| std::cmp::Reverse(level.0)),
        }
        levels.dedup_by(|later, earlier| {
            let same = later.0 == earlier.0;
            if same {
                earlier.1 = later.1;
            }
            same
        });
        levels.retain(|(_, quantity)| !quantity.is_zero());
        Self(levels)
    }

    /// Puts a level in its place; a quantity of zero takes it away.
    pub(crate) fn set(&mut self, of: Of, price: Decimal, quantity: Decimal) {
        let levels = &mut self.0;
        let place = match of {
            Of::Buyers => levels.partition_point(|(known, _)| *known < price),
            Of::Sellers => levels.partition_point(|(known, _)| *known > price),
        };
        let known = levels.get(place).is_some_and(|(known, _)| *known == price);
        match (known, quantity.is_zero()) {
            (true, true) => drop(levels.remove(place)),
            (true, false) => levels[place].1 = quantity,
            (false, true) => {}
            (false, false) => levels.insert(place, (price, quantity)),
        }
    }

    /// Keeps the best of them.
    pub(crate) fn keep(&mut self, best: usize) {
        let beyond = self.0.len().saturating_sub(best);
        self.0.drain(..beyond);
    }

    pub(crate) fn best(&self) -> Option<Level> {
        self.0.last().copied()
    }

    pub(crate) fn worst(&self) -> Option<Level> {
        self.0.first().copied()
    }

    pub(crate) const fn len(&self) -> usize {
        self.0.len()
    }

    /// The best `depth` of them as everybody else knows them, best first.
    pub(crate) fn to_core(&self, depth: usize) -> Vec<BookLevel> {
        let best = self.0.iter().rev().take(depth);
        best.filter_map(|(price, quantity)| {
            Some(BookLevel { price: Price::new(*price).ok()?, quantity: Quantity::new(*quantity).ok()? })
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dec(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn a_side_is_sorted_whatever_the_order_it_came_in() {
        let levels = || [("9.8", "2"), ("9.9", "1"), ("9.7", "0"), ("9.8", "3")].into_iter();
        let levels = || levels().map(|(price, quantity)| (dec(price), dec(quantity)));
        for (of, best, worst) in [(Of::Buyers, "9.9", "9.8"), (Of::Sellers, "9.8", "9.9")] {
            let side = Levels::new(of, levels());
            assert_eq!((side.best().unwrap().0, side.worst().unwrap().0), (dec(best), dec(worst)));
            assert_eq!(side.len(), 2);
            assert_eq!(side.to_core(1)[0].price.get(), dec(best));
        }
        let mut buyers = Levels::new(Of::Buyers, levels());
        assert_eq!(buyers.to_core(9)[1].quantity.get(), dec("3"), "the later one");
        buyers.set(Of::Buyers, dec("10"), dec("5"));
        buyers.set(Of::Buyers, dec("9.80"), dec("0"));
        buyers.set(Of::Buyers, dec("1"), dec("0"));
        assert_eq!((buyers.len(), buyers.best()), (2, Some((dec("10"), dec("5")))));
        buyers.keep(1);
        assert_eq!(buyers.worst(), Some((dec("10"), dec("5"))));
    }
}
