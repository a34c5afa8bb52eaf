//! How much each factor counts.

use rust_decimal::Decimal;

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
}
