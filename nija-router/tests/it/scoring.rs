//! Which venues are eligible, how they score, and what would be sent.

use nija_core::{
    BookLevel, BreakerState, Ineligible, Notional, OrderBook, OrderKind, OrderSize, Price, Quantity,
    RouteDecision, RouteRequest, Router, SignalType, TradeSignal, VenueId, VenueView,
};
use nija_router::{ScoreConfig, WeightedScore, Weights};
use std::{sync::Arc, time::Duration};

use crate::support::{
    dec, entry, exit,
    route::{NOW, approved, view},
    user,
};

fn route(signal: TradeSignal, venues: &[VenueView]) -> RouteDecision {
    let intent = approved(signal);
    WeightedScore::default().route(&RouteRequest::new(&intent, NOW, venues))
}

type Change = fn(&mut VenueView);

#[test]
fn each_obstacle_of_an_entry_has_its_reason() {
    let cases: [(Change, Ineligible); 12] = [
        (|v| v.instrument = None, Ineligible::PairNotListed),
        (|v| v.connected = false, Ineligible::NoCredentials),
        (|v| v.within_tier = false, Ineligible::TierVenueLimit),
        (|v| v.health.breaker = BreakerState::Open, Ineligible::BreakerOpen),
        (|v| v.health.queue_depth = 1024, Ineligible::QueueFull),
        (|v| v.quote = None, Ineligible::StaleQuote),
        (|v| v.quote.as_mut().unwrap().at = NOW.minus(Duration::from_secs(31)), Ineligible::StaleQuote),
        (|v| v.available_quote = Some(dec("99.99")), Ineligible::InsufficientUsd),
        (|v| v.available_quote = None, Ineligible::InsufficientUsd),
        (
            |v| {
                Arc::make_mut(v.instrument.as_mut().unwrap()).min_notional =
                    Notional::new(dec("101")).unwrap();
            },
            Ineligible::BelowMinNotional,
        ),
        (|v| Arc::make_mut(v.instrument.as_mut().unwrap()).tradable = false, Ineligible::MarketClosed),
        (
            |v| Arc::make_mut(v.instrument.as_mut().unwrap()).resting.limit = false,
            Ineligible::KindNotSupported,
        ),
    ];
    for (change, reason) in cases {
        let mut venue = view("kraken");
        change(&mut venue);
        let decision = route(entry(user(1), "x"), &[venue]);
        assert_eq!(decision.venue, None, "{reason:?}");
        assert_eq!(decision.candidates[0].rejections, [reason]);
        assert_eq!(decision.reason, format!("no venue can take it: kraken: {}", reason.words()));
    }
}

#[test]
fn a_venue_that_was_not_asked_for_says_so() {
    let signal = TradeSignal { venue: Some(VenueId::new("b").unwrap()), ..entry(user(1), "x") };
    let decision = route(signal, &[view("a"), view("b")]);
    assert_eq!(decision.venue.unwrap().as_str(), "b");
    assert_eq!(decision.candidates[1].rejections, [Ineligible::NotRequested]);
}

#[test]
fn an_entry_needs_twice_its_size_in_the_book() {
    let mut venue = view("kraken");
    let level = |quantity: &str| {
        let (price, quantity) = (Price::new(dec("50000")).unwrap(), Quantity::new(dec(quantity)).unwrap());
        Some(Arc::new(OrderBook { bids: vec![], asks: vec![BookLevel { price, quantity }], at: NOW }))
    };
    venue.book = level("0.00397");
    let thin = route(entry(user(1), "x"), std::slice::from_ref(&venue));
    assert_eq!(thin.candidates[0].rejections, [Ineligible::InsufficientLiquidity]);
    venue.book = level("0.00398");
    assert!(route(entry(user(1), "x"), &[venue]).venue.is_some());
}

#[test]
fn an_entry_that_sells_needs_what_it_sells() {
    let mut venue = view("kraken");
    venue.available_base = Some(dec("0.0019"));
    let signal = TradeSignal { side: nija_core::Side::Sell, ..entry(user(1), "x") };
    let decision = route(signal.clone(), std::slice::from_ref(&venue));
    assert_eq!(decision.candidates[0].rejections, [Ineligible::InsufficientBase]);
    venue.available_base = Some(dec("0.0021"));
    assert!(route(signal, &[venue]).venue.is_some());
}

#[test]
fn nothing_that_only_delays_holds_up_an_exit() {
    let mut venue = view("kraken");
    venue.within_tier = false;
    venue.health.breaker = BreakerState::Open;
    venue.health.queue_depth = 1024;
    venue.quote.as_mut().unwrap().at = NOW.minus(Duration::from_secs(3600));
    venue.book = Some(Arc::new(OrderBook { bids: vec![], asks: vec![], at: NOW }));
    let decision = route(exit(user(1), "x", "0.5"), &[venue]);
    let plan = decision.chosen().unwrap().plan.clone().unwrap();
    assert_eq!((plan.kind, plan.quantity.to_string().as_str()), (OrderKind::Market, "0.5"));
}

#[test]
fn the_score_is_the_weighted_sum_of_the_factors() {
    let mut venue = view("kraken");
    venue.health.success_rate = dec("0.9");
    venue.health.queue_depth = 256;
    venue.pair_record = Some(dec("80"));
    let decision = route(entry(user(1), "x"), &[venue]);
    let best = decision.chosen().unwrap();
    let factors: Vec<_> = best.factors.iter().map(|f| (&*f.name, f.score.normalize(), f.weight)).collect();
    assert_eq!(
        factors,
        [
            ("fees", dec("74"), dec("0.30")),
            ("reliability", dec("90"), dec("0.25")),
            ("latency", dec("90"), dec("0.20")),
            ("load", dec("75"), dec("0.15")),
            ("record", dec("80"), dec("0.10")),
        ]
    );
    // 22.2 + 22.5 + 18 + 11.25 + 8
    assert_eq!(best.score.unwrap().normalize(), dec("81.95"));
}

#[test]
fn the_best_score_wins_and_the_reason_names_what_decided() {
    let mut dear = view("a");
    dear.fees.taker = dec("0.0060");
    let decision = route(entry(user(1), "x"), &[dear, view("b"), view("c")]);
    let order: Vec<_> = decision.candidates.iter().map(|c| c.venue.as_str()).collect();
    assert_eq!(order, ["b", "c", "a"]);
    assert_eq!(decision.reason, "b scores 85.2, c scores 85.2");
    let mut dear = view("a");
    dear.fees.taker = dec("0.0060");
    let decision = route(entry(user(1), "x"), &[dear, view("b")]);
    assert_eq!(decision.reason, "b scores 85.2, a scores 75; fees made the difference");
}

#[test]
fn the_same_request_gives_the_same_decision_in_any_order_of_venues() {
    let one = route(entry(user(1), "x"), &[view("a"), view("b")]);
    let other = route(entry(user(1), "x"), &[view("b"), view("a")]);
    assert_eq!(one, other);
}

#[test]
fn a_market_entry_goes_out_as_a_limit_at_the_collar_and_its_fees_come_out_of_the_amount() {
    let decision = route(entry(user(1), "x"), &[view("kraken")]);
    let plan = decision.chosen().unwrap().plan.clone().unwrap();
    assert_eq!(plan.kind, OrderKind::Limit { price: Price::new(dec("50250")).unwrap() });
    // 100 / (50000 * 1.0026), rounded down to the lot.
    assert_eq!(plan.quantity.to_string(), "0.00199");
    assert_eq!(plan.price.to_string(), "50000");
    assert_eq!(plan.fees.normalize(), dec("0.2587"));
}

#[test]
fn an_amount_that_is_the_whole_balance_shrinks_to_what_the_collar_can_cost() {
    let mut venue = view("kraken");
    venue.available_quote = Some(dec("100"));
    let decision = route(entry(user(1), "x"), &[venue]);
    let plan = decision.chosen().unwrap().plan.clone().unwrap();
    // 100 / (50250 * 1.0026) = 0.001984...
    assert_eq!(plan.quantity.to_string(), "0.00198");
}

#[test]
fn a_limit_that_rests_counts_the_makers_fee() {
    let price = Price::new(dec("49000")).unwrap();
    let signal = TradeSignal {
        kind: OrderKind::Limit { price },
        time_in_force: nija_core::TimeInForce::Gtc,
        size: OrderSize::Base(Quantity::new(dec("0.01")).unwrap()),
        ..entry(user(1), "x")
    };
    let decision = route(signal, &[view("kraken")]);
    let best = decision.chosen().unwrap();
    assert_eq!(best.factors[0].score.normalize(), dec("84"));
    assert_eq!(best.plan.as_ref().unwrap().fees.normalize(), dec("0.784"));
}

#[test]
fn an_exit_sells_what_there_is() {
    let mut venue = view("kraken");
    venue.available_base = Some(dec("0.4987"));
    let decision = route(exit(user(1), "x", "0.5"), &[venue]);
    assert_eq!(decision.chosen().unwrap().plan.as_ref().unwrap().quantity.to_string(), "0.4987");
}

#[test]
fn a_stop_loss_buys_back_a_short_though_the_balance_is_not_known() {
    let mut venue = view("kraken");
    venue.available_quote = None;
    let signal = TradeSignal {
        side: nija_core::Side::Buy,
        signal_type: SignalType::StopLoss,
        ..exit(user(1), "x", "0.001")
    };
    assert!(route(signal, &[venue]).venue.is_some());
}

#[test]
fn weights_that_do_not_sum_to_one_are_refused() {
    let weights = Weights { fees: dec("0.31"), ..Weights::default() };
    assert!(WeightedScore::new(ScoreConfig { weights, ..ScoreConfig::default() }).is_err());
}

#[test]
fn a_platform_without_venues_says_so() {
    assert_eq!(route(entry(user(1), "x"), &[]).reason, "no venue can take it: none is configured");
}
