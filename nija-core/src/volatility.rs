//! How much a price moves in a short while.

use serde::{Deserialize, Serialize};
use std::time::Duration;

use crate::{Price, whole::units};

/// How much a market's middle moves: the variance of its returns for each second, weighted towards the newest ones. A dimensionless number and
/// no money, so it is a whole number of `1e-8` squared basis points a second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Volatility(u64);

impl Volatility {
    /// Weights fall to `1/e` in this time.
    pub const MEMORY: Duration = Duration::from_secs(60);
    /// Units of one squared basis point a second.
    const UNITS: u64 = 100_000_000;

    /// A market that moves so many basis points in a second (one standard deviation).
    #[must_use]
    pub const fn per_second(basis_points: u32) -> Self {
        let wide = basis_points as u64;
        Self((wide * wide).saturating_mul(Self::UNITS))
    }

    /// Takes up a move of the middle from `before` to `after` that took `elapsed`.
    ///
    /// The step is `v' = (T v + r^2) / (T + t)`: the exponentially weighted mean of `r^2 / t` for irregular times, and no division by a time that
    /// may be zero.
    #[must_use]
    pub fn after_move(self, before: Price, after: Price, elapsed: Duration) -> Self {
        // Ten-thousandths of a basis point, so that its square has the unit of this.
        let share = (after.get() - before.get()).checked_div(before.get());
        let moved = share.map_or(u64::MAX, |share| units(share, 8).unsigned_abs()).min(u64::from(u32::MAX));
        let memory = Self::MEMORY.as_micros();
        let kept = u128::from(self.0) * memory;
        let fresh = u128::from(moved * moved) * 1_000_000;
        let mean = (kept + fresh) / (memory + elapsed.as_micros());
        Self(u64::try_from(mean).unwrap_or(u64::MAX))
    }

    /// One standard deviation of the move within `time`, in ten-thousandths of a basis point: it grows with the root of time.
    #[must_use]
    pub fn within(self, time: Duration) -> u64 {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let variance = u128::from(self.0) * u128::from(micros) / 1_000_000;
        u64::try_from(variance).unwrap_or(u64::MAX).isqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rust_decimal::Decimal;

    fn price(text: &str) -> Price {
        text.parse().unwrap()
    }

    #[test]
    fn a_market_moves_with_the_root_of_time() {
        let market = Volatility::per_second(2);
        assert_eq!(market.within(Duration::from_secs(1)), 20_000);
        assert_eq!(market.within(Duration::from_secs(4)), 40_000);
        assert_eq!(market.within(Duration::from_millis(250)), 10_000);
        assert_eq!(Volatility::default().within(Duration::from_secs(3600)), 0);
    }

    #[test]
    fn a_market_that_moves_a_basis_point_every_second_comes_to_just_that() {
        let mut market = Volatility::default();
        let (low, high) = (price("10000"), price("10001"));
        for second in 0..1200 {
            let (before, after) = if second % 2 == 0 { (low, high) } else { (high, low) };
            market = market.after_move(before, after, Duration::from_secs(1));
        }
        let bp = market.within(Duration::from_secs(1));
        assert!((9_900..10_100).contains(&bp), "{bp}");
        for _ in 0..600 {
            market = market.after_move(low, low, Duration::from_secs(1));
        }
        assert!(market.within(Duration::from_secs(1)) < 100);
    }

    #[test]
    fn a_price_that_leaps_beyond_all_measure_overflows_nothing() {
        let leap = Volatility::default().after_move(price("0.00000001"), price("9999999999"), Duration::ZERO);
        assert!(leap > Volatility::per_second(1000));
        let again = Volatility(u64::MAX).after_move(price("0.00000001"), price("9999999999"), Duration::ZERO);
        assert!(again.within(Duration::MAX) > 0);
    }

    proptest! {
        #[test]
        fn a_larger_move_and_a_longer_wait_never_count_less(
            size in 1i64..1_000_000, more in 0i64..1_000_000, wait in 0u64..10_000_000, longer in 0u64..10_000_000,
        ) {
            let (from, start) = (price("10000"), Volatility::per_second(1));
            let to = |by| Price::new(Decimal::from(10_000) + Decimal::new(by, 4)).unwrap();
            let elapsed = Duration::from_micros(wait);
            let (small, large) = (start.after_move(from, to(size), elapsed), start.after_move(from, to(size + more), elapsed));
            prop_assert!(small <= large);
            prop_assert!(large.within(elapsed) <= large.within(elapsed + Duration::from_micros(longer)));
        }
    }
}
