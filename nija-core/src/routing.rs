//! How a platform or a user wants venues to be chosen.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A way of choosing between the venues that can take an order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoutingPolicy {
    /// The highest weighted score of fees, reliability, latency, load and the pair's record.
    #[default]
    WeightedScore,
    /// The least expected cost of filling this size now, in basis points.
    ExpectedCost,
}

impl RoutingPolicy {
    /// Its name on the wire and in decisions.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WeightedScore => "weighted_score",
            Self::ExpectedCost => "expected_cost",
        }
    }
}

/// How much each factor of the weighted score counts. They sum to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
    /// One is not a share.
    #[error("a weight of {0} is not between 0 and 1")]
    NoShare(Decimal),
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
    /// Refuses what does not sum to one.
    ///
    /// # Errors
    /// [`WeightsError`].
    pub fn check(&self) -> Result<(), WeightsError> {
        let all = [self.fees, self.reliability, self.latency, self.load, self.record];
        if let Some(odd) = all.iter().find(|weight| **weight < Decimal::ZERO || **weight > Decimal::ONE) {
            return Err(WeightsError::NoShare(*odd));
        }
        match all.iter().sum::<Decimal>() {
            sum if sum == Decimal::ONE => Ok(()),
            sum => Err(WeightsError::Sum(sum)),
        }
    }
}

/// What a user wants of the router; what is missing follows the platform.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoutingPreference {
    /// The policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<RoutingPolicy>,
    /// The weights of the weighted score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<Weights>,
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
        assert_eq!(negative.check(), Err(WeightsError::NoShare(Decimal::new(-10, 2))));
    }
}
