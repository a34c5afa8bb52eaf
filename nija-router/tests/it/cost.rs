//! What filling an order is expected to cost at each venue, and where it goes by that.

use nija_core::{
    BookLevel, Candidate, Ineligible, OrderBook, OrderKind, OrderSize, Price, Quantity, RouteDecision,
    RouteRequest, Router, RoutingPolicy, RoutingPreference, Side, TradeSignal, VenueId, VenueView,
    Volatility, Walk, Weights,
};
use nija_router::{CostConfig, ExpectedCost, Policies, RoutingConfig};
use proptest::prelude::*;
use rust_decimal::Decimal;
use std::{sync::Arc, time::Duration};

use crate::support::{
    dec, entry, exit,
    route::{NOW, approved, view},
    user,
};

pub(crate) fn amount(text: &str) -> Quantity {
    Quantity::new(dec(text)).unwrap()
}

fn price(text: &str) -> Price {
    Price::new(dec(text)).unwrap()
}

/// A venue with these sellers and a mirror image of buyers, without fees and with more than enough of everything.
pub(crate) fn deep(id: &str, asks: &[(&str, &str)]) -> VenueView {
    let mut view = view(id);
    let level = |(at, quantity): &(&str, &str)| BookLevel { price: price(at), quantity: amount(quantity) };
    let asks: Vec<_> = asks.iter().map(level).collect();
    let mirrored = |ask: &BookLevel| BookLevel {
        price: Price::new(dec("100000") - ask.price.get()).unwrap(),
        quantity: ask.quantity,
    };
    let bids: Vec<_> = asks.iter().map(mirrored).collect();
    let quote = view.quote.as_mut().unwrap();
    (quote.ask, quote.ask_size) = (asks[0].price, asks[0].quantity);
    (quote.bid, quote.bid_size) = (bids[0].price, bids[0].quantity);
    view.book = Some(Arc::new(OrderBook { bids, asks, at: NOW }));
    view.fees.taker = Decimal::ZERO;
    view.available_quote = Some(dec("100000000"));
    view.available_base = Some(dec("1000"));
    view
}

pub(crate) fn base(size: &str) -> TradeSignal {
    TradeSignal { size: OrderSize::Base(amount(size)), ..entry(user(1), "x") }
}

fn route_in(signal: TradeSignal, venues: &[VenueView], volatility: Option<Volatility>) -> RouteDecision {
    let intent = approved(signal);
    ExpectedCost::default().route(&RouteRequest { volatility, ..RouteRequest::new(&intent, NOW, venues) })
}

pub(crate) fn route(signal: TradeSignal, venues: &[VenueView]) -> RouteDecision {
    route_in(signal, venues, None)
}

pub(crate) fn of<'a>(decision: &'a RouteDecision, venue: &str) -> &'a Candidate {
    decision.candidates.iter().find(|candidate| candidate.venue.as_str() == venue).unwrap()
}

fn total(decision: &RouteDecision, venue: &str) -> Decimal {
    of(decision, venue).cost.unwrap().total().normalize()
}

#[test]
fn the_book_is_walked_for_this_size_and_not_only_its_best_price() {
    // At the touch a is better; for two coins b is.
    let a = deep("a", &[("50000", "1"), ("50100", "9")]);
    let b = deep("b", &[("50010", "9")]);
    let small = route(base("0.5"), &[a.clone(), b.clone()]);
    assert_eq!(small.venue, Some(VenueId::new("a").unwrap()));
    let large = route(base("2"), &[a, b]);
    assert_eq!(large.candidates[0].venue.as_str(), "b");
    // Half at 50,000 and half at 50,100, beside a middle of 50,000: a basis point each 5 USD.
    assert_eq!((total(&large, "a"), total(&large, "b")), (dec("10"), dec("2")));
    assert_eq!(of(&large, "a").plan.as_ref().unwrap().price.get().normalize(), dec("50050"));
}

#[test]
fn the_users_own_fees_count_on_what_is_really_paid() {
    let (mut cheap, dear) = (deep("a", &[("50000", "9")]), deep("b", &[("50000", "9")]));
    cheap.fees.taker = dec("0.0010");
    let mut dear = dear;
    dear.fees.taker = dec("0.0026");
    let decision = route(base("1"), &[dear, cheap]);
    assert_eq!(decision.reason, "a costs 10 bp, b costs 26 bp; fees made the difference");
    let plan = decision.chosen().unwrap().plan.clone().unwrap();
    assert_eq!(plan.fees.normalize(), dec("50"));
}

#[test]
fn a_slow_venue_costs_what_the_market_moves_meanwhile() {
    let (mut slow, mut quick) = (deep("a", &[("50000", "9")]), deep("b", &[("50000", "9")]));
    slow.health.latency = Some(Duration::from_secs(1));
    quick.health.latency = Some(Duration::from_millis(10));
    let still = route(base("1"), &[slow.clone(), quick.clone()]);
    assert_eq!((total(&still, "a"), total(&still, "b")), (Decimal::ZERO, Decimal::ZERO));
    // 0.4 of five basis points, and of a tenth of that.
    let moving = route_in(base("1"), &[slow, quick], Some(Volatility::per_second(5)));
    assert_eq!((total(&moving, "a"), total(&moving, "b")), (dec("2"), dec("0.2")));
    assert_eq!(moving.reason, "b costs 0.2 bp, a costs 2 bp; latency made the difference");
}

#[test]
fn a_venue_that_fails_costs_its_chance_of_failing() {
    let (mut flaky, mut odd) = (deep("a", &[("50000", "9")]), deep("b", &[("50000", "9")]));
    flaky.health.success_rate = dec("0.8");
    odd.pair_record = Some(dec("70"));
    let decision = route(base("1"), &[flaky, odd, deep("c", &[("50000.1", "9")])]);
    let order: Vec<_> = decision.candidates.iter().map(|candidate| candidate.venue.as_str()).collect();
    assert_eq!(order, ["c", "a", "b"]);
    // A failure costs ten basis points where the market stands still.
    assert_eq!((total(&decision, "a"), total(&decision, "b")), (dec("2"), dec("3")));
}

#[test]
fn fills_that_were_worse_than_promised_of_late_are_expected_to_be_so_again() {
    let (mut worse, mut lucky) = (deep("a", &[("50000", "9")]), deep("b", &[("50005", "9")]));
    worse.pair_slippage = Some(dec("1.5"));
    lucky.pair_slippage = Some(dec("-3"));
    let decision = route(base("1"), &[worse, lucky]);
    assert_eq!((total(&decision, "a"), total(&decision, "b")), (dec("1.5"), dec("1")));
    assert_eq!(decision.reason, "b costs 1 bp, a costs 1.5 bp; price made the difference");
}

#[test]
fn all_venues_are_measured_by_one_middle() {
    let (near, far) = (deep("a", &[("50005", "9")]), deep("b", &[("50055", "9")]));
    let decision = route(base("1"), &[near, far]);
    assert_eq!((total(&decision, "a"), total(&decision, "b")), (dec("1"), dec("11")));
    let sell = TradeSignal { side: Side::Sell, ..base("1") };
    let decision = route(sell, &[deep("a", &[("50005", "9")]), deep("b", &[("50055", "9")])]);
    assert_eq!((total(&decision, "a"), total(&decision, "b")), (dec("1"), dec("11")));
}

#[test]
fn what_an_exit_does_not_find_is_counted_a_collar_beyond_the_last_price() {
    let decision = route(exit(user(1), "x", "2"), &[deep("a", &[("50000", "1")])]);
    // Half of it half a per cent beyond: 25 basis points.
    assert_eq!(total(&decision, "a"), dec("25"));
    assert_eq!(decision.chosen().unwrap().plan.as_ref().unwrap().kind, OrderKind::Market);
    assert_eq!(decision.reason, "a is the only venue that can take it (cost 25 bp)");
}

#[test]
fn what_is_beyond_a_limit_fails() {
    let venue = deep("a", &[("50000", "1"), ("50200", "9")]);
    let limit = TradeSignal { kind: OrderKind::Limit { price: price("50100") }, ..base("2") };
    let decision = route(limit, &[venue]);
    let cost = of(&decision, "a").cost.unwrap();
    // Half at 50,000, half counted at the limit of 50,100, and half of what a failure costs.
    assert_eq!((cost.price.normalize(), cost.failure.normalize()), (dec("10"), dec("5")));
}

#[test]
fn every_reason_of_the_weighted_score_holds_here_too() {
    let mut venue = deep("a", &[("50000", "1.9")]);
    let thin = route(base("1"), std::slice::from_ref(&venue));
    assert_eq!(thin.candidates[0].rejections, [Ineligible::InsufficientLiquidity]);
    venue.connected = false;
    let none = route(base("0.1"), &[venue]);
    assert_eq!((none.venue.as_ref(), &none.candidates[0].cost), (None, &None));
    assert_eq!(none.reason, "no venue can take it: a: not connected");
}

#[test]
fn an_order_is_split_where_two_books_are_better_than_one() {
    let a = deep("a", &[("50000", "1"), ("50100", "9")]);
    let b = deep("b", &[("50000", "1"), ("50110", "9")]);
    let decision = route(base("2"), &[a, b]);
    let shares: Vec<_> = decision
        .split
        .iter()
        .map(|share| (share.venue.as_str(), share.plan.quantity.get().normalize()))
        .collect();
    assert_eq!(shares, [("a", dec("1")), ("b", dec("1"))]);
    assert_eq!(decision.reason, "split: 1 at a, 1 at b cost 0 bp together; a costs 10 bp, b costs 11 bp");
}

#[test]
fn an_order_is_not_split_where_that_does_not_pay_or_may_not_be() {
    let a = || deep("a", &[("50000", "1"), ("50100", "9")]);
    let b = || deep("b", &[("50000", "1"), ("50110", "9")]);
    let whole = |decision: RouteDecision| assert_eq!(decision.split, [], "{}", decision.reason);
    // One book holds it all at the best price.
    whole(route(base("0.5"), &[a(), b()]));
    // The other share is too small for its venue.
    let tiny = deep("b", &[("49999", "0.00005"), ("50110", "9")]);
    whole(route(base("0.9"), &[a(), tiny]));
    // What it would save is less than it must.
    let close = |id| deep(id, &[("50000", "1"), ("50000.5", "9")]);
    whole(route(base("2"), &[close("a"), close("b")]));
    // An exit, a limit of the user's own, an order for one venue, and a platform that never splits.
    whole(route(exit(user(1), "x", "2"), &[a(), b()]));
    whole(route(TradeSignal { kind: OrderKind::Limit { price: price("50500") }, ..base("2") }, &[a(), b()]));
    whole(route(TradeSignal { venue: Some(VenueId::new("a").unwrap()), ..base("2") }, &[a(), b()]));
    let never = ExpectedCost::new(CostConfig { split_gain: None, ..CostConfig::default() });
    let intent = approved(base("2"));
    whole(never.route(&RouteRequest::new(&intent, NOW, &[a(), b()])));
}

#[test]
fn a_user_may_choose_the_policy_and_the_weights() {
    let router = Policies::new(RoutingConfig::default()).unwrap();
    let mut dear = view("a");
    dear.fees.taker = dec("0.0060");
    dear.health.latency = Some(Duration::from_millis(1));
    let venues = [dear, view("b")];
    let intent = approved(entry(user(1), "x"));
    let decide = |preference| {
        let request = RouteRequest { preference, ..RouteRequest::new(&intent, NOW, &venues) };
        let decision = router.route(&request);
        (decision.policy.into_owned(), decision.venue.unwrap().as_str().to_owned())
    };
    let chosen = |policy: &str, venue: &str| (policy.to_owned(), venue.to_owned());
    assert_eq!(decide(RoutingPreference::default()), chosen("weighted_score", "b"));
    let cost = RoutingPreference { policy: Some(RoutingPolicy::ExpectedCost), weights: None };
    assert_eq!(decide(cost), chosen("expected_cost", "b"));
    let (none, all) = (Decimal::ZERO, Decimal::ONE);
    let speed = Weights { fees: none, reliability: none, latency: all, load: none, record: none };
    let hasty = RoutingPreference { policy: None, weights: Some(speed) };
    assert_eq!(decide(hasty), chosen("weighted_score", "a"));
}

pub(crate) fn books() -> impl Strategy<Value = Vec<VenueView>> {
    let levels = prop::collection::vec((0i64..500, 1i64..40_000), 1..8);
    let venue = (levels, 0i64..60, 0u64..2_000, 50i64..=100, 0usize..100);
    prop::collection::vec(venue, 1..6).prop_map(|venues| {
        let made = venues.into_iter().enumerate().map(|(n, (mut levels, fee, latency, success, waiting))| {
            levels.sort_unstable();
            let text: Vec<_> = levels
                .iter()
                .map(|(above, size)| {
                    (Decimal::from(50_000 + above).to_string(), Decimal::new(*size, 4).to_string())
                })
                .collect();
            let asks: Vec<_> = text.iter().map(|(price, size)| (price.as_str(), size.as_str())).collect();
            let mut view = deep(&format!("v{n}"), &asks);
            view.fees.taker = Decimal::new(fee, 4);
            view.health.latency = Some(Duration::from_millis(latency));
            view.health.success_rate = Decimal::new(success, 2);
            view.health.queue_depth = waiting;
            view
        });
        made.collect()
    })
}

/// A market sell that ends a position finds its venue whatever its size is to the book.
fn ending(size: i64, side: Side) -> TradeSignal {
    let quantity = Quantity::new(Decimal::new(size, 4)).unwrap();
    TradeSignal { size: OrderSize::Base(quantity), side, ..exit(user(1), "x", "1") }
}

proptest! {
    #[test]
    fn it_never_costs_less_than_the_bare_walk(
        venues in books(), size in 5i64..100_000, volatility in 0u32..20, buys in any::<bool>(),
    ) {
        let side = if buys { Side::Buy } else { Side::Sell };
        let decision = route_in(ending(size, side), &venues, Some(Volatility::per_second(volatility)));
        let quotes = || venues.iter().map(|view| view.quote.as_ref().unwrap());
        let bid = quotes().map(|quote| quote.bid).max().unwrap();
        let ask = quotes().map(|quote| quote.ask).min().unwrap();
        let middle = (bid.get() + ask.get()) / Decimal::TWO;
        for view in &venues {
            let candidate = of(&decision, view.venue.as_str());
            let (cost, plan) = (candidate.cost.unwrap(), candidate.plan.clone().unwrap());
            let walk = Walk::through(view.book.as_ref().unwrap().against(side), side, plan.quantity, None);
            let worth = middle * walk.found.get();
            let paid = if buys { walk.worth - worth } else { worth - walk.worth };
            let bare = paid / worth * dec("10000");
            prop_assert!(cost.total() + dec("0.0005") >= bare, "{cost:?} {bare}");
            prop_assert!(cost.fees >= Decimal::ZERO && cost.latency >= Decimal::ZERO && cost.failure >= Decimal::ZERO);
        }
    }

    #[test]
    fn more_is_never_cheaper_for_each_unit(venues in books(), size in 5i64..50_000, more in 1i64..50_000) {
        let small = route(ending(size, Side::Buy), &venues);
        let large = route(ending(size + more, Side::Buy), &venues);
        for view in &venues {
            let (small, large) = (total(&small, view.venue.as_str()), total(&large, view.venue.as_str()));
            prop_assert!(large + dec("0.0005") >= small, "{small} {large}");
        }
    }

    #[test]
    fn the_order_of_the_venues_does_not_matter(venues in books(), size in 5i64..20_000, turn in 0usize..6) {
        let mut turned = venues.clone();
        let by = turn % venues.len();
        turned.rotate_left(by);
        turned.reverse();
        let signal = TradeSignal { size: OrderSize::Base(Quantity::new(Decimal::new(size, 4)).unwrap()), ..base("1") };
        prop_assert_eq!(route(signal.clone(), &venues), route(signal, &turned));
    }

    #[test]
    fn the_chosen_one_costs_least_and_a_split_is_cheaper_still(venues in books(), size in 5i64..20_000) {
        let quantity = Quantity::new(Decimal::new(size, 4)).unwrap();
        let decision = route(TradeSignal { size: OrderSize::Base(quantity), ..base("1") }, &venues);
        let costs: Vec<_> = decision.candidates.iter().filter_map(|c| c.cost).map(|cost| cost.total()).collect();
        prop_assert!(costs.is_sorted());
        if decision.split.is_empty() {
            return Ok(());
        }
        // What none takes alone has nothing to be compared with.
        let Some(whole) = decision.chosen().map(|best| best.plan.as_ref().unwrap().quantity) else {
            return Ok(());
        };
        let all = decision.split.iter().fold(Quantity::ZERO, |sum, share| sum.plus(share.plan.quantity));
        prop_assert_eq!(all, whole);
        let spent = |price: Price, quantity: Quantity, fees: Decimal| price.get() * quantity.get() + fees;
        let alone = decision.chosen().unwrap().plan.clone().unwrap();
        let together: Decimal =
            decision.split.iter().map(|s| spent(s.plan.price, s.plan.quantity, s.plan.fees)).sum();
        // Without risk of failing, and in a market that stands still, cheaper is cheaper in money.
        if venues.iter().all(|view| view.health.success_rate == Decimal::ONE) {
            prop_assert!(together < spent(alone.price, alone.quantity, alone.fees));
        }
    }
}
