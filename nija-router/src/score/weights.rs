//! How much each factor counts.

use rust_decimal::Decimal;

use super::factor::Points;

/// The weights of the factors. They sum to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weights {
    /// The user's fees.
    pub fees: Decimal,
    /// Share of calls that succeeded.
    pub reliability: Decimal,
    /// Answer time.
    pub latency: Decimal,
    /// Orders waiting.
    pub load: Decimal,
    /// How orders on this pair went.
    pub record: Decimal,
}

/// Weights that are not weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WeightsError {
    /// They do not sum to one.
    #[error("the weights sum to {0} and must sum to 1")]
    Sum(Decimal),
    /// One is below zero.
    #[error("a weight of {0} is below zero")]
    Negative(Decimal),
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            fees: Decimal::new(30, 2),
            reliability: Decimal::new(25, 2),
            latency: Decimal::new(20, 2),
            load: Decimal::new(15, 2),
            record: Decimal::new(10, 2),
        }
    }
}

impl Weights {
    pub(crate) fn check(&self) -> Result<(), WeightsError> {
        let all = [self.fees, self.reliability, self.latency, self.load, self.record];
        if let Some(negative) = all.iter().find(|weight| **weight < Decimal::ZERO) {
            return Err(WeightsError::Negative(*negative));
        }
        match all.iter().sum::<Decimal>() {
            sum if sum == Decimal::ONE => Ok(()),
            sum => Err(WeightsError::Sum(sum)),
        }
    }
}

/// The same as whole numbers of one scale, for scoring.
#[derive(Debug, Clone, Copy)]
pub(super) struct WholeWeights {
    each: [i64; 5],
    scale: u32,
}

impl WholeWeights {
    /// Digits beyond these do not count when scoring: a factor's points times a weight stay within 64 bits.
    const MOST_DIGITS: u32 = 9;

    pub(super) fn new(weights: &Weights) -> Self {
        let Weights { fees, reliability, latency, load, record } = *weights;
        let all = [fees, reliability, latency, load, record];
        let scale = all.iter().map(Decimal::scale).max().unwrap_or(0).min(Self::MOST_DIGITS);
        let whole = |mut weight: Decimal| {
            weight.rescale(scale);
            i64::try_from(weight.mantissa()).unwrap_or(0)
        };
        Self { each: all.map(whole), scale }
    }

    /// In the order of the factors.
    pub(super) const fn each(&self) -> [i64; 5] {
        self.each
    }

    /// The weighted sum.
    pub(super) fn score(&self, factors: &[Points; 5]) -> Decimal {
        let sum = factors.iter().zip(self.each).map(|(points, weight)| points.get() * weight).sum();
        Decimal::new(sum, Points::SCALE + self.scale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_must_sum_to_one() {
        assert_eq!(Weights::default().check(), Ok(()));
        let heavy = Weights { fees: Decimal::new(40, 2), ..Weights::default() };
        assert_eq!(heavy.check(), Err(WeightsError::Sum(Decimal::new(110, 2))));
        let negative =
            Weights { fees: Decimal::new(-10, 2), load: Decimal::new(55, 2), ..Weights::default() };
        assert_eq!(negative.check(), Err(WeightsError::Negative(Decimal::new(-10, 2))));
    }

    #[test]
    fn weights_of_any_length_score_within_their_digits() {
        let third: Decimal = "0.3333333333333333333333333333".parse().unwrap();
        let (fees, latency) = (third, third);
        let reliability = Decimal::ONE - fees - latency;
        let long = Weights { fees, reliability, latency, load: Decimal::ZERO, record: Decimal::ZERO };
        assert_eq!(long.check(), Ok(()));
        let full = [super::super::factor::fees(Decimal::ZERO); 5];
        assert_eq!(WholeWeights::new(&long).score(&full).round_dp(6), Decimal::ONE_HUNDRED);
        assert_eq!(WholeWeights::new(&Weights::default()).score(&full), Decimal::ONE_HUNDRED);
    }
}
