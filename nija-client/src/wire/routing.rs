//! How venues are chosen.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// How much each factor of the weighted score counts; together 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RoutingWeights {
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

/// `PUT /v1/settings/routing`: what the caller wants; what is missing follows the platform.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangeRoutingSettings {
    /// `weighted_score` or `expected_cost`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// The weights of the weighted score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<RoutingWeights>,
}

/// `GET /v1/settings/routing`: what the caller said, and what holds by that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RoutingSettings {
    /// The caller's own policy; absent when it follows the platform's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// The caller's own weights; absent when they follow the platform's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<RoutingWeights>,
    /// The policy that the next order is routed by.
    pub effective_policy: String,
    /// The weights that the weighted score counts with.
    pub effective_weights: RoutingWeights,
    /// Names what stands: the `ETag`, which a change sends back as `If-Match`.
    pub version: String,
}

/// What filling an order at a venue is expected to cost, in basis points of its worth at the middle of the market; less is better.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RouteCost {
    /// All of it.
    pub total: Decimal,
    /// What the book asks beyond the middle, for this size.
    pub price: Decimal,
    /// The caller's fees.
    pub fees: Decimal,
    /// What the price is expected to run away until the order is there.
    pub latency: Decimal,
    /// The chance that it fails times what that costs.
    pub failure: Decimal,
}
