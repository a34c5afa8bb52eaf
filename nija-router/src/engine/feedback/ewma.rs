//! A mean in which what is older counts less.

use nija_core::Timestamp;
use std::time::Duration;

/// The weight of a figure at the landmark.
const ONE: i128 = 1 << 20;
/// So many half-lives after the landmark it moves up, so that weights stay small numbers.
const MOVES_AFTER: i64 = 16;
/// So many half-lives away a figure weighs nothing beside another.
const NOTHING_AFTER: u32 = 40;

/// After this time a figure counts half, after twice the time a quarter; on straight lines in between.
#[derive(Debug, Clone, Copy)]
pub(super) struct HalfLife(i64);

impl HalfLife {
    pub(super) fn new(time: Duration) -> Self {
        Self(i64::try_from(time.as_micros()).unwrap_or(i64::MAX).max(1))
    }

    /// Whole half-lives up to a moment.
    const fn count(self, at: Timestamp) -> i64 {
        at.micros().div_euclid(self.0)
    }

    /// What a figure of a moment weighs where one of the landmark weighs [`ONE`]: more when it is later.
    fn weight(self, landmark: i64, at: Timestamp) -> i128 {
        let rest = i128::from(at.micros().rem_euclid(self.0)) * ONE / i128::from(self.0);
        let halves = self.count(at).saturating_sub(landmark);
        let places = u32::try_from(halves.unsigned_abs()).unwrap_or(u32::MAX);
        if halves >= 0 {
            (ONE + rest) << places.min(NOTHING_AFTER)
        } else if places <= NOTHING_AFTER {
            (ONE + rest) >> places
        } else {
            0
        }
    }
}

/// An exponentially weighted mean of whole numbers. Figures may come in any order: weights are counted from a landmark, so nothing need be touched as
/// time goes by, and a journal read back gives the mean that it gave as it was written.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ewma {
    /// Figures times their weights.
    sum: i128,
    /// Their weights; zero before the first.
    weight: i128,
    /// In half-lives.
    landmark: i64,
}

impl Ewma {
    pub(super) fn add(&mut self, figure: i64, at: Timestamp, half_life: HalfLife) {
        let count = half_life.count(at);
        if self.weight == 0 {
            self.landmark = count;
        }
        let later = count.saturating_sub(self.landmark);
        if later >= MOVES_AFTER {
            let places = u32::try_from(later).unwrap_or(u32::MAX).min(i128::BITS - 1);
            (self.sum, self.weight) = (self.sum >> places, self.weight >> places);
            self.landmark = count;
        }
        let weight = half_life.weight(self.landmark, at);
        self.sum += i128::from(figure) * weight;
        self.weight += weight;
    }

    /// The mean, in which `usual` counts as one more figure of this moment where it is given: the less is known, and the longer ago, the more it says.
    /// `None` before the first figure.
    pub(super) fn mean(&self, now: Timestamp, usual: Option<i64>, half_life: HalfLife) -> Option<i64> {
        if self.weight == 0 {
            return None;
        }
        let (sum, weight) = match usual {
            Some(usual) => {
                let weight = half_life.weight(self.landmark, now);
                (self.sum + i128::from(usual) * weight, self.weight + weight)
            }
            None => (self.sum, self.weight),
        };
        i64::try_from(sum.checked_div(weight)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HALF: Duration = Duration::from_secs(60);

    fn half() -> HalfLife {
        HalfLife::new(HALF)
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(1_700_000_000_000_000 + seconds * 1_000_000)
    }

    #[test]
    fn a_figure_counts_half_after_a_half_life() {
        let mut mean = Ewma::default();
        assert_eq!(mean.mean(at(0), Some(9), half()), None);
        mean.add(300, at(0), half());
        assert_eq!(mean.mean(at(0), None, half()), Some(300));
        mean.add(0, at(60), half());
        assert_eq!(mean.mean(at(60), None, half()), Some(100));
        mean.add(100, at(180), half());
        assert_eq!(mean.mean(at(180), None, half()), Some(100));
    }

    #[test]
    fn what_is_usual_comes_back_with_time() {
        let mut mean = Ewma::default();
        mean.add(0, at(0), half());
        let after = |seconds| mean.mean(at(seconds), Some(900), half()).unwrap();
        assert_eq!([after(0), after(60), after(180)], [450, 600, 800]);
        assert_eq!(after(60 * 60), 899);
        assert_eq!(after(60 * 60 * 24 * 365), 899);
    }

    #[test]
    fn a_thousand_figures_a_second_fade_as_fast_as_one() {
        let mut mean = Ewma::default();
        let moment = |n: i64| Timestamp::from_micros(at(0).micros() + n * 1000);
        (0..60_000).for_each(|n| mean.add(1_000_000, moment(n), half()));
        (60_000..120_000).for_each(|n| mean.add(0, moment(n), half()));
        let third = mean.mean(at(120), None, half()).unwrap();
        assert!((333_000..334_000).contains(&third), "{third}");
    }

    proptest! {
        #[test]
        fn the_order_of_the_figures_does_not_matter(
            mut figures in prop::collection::vec((-1_000_000i64..1_000_000, 0i64..6000), 1..30), turn in 0usize..30,
        ) {
            let of = |figures: &[(i64, i64)]| {
                let mut mean = Ewma::default();
                figures.iter().for_each(|(figure, seconds)| mean.add(*figure, at(*seconds), half()));
                mean.mean(at(6000), Some(0), half()).unwrap()
            };
            let one = of(&figures);
            let by = turn % figures.len();
            figures.rotate_left(by);
            figures.reverse();
            let other = of(&figures);
            // Weights are cut to their last digit.
            prop_assert!((one - other).abs() <= 100, "{one} {other}");
        }
    }
}
