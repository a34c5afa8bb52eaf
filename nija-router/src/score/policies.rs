//! Both policies behind one router: the platform's choice, and each user's own.

use nija_core::{RouteDecision, RouteRequest, Router, RoutingPolicy, Weights, WeightsError};

use super::{CostConfig, ExpectedCost, RouteRules, ScoreConfig, WeightedScore};

/// How a platform routes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoutingConfig {
    /// The policy of users who did not choose.
    pub policy: RoutingPolicy,
    /// The weights of users who did not choose.
    pub weights: Weights,
    /// What is asked of every venue, whichever the policy.
    pub rules: RouteRules,
    /// Settings of the expected cost; its rules are those above.
    pub cost: CostConfig,
}

/// Routes by the user's policy, or the platform's.
///
/// ```
/// use nija_core::RoutingPolicy;
/// use nija_router::{Policies, RoutingConfig};
/// let config = RoutingConfig { policy: RoutingPolicy::ExpectedCost, ..RoutingConfig::default() };
/// assert_eq!(Policies::new(config)?.standard(), RoutingPolicy::ExpectedCost);
/// # Ok::<(), nija_router::WeightsError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Policies {
    standard: RoutingPolicy,
    weighted: WeightedScore,
    cost: ExpectedCost,
}

impl Policies {
    /// Both policies with a platform's settings.
    ///
    /// # Errors
    /// [`WeightsError`] when the weights do not sum to one.
    pub fn new(config: RoutingConfig) -> Result<Self, WeightsError> {
        let RoutingConfig { policy, weights, rules, cost } = config;
        let weighted = WeightedScore::new(ScoreConfig { weights, rules: rules.clone() })?;
        Ok(Self { standard: policy, weighted, cost: ExpectedCost::new(CostConfig { rules, ..cost }) })
    }

    /// The policy of users who did not choose.
    #[must_use]
    pub const fn standard(&self) -> RoutingPolicy {
        self.standard
    }
}

impl Router for Policies {
    fn route(&self, request: &RouteRequest<'_>) -> RouteDecision {
        match request.preference.policy.unwrap_or(self.standard) {
            RoutingPolicy::WeightedScore => self.weighted.route(request),
            RoutingPolicy::ExpectedCost => self.cost.route(request),
        }
    }
}
