//! Routing decisions.

use nija_client::wire;
use nija_core::{Candidate, CostEstimate, OrderId, RouteDecision, RoutePlan, RouteShare};
use nija_router::VenueStatus;
use rust_decimal::Decimal;
use std::time::Duration;

use super::words::milliseconds;

/// Digits of prices and fees that a division or a rate made.
const DIGITS: u32 = 8;

/// A decision; `order` is missing in a preview.
pub fn decision(order: Option<OrderId>, decision: &RouteDecision) -> wire::RoutingDecision {
    let plans = plans(decision);
    let base = quantity(&plans);
    let notional: Decimal =
        plans.iter().map(|plan| plan.price.get().saturating_mul(plan.quantity.get())).sum();
    let price = match plans.as_slice() {
        [plan] => Some(plan.price.get()),
        _ => notional.checked_div(base).map(tidy),
    };
    let latency = plans.iter().filter_map(|plan| plan.latency).max();
    wire::RoutingDecision {
        order_id: order.map(|id| id.to_string()),
        symbol: decision.symbol.to_string(),
        side: decision.side.as_str().to_owned(),
        policy: decision.policy.clone().into_owned(),
        venue: decision.venue.as_ref().filter(|_| decision.split.is_empty()).map(ToString::to_string),
        reason: decision.reason.clone(),
        estimated_price: price,
        estimated_fees: (!plans.is_empty()).then(|| tidy(plans.iter().map(|plan| plan.fees).sum())),
        estimated_latency_ms: whole_ms(latency),
        candidates: decision.candidates.iter().map(candidate).collect(),
        shares: decision.split.iter().map(|it| share(it, base)).collect(),
        decided_at: decision.decided_at.to_string(),
    }
}

/// What would be sent: to each venue that shares the order, or to the one that takes it.
fn plans(decision: &RouteDecision) -> Vec<&RoutePlan> {
    if decision.split.is_empty() {
        return decision.chosen().and_then(|chosen| chosen.plan.as_ref()).into_iter().collect();
    }
    decision.split.iter().map(|share| &share.plan).collect()
}

fn quantity(plans: &[&RoutePlan]) -> Decimal {
    plans.iter().map(|plan| plan.quantity.get()).sum()
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
        cost: candidate.cost.map(cost),
        rejections: candidate.rejections.iter().map(|why| why.as_str().to_owned()).collect(),
    }
}

/// A share of `whole` base units.
fn share(share: &RouteShare, whole: Decimal) -> wire::RouteShare {
    let quantity = share.plan.quantity.get();
    wire::RouteShare {
        venue: share.venue.to_string(),
        quantity: quantity.normalize(),
        share: quantity.checked_div(whole).unwrap_or_default().round_dp(4).normalize(),
        estimated_price: share.plan.price.get(),
        estimated_fees: tidy(share.plan.fees),
        estimated_latency_ms: whole_ms(share.plan.latency),
        cost: share.cost.map(cost),
    }
}

fn cost(cost: CostEstimate) -> wire::RouteCost {
    wire::RouteCost {
        total: cost.total(),
        price: cost.price,
        fees: cost.fees,
        latency: cost.latency,
        failure: cost.failure,
    }
}

fn tidy(value: Decimal) -> Decimal {
    value.round_dp(DIGITS).normalize()
}

fn whole_ms(time: Option<Duration>) -> Option<u64> {
    time.and_then(|it| u64::try_from(it.as_millis()).ok())
}
