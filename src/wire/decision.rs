//! Routing decisions.

use nija_client::wire;
use nija_core::{Candidate, OrderId, RouteDecision};
use nija_router::VenueStatus;

use super::words::milliseconds;

/// A decision; `order` is missing in a preview.
pub fn decision(order: Option<OrderId>, decision: &RouteDecision) -> wire::RoutingDecision {
    let plan = decision.chosen().and_then(|candidate| candidate.plan.as_ref());
    wire::RoutingDecision {
        order_id: order.map(|id| id.to_string()),
        symbol: decision.symbol.to_string(),
        side: decision.side.as_str().to_owned(),
        policy: decision.policy.clone().into_owned(),
        venue: decision.venue.as_ref().map(ToString::to_string),
        reason: decision.reason.clone(),
        estimated_price: plan.map(|plan| plan.price.get()),
        estimated_fees: plan.map(|plan| plan.fees.round_dp(8).normalize()),
        estimated_latency_ms: plan
            .and_then(|plan| plan.latency)
            .and_then(|it| u64::try_from(it.as_millis()).ok()),
        candidates: decision.candidates.iter().map(candidate).collect(),
        decided_at: decision.decided_at.to_string(),
    }
}

/// How orders fared at a venue lately.
pub fn routing_stats(status: &VenueStatus) -> wire::RoutingStats {
    let stats = &status.routing;
    wire::RoutingStats {
        venue: status.venue.to_string(),
        routes: stats.routed,
        sent: stats.sent as u64,
        success_rate: stats.success_rate(),
        latency_ms: stats.latency.map(milliseconds),
        filled: stats.filled as u64,
        slippage_bps: stats.slippage_bps,
        fee_bps: stats.fee_bps,
    }
}

fn candidate(candidate: &Candidate) -> wire::RouteCandidate {
    wire::RouteCandidate {
        venue: candidate.venue.to_string(),
        eligible: candidate.plan.is_some(),
        score: candidate.score.map(|score| score.round_dp(4)),
        factors: candidate
            .factors
            .iter()
            .map(|factor| wire::RouteFactor {
                name: factor.name.clone().into_owned(),
                score: factor.score.round_dp(4),
                weight: factor.weight,
            })
            .collect(),
        cost: candidate.cost.map(|cost| wire::RouteCost {
            total: cost.total(),
            price: cost.price,
            fees: cost.fees,
            latency: cost.latency,
            failure: cost.failure,
        }),
        rejections: candidate.rejections.iter().map(|why| why.as_str().to_owned()).collect(),
    }
}
