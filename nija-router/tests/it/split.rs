//! Orders that only several venues together can take.

use nija_core::{
    ExecutionMethod, Ineligible, Ledger, Notional, OrderSize, OrderState, Quantity, RouteDecision, Side,
    TradeSignal, VenueId, VenueView,
};
use nija_router::{CostConfig, ExpectedCost};
use proptest::prelude::*;
use rust_decimal::Decimal;
use std::sync::Arc;

use crate::{
    cost::{base, books, deep, of, route},
    support::{FakeVenue, LONG, Platform, TestClock, dec, entry, exit, user},
};

fn shares(decision: &RouteDecision) -> Vec<(&str, Decimal)> {
    let split = decision.split.iter();
    split.map(|share| (share.venue.as_str(), share.plan.quantity.get().normalize())).collect()
}

/// A deep venue with this much money in USD.
fn with(id: &str, money: &str) -> VenueView {
    VenueView { available_quote: Some(dec(money)), ..deep(id, &[("50000", "100")]) }
}

#[test]
fn an_order_that_is_funded_partly_at_each_venue_goes_to_all_of_them() {
    // The collar of half a per cent is paid for as well: a coin costs 50,250 at worst.
    let decision = route(base("1"), &[with("a", "30150"), with("b", "30000")]);
    assert_eq!(shares(&decision), [("a", dec("0.6")), ("b", dec("0.4"))]);
    assert_eq!((decision.venue.as_ref(), decision.is_routed()), (None, true));
    for venue in ["a", "b"] {
        let candidate = of(&decision, venue);
        assert_eq!(
            (candidate.rejections.as_slice(), &candidate.plan),
            (&[Ineligible::InsufficientUsd][..], &None)
        );
    }
    assert_eq!(
        decision.reason,
        "split: 0.6 at a, 0.4 at b cost 0 bp together; no venue can take it alone: a: not enough money there; b: not enough money there"
    );
    let short = route(base("1"), &[with("a", "30150"), with("b", "20000")]);
    assert_eq!((shares(&short), short.is_routed()), (vec![], false));
    assert_eq!(short.reason, "no venue can take it: a: not enough money there; b: not enough money there");
}

#[test]
fn so_does_one_that_no_book_bears_and_one_whose_goods_lie_at_several() {
    let thin = |id| deep(id, &[("50000", "1.2")]);
    let decision = route(base("1"), &[thin("a"), thin("b")]);
    assert_eq!(shares(&decision), [("a", dec("0.6")), ("b", dec("0.4"))]);
    assert_eq!(of(&decision, "b").rejections, [Ineligible::InsufficientLiquidity]);
    let has = |id, goods| VenueView { available_base: Some(dec(goods)), ..deep(id, &[("50000", "100")]) };
    let sell = TradeSignal { side: Side::Sell, ..base("1") };
    let decision = route(sell, &[has("a", "0.25"), has("b", "0.5"), has("c", "0.25")]);
    assert_eq!(shares(&decision), [("b", dec("0.5")), ("a", dec("0.25")), ("c", dec("0.25"))]);
}

#[test]
fn a_share_grows_to_its_venues_smallest_order_where_the_others_have_too_little() {
    let mut large = with("b", "100000");
    Arc::make_mut(large.instrument.as_mut().unwrap()).min_notional = Notional::new(dec("30000")).unwrap();
    large.available_quote = Some(dec("40200"));
    // a could take 0.9 and would leave b 0.1, which is less than b takes.
    let decision = route(base("1"), &[with("a", "45225"), large]);
    assert_eq!(shares(&decision)[0].0, "b");
    assert!(shares(&decision)[0].1 >= dec("0.597") && shares(&decision)[0].1 < dec("0.598"), "{decision:?}");
    assert_eq!(shares(&decision).iter().map(|share| share.1).sum::<Decimal>(), dec("1"));
}

#[test]
fn a_venue_that_could_not_take_all_of_it_makes_it_cheaper_all_the_same() {
    let (whole, part) = (deep("a", &[("50100", "100")]), with("b", "25125"));
    let decision = route(base("1"), &[whole, part]);
    assert_eq!(decision.venue, Some(VenueId::new("a").unwrap()));
    assert_eq!(shares(&decision), [("a", dec("0.5")), ("b", dec("0.5"))]);
    assert_eq!(of(&decision, "b").rejections, [Ineligible::InsufficientUsd]);
    assert!(
        decision.reason.ends_with("a is the only venue that can take it alone (cost 20 bp)"),
        "{}",
        decision.reason
    );
}

#[test]
fn what_is_no_question_of_size_stays_a_refusal() {
    let mut closed = with("a", "30150");
    closed.connected = false;
    let decision = route(base("1"), &[closed, with("b", "30150"), with("c", "20000")]);
    assert_eq!(of(&decision, "a").rejections, [Ineligible::NoCredentials]);
    assert_eq!(decision.split, []);
    let venues = [with("a", "30150"), with("b", "30000")];
    for whole in [
        exit(user(1), "x", "2000"),
        TradeSignal { venue: Some(VenueId::new("a").unwrap()), ..base("1") },
        TradeSignal { kind: nija_core::OrderKind::Limit { price: "50100".parse().unwrap() }, ..base("1") },
    ] {
        assert_eq!(route(whole, &venues).split, []);
    }
}

proptest! {
    /// The parts sum to the whole; each is one that its venue takes and its user can pay there; and where one venue could take it all, they are
    /// cheaper than the cheapest of those.
    #[test]
    fn parts_are_what_each_venue_takes_and_sum_to_the_whole(
        venues in books(), size in 5i64..60_000,
        money in prop::collection::vec(0i64..200_000, 6), rules in prop::collection::vec((0u32..4, 1i64..2_000), 6),
        of_money in any::<bool>(),
    ) {
        let mut venues = venues;
        for ((view, money), (lot, least)) in venues.iter_mut().zip(&money).zip(&rules) {
            view.available_quote = Some(Decimal::from(*money));
            let instrument = Arc::make_mut(view.instrument.as_mut().unwrap());
            instrument.lot_size = Decimal::new(1, 5 - lot);
            instrument.min_notional = Notional::new(Decimal::from(*least)).unwrap();
        }
        let quantity = Quantity::new(Decimal::new(size, 4)).unwrap();
        let worth = Notional::new(quantity.get() * dec("50000")).unwrap();
        let asked = if of_money { OrderSize::Quote(worth) } else { OrderSize::Base(quantity) };
        let decision = route(TradeSignal { size: asked, ..base("1") }, &venues);
        if decision.split.is_empty() {
            return Ok(());
        }
        let (mut sum, mut coarsest, mut spent, mut total) = (Decimal::ZERO, Decimal::ZERO, Decimal::ZERO, Decimal::ZERO);
        for share in &decision.split {
            let view = venues.iter().find(|view| view.venue == share.venue).unwrap();
            let (rules, plan) = (view.instrument.as_ref().unwrap(), &share.plan);
            let (quantity, worst) = (plan.quantity.get(), plan.kind.worst_price().unwrap().get());
            prop_assert!(quantity % rules.lot_size == Decimal::ZERO && plan.quantity >= rules.min_quantity);
            prop_assert!(quantity * worst >= rules.min_notional.get());
            let held = quantity * worst * (Decimal::ONE + view.fees.taker);
            prop_assert!(held <= view.available_quote.unwrap(), "{held} of {:?}", view.available_quote);
            let depth: Decimal = view.book.as_ref().unwrap().asks.iter().map(|level| level.quantity.get()).sum();
            prop_assert!(quantity * dec("2") <= depth);
            (sum, coarsest) = (sum + quantity, coarsest.max(rules.lot_size));
            spent += quantity * plan.price.get() * (Decimal::ONE + view.fees.taker);
            total += share.cost.unwrap().total() * quantity;
        }
        let venues_named: std::collections::BTreeSet<_> = decision.split.iter().map(|share| &share.venue).collect();
        prop_assert!(venues_named.len() == decision.split.len() && decision.split.len() > 1);
        match (decision.chosen(), asked) {
            (Some(alone), _) => {
                let whole = alone.plan.as_ref().unwrap().quantity.get();
                prop_assert!(sum <= whole && whole - sum < coarsest.max(dec("0.000001")), "{sum} {whole}");
                prop_assert!(total / sum <= alone.cost.unwrap().total(), "{total} {:?}", alone.cost);
            }
            (None, OrderSize::Base(asked)) => {
                prop_assert!(decision.candidates.iter().all(|candidate| !candidate.rejections.is_empty()));
                let lots = venues.iter().map(|view| view.instrument.as_ref().unwrap().lot_size).max().unwrap();
                prop_assert!(sum <= asked.get() && asked.get() - sum < lots * dec("2"), "{sum} {asked}");
            }
            (None, OrderSize::Quote(asked)) => {
                prop_assert!(spent <= asked.get() * dec("1.0051"), "{spent} {asked}");
            }
        }
    }
}

/// Two venues of which neither has the money for the order.
fn halves() -> (Platform, Arc<FakeVenue>, Arc<FakeVenue>) {
    let clock = TestClock::new();
    let venues = ["a", "b"].map(|id| FakeVenue::new(id, &clock, |_| {}));
    let mut platform = Platform::new(clock, venues.to_vec());
    platform.routing.policy = nija_core::RoutingPolicy::ExpectedCost;
    platform.join(user(1), 400);
    let [a, b] = venues;
    (platform, a, b)
}

fn six_hundred(id: &str) -> TradeSignal {
    TradeSignal { size: OrderSize::Quote(Notional::new(dec("600")).unwrap()), ..entry(user(1), id) }
}

#[tokio::test(start_paused = true)]
async fn an_order_for_more_than_any_venue_has_is_reserved_and_filled_at_each() {
    let (platform, a, b) = halves();
    let engine = platform.start().await;
    let order = engine.submit(six_hundred("x")).await.unwrap().order;
    assert_eq!(order.schedule.as_ref().unwrap().method, ExecutionMethod::Split);
    let again = engine.submit(six_hundred("y")).await.unwrap().order;
    assert_eq!(again.state, OrderState::Failed, "its money is reserved at both: {again:?}");
    let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
    assert_eq!(order.state, OrderState::Filled, "{:?}", order.reason);
    assert!(
        order.filled_notional > dec("590") && order.filled_notional + order.fees <= dec("600"),
        "{order:?}"
    );
    let children = platform.ledger.children(user(1), order.id()).await.unwrap();
    assert_eq!((children.len(), a.placements(), b.placements()), (2, 1, 1));
    let decisions = platform
        .ledger
        .decisions(user(1), nija_core::PageRequest { before: None, limit: 9 })
        .await
        .unwrap()
        .rows;
    let of_whole = decisions.iter().find(|(_, (id, _))| *id == order.id()).unwrap();
    let venues: Vec<_> = of_whole.1.1.split.iter().map(|share| share.venue.as_str()).collect();
    assert_eq!(venues.iter().copied().collect::<std::collections::BTreeSet<_>>(), ["a", "b"].into());
    for child in &children {
        let receipt = engine.receipt(user(1), child.id()).await.unwrap().unwrap();
        let why = &receipt.attempts[0].route_reason;
        assert!(why.starts_with("split: ") && why.contains("no venue can take it alone"), "{why}");
    }
}

#[test]
fn a_platform_that_never_splits_does_not_split_this_either() {
    let never = ExpectedCost::new(CostConfig { split_gain: None, ..CostConfig::default() });
    let intent = crate::support::route::approved(base("1"));
    let venues = [with("a", "30150"), with("b", "30000")];
    let request = nija_core::RouteRequest::new(&intent, crate::support::route::NOW, &venues);
    let decision = nija_core::Router::route(&never, &request);
    assert_eq!((decision.split.len(), decision.venue), (0, None));
}
