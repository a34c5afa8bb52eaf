//! Scoring: hard eligibility first, which is the same for all, then the policy: a weighted sum of factors, or the expected cost.

mod cost;
mod eligibility;
mod exits;
mod factor;
mod fitted;
mod lots;
mod most;
mod plan;
mod policies;
mod reason;
mod rules;
mod weighted;
mod weights;

pub(crate) use exits::may_go_to_several;

pub use cost::{CostConfig, ExpectedCost};
pub use nija_core::{Weights, WeightsError};
pub use policies::{Policies, RoutingConfig};
pub use rules::RouteRules;
pub use weighted::{ScoreConfig, WeightedScore};
