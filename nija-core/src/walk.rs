//! What a size meets in a book.

use rust_decimal::Decimal;

use crate::{
    BookLevel, Price, Quantity, Side,
    whole::{digits, number, power, times},
};

/// What an order finds in a book, level by level from the best on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Walk {
    /// Base units found, at most what was wanted.
    pub found: Quantity,
    /// Quote units that these are worth, each level at its own price.
    pub worth: Decimal,
    /// The worst price met; `None` when nothing was found.
    pub last: Option<Price>,
}

impl Walk {
    /// Takes from `levels`, best first, until `wanted` is found, the book ends or its prices are worse than `worst`.
    ///
    /// ```
    /// use nija_core::{BookLevel, Side, Walk};
    /// let level = |price: &str, quantity: &str| BookLevel { price: price.parse().unwrap(), quantity: quantity.parse().unwrap() };
    /// let asks = [level("100", "1"), level("101", "2"), level("105", "9")];
    /// let all = Walk::through(&asks, Side::Buy, "2".parse()?, None);
    /// assert_eq!((all.worth.to_string(), all.last), ("201".to_owned(), Some("101".parse()?)));
    /// let collared = Walk::through(&asks, Side::Buy, "4".parse()?, Some("101".parse()?));
    /// assert_eq!(collared.found.to_string(), "3");
    /// # Ok::<(), nija_core::AmountError>(())
    /// ```
    #[must_use]
    pub fn through(levels: &[BookLevel], side: Side, wanted: Quantity, worst: Option<Price>) -> Self {
        #[cold]
        fn long_way(levels: &[BookLevel], wanted: Quantity) -> Walk {
            let mut walk = Walk { found: Quantity::ZERO, worth: Decimal::ZERO, last: None };
            for level in levels {
                let take = level.quantity.min(wanted.minus(walk.found));
                if take.is_zero() {
                    break;
                }
                walk.found = walk.found.plus(take);
                walk.worth += times(take.get(), level.price.get());
                walk.last = Some(level.price);
            }
            walk
        }
        let within = match worst {
            None => levels,
            Some(worst) => {
                let beyond = |level: &BookLevel| match side {
                    Side::Buy => level.price > worst,
                    Side::Sell => level.price < worst,
                };
                let end = levels.iter().position(beyond).unwrap_or(levels.len());
                levels.get(..end).unwrap_or(levels)
            }
        };
        Self::whole(within, wanted).unwrap_or_else(|| long_way(within, wanted))
    }

    /// The same in whole numbers of one scale for all quantities and one for all prices; `None` where those do not fit.
    #[inline]
    fn whole(levels: &[BookLevel], wanted: Quantity) -> Option<Self> {
        let (mut places, mut price_places) = (wanted.get().scale(), 0);
        for level in levels {
            places = places.max(level.quantity.get().scale());
            price_places = price_places.max(level.price.get().scale());
        }
        let at = |number: Decimal, places: u32| digits(number)?.checked_mul(power(places - number.scale())?);
        let all = at(wanted.get(), places)?;
        let (mut missing, mut worth, mut last) = (all, 0u128, None);
        for level in levels {
            if missing == 0 {
                break;
            }
            let take = at(level.quantity.get(), places)?.min(missing);
            if take == 0 {
                continue;
            }
            let product = u128::from(take) * u128::from(at(level.price.get(), price_places)?);
            worth = worth.checked_add(product)?;
            missing -= take;
            last = Some(level.price);
        }
        Some(Self {
            found: Quantity::new(number(u128::from(all - missing), places)?).ok()?,
            worth: number(worth, places + price_places)?,
            last,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn book() -> impl Strategy<Value = Vec<BookLevel>> {
        prop::collection::vec((1i64..10_000_000, 0u32..8, 0i64..1_000_000_000, 0u32..12), 0..20).prop_map(
            |all| {
                let mut levels: Vec<_> = all
                    .into_iter()
                    .map(|(price, scale, quantity, places)| BookLevel {
                        price: Price::new(Decimal::new(price, scale)).unwrap(),
                        quantity: Quantity::new(Decimal::new(quantity, places)).unwrap(),
                    })
                    .collect();
                levels.sort_by_key(|level| level.price);
                levels
            },
        )
    }

    proptest! {
        #[test]
        fn a_walk_is_what_the_slow_and_obvious_one_is(
            levels in book(), wanted in 0i64..10_000_000_000, places in 0u32..10, limit in prop::option::of(1i64..10_000_000),
        ) {
            let wanted = Quantity::new(Decimal::new(wanted, places)).unwrap();
            let worst = limit.map(|limit| Price::new(Decimal::new(limit, 2)).unwrap());
            let (mut missing, mut worth, mut last) = (wanted.get(), Decimal::ZERO, None);
            for level in &levels {
                let take = level.quantity.get().min(missing);
                if take.is_zero() || worst.is_some_and(|worst| level.price > worst) {
                    continue;
                }
                (missing, worth, last) = (missing - take, worth + take * level.price.get(), Some(level.price));
            }
            let walk = Walk::through(&levels, Side::Buy, wanted, worst);
            prop_assert_eq!((walk.found.get(), walk.worth, walk.last), (wanted.get() - missing, worth, last));
        }
    }

    #[test]
    fn numbers_beyond_whole_ones_are_walked_all_the_same() {
        let level = BookLevel {
            price: "12345678901.12345678901234567".parse().unwrap(),
            quantity: "1.0000000000000000000000001".parse().unwrap(),
        };
        let walk = Walk::through(&[level], Side::Sell, "0.5".parse().unwrap(), None);
        assert_eq!((walk.found.to_string(), walk.last), ("0.5".to_owned(), Some(level.price)));
        assert_eq!(walk.worth, Decimal::new(5, 1) * level.price.get());
    }
}
