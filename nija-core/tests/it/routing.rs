//! What a decision says.

use nija_core::{
    BreakerState, Candidate, CostEstimate, Ineligible, OrderKind, RoutePlan, RouteRequest, RouteShare,
    RoutingPolicy,
};
use rust_decimal::Decimal;

use crate::support::{START, approved, dec, decision, intent, of};

const REASONS: [Ineligible; 20] = [
    Ineligible::InsufficientUsd,
    Ineligible::InsufficientBase,
    Ineligible::InsufficientPosition,
    Ineligible::PairNotListed,
    Ineligible::BreakerOpen,
    Ineligible::NoCredentials,
    Ineligible::BelowMinNotional,
    Ineligible::AboveMaxSize,
    Ineligible::MarketClosed,
    Ineligible::StaleQuote,
    Ineligible::TierVenueLimit,
    Ineligible::NotRequested,
    Ineligible::InsufficientLiquidity,
    Ineligible::QueueFull,
    Ineligible::RateLimited,
    Ineligible::KindNotSupported,
    Ineligible::KillSwitch,
    Ineligible::StopMustRest,
    Ineligible::MustFillAtOnce,
    Ineligible::KeyClosing,
];

#[test]
fn every_reason_has_one_name_and_words_of_its_own() {
    let mut words = std::collections::BTreeSet::new();
    for reason in REASONS {
        // Programs read the name in JSON and in errors: they are one.
        assert_eq!(serde_json::to_value(reason).unwrap(), reason.as_str());
        assert!(words.insert(reason.words()), "{} says what another says", reason.as_str());
        assert!(!reason.words().contains('_') && !reason.words().ends_with('.'));
    }
    assert_eq!(serde_json::to_value(BreakerState::HalfOpen).unwrap(), "half_open");
    assert_eq!(RoutingPolicy::default().as_str(), "weighted_score");
    assert_eq!(RoutingPolicy::ExpectedCost.as_str(), "expected_cost");
}

fn plan() -> RoutePlan {
    RoutePlan {
        quantity: of("1"),
        kind: OrderKind::Market,
        price: of("100"),
        fees: dec("0.4"),
        latency: None,
    }
}

fn candidate(venue: &str) -> Candidate {
    Candidate {
        venue: of(venue),
        score: Some(dec("80")),
        factors: Vec::new(),
        cost: None,
        rejections: Vec::new(),
        plan: Some(plan()),
    }
}

#[test]
fn a_decision_is_for_one_venue_for_several_or_for_none() {
    let mut one = decision(Some("kraken"));
    one.candidates = vec![candidate("coinbase"), candidate("kraken")];
    assert_eq!(one.chosen().unwrap().venue, of("kraken"));
    assert!(one.is_routed());

    let mut none = decision(None);
    none.candidates = vec![candidate("kraken")];
    assert!(none.chosen().is_none() && !none.is_routed());

    none.split = vec![RouteShare { venue: of("kraken"), plan: plan(), cost: None }];
    assert!(none.chosen().is_none() && none.is_routed());
}

#[test]
fn a_basis_point_of_cost_costs_a_point_of_the_score() {
    let cost =
        |price| CostEstimate { price: dec(price), fees: dec("26"), latency: dec("1.5"), failure: dec("0.5") };
    assert_eq!((cost("2").total(), cost("2").score()), (dec("30"), dec("70")));
    assert_eq!(cost("200").score(), Decimal::ZERO, "never below nothing");
    assert_eq!(cost("-50").score(), Decimal::ONE_HUNDRED, "better than the middle is not better than best");
}

#[test]
fn a_request_follows_the_platform_unless_it_says_otherwise() {
    let wanted = approved(intent());
    let request = RouteRequest::new(&wanted, START, &[]);
    assert_eq!((request.preference.policy, request.preference.weights), (None, None));
    assert!(request.may_split && request.volatility.is_none());
}
