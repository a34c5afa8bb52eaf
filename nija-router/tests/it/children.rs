//! Orders that are carried out by others: in slices over time, and as shares at several venues.

use nija_core::{
    ExecutionMethod, Ledger, Notional, Order, OrderId, OrderSize, OrderState, ProtectionPlan, Quantity,
    RoutingPolicy, RoutingPreference, Tier, TradeSignal, Weights,
};
use nija_router::{Engine, EngineError, SlicingConfig};
use rust_decimal::Decimal;
use std::{sync::Arc, time::Duration};

use crate::support::{Answer, Crash, Filling, LONG, Platform, dec, entry, exit, state, symbol, until, user};

/// Entries above 1,000 USD go out in four slices, ten seconds apart.
fn sliced(mut platform: Platform) -> Platform {
    platform.config.slicing = SlicingConfig {
        above: Some(Notional::new(dec("1000")).unwrap()),
        slices: 4,
        every: Duration::from_secs(10),
    };
    platform
}

fn large(id: &str) -> TradeSignal {
    TradeSignal { size: OrderSize::Base(Quantity::new(dec("0.04")).unwrap()), ..entry(user(1), id) }
}

async fn children(platform: &Platform, parent: OrderId) -> Vec<Order> {
    platform.ledger.children(user(1), parent).await.unwrap()
}

async fn sizes(platform: &Platform, parent: OrderId) -> Vec<Decimal> {
    let children = children(platform, parent).await;
    children.iter().map(|child| child.leg.as_ref().unwrap().quantity.get().normalize()).collect()
}

async fn taken(engine: &Arc<Engine>, signal: TradeSignal) -> Order {
    engine.submit(signal).await.unwrap().order
}

#[tokio::test(start_paused = true)]
async fn a_large_entry_goes_out_in_equal_slices_each_in_its_time() {
    let (platform, venue) = Platform::single();
    let platform = sliced(platform);
    let engine = platform.start().await;
    let began = tokio::time::Instant::now();
    let order = taken(&engine, large("x")).await;
    let id = order.id();
    assert_eq!((order.state, order.leg.clone()), (OrderState::Working, None));
    let method = ExecutionMethod::Twap { slices: 4, every_ms: 10_000 };
    assert_eq!(order.schedule.unwrap().method, method);
    assert_eq!(began.elapsed().as_secs(), 0, "its caller does not wait for the slices");
    let order = engine.settled(user(1), id, LONG).await.unwrap();
    assert_eq!(order.state, OrderState::Filled, "{:?}", order.reason);
    assert_eq!((began.elapsed().as_secs(), order.filled.get().normalize()), (30, dec("0.04")));
    assert_eq!(sizes(&platform, id).await, [dec("0.01"); 4]);
    assert_eq!(venue.placements(), 4);
    let held = platform.position(user(1), "BTC-USD").await.unwrap();
    assert_eq!(held.quantity, dec("0.04"));
    assert_eq!(order.fees, children(&platform, id).await.iter().map(|child| child.fees).sum());
    let again = engine.submit(large("x")).await.unwrap();
    assert!(again.replayed && again.order.id() == id);
}

#[tokio::test(start_paused = true)]
async fn slices_add_up_to_what_risk_let_through() {
    let (platform, _) = Platform::single();
    let mut platform = sliced(platform);
    // 2,000 of 10,000 USD; each slice of what was asked for would be within it.
    platform.config.limits.max_equity_share = dec("0.2");
    let engine = platform.start().await;
    for (id, size) in [
        ("base", OrderSize::Base(Quantity::new(dec("0.1")).unwrap())),
        ("quote", OrderSize::Quote(Notional::new(dec("6000")).unwrap())),
    ] {
        let signal = TradeSignal { size, ..entry(user(1), id) };
        let parent = taken(&engine, signal.clone()).await.id();
        let order = engine.settled(user(1), parent, LONG).await.unwrap();
        assert_eq!(order.state, OrderState::Filled, "{id}: {:?}", order.reason);
        let spent = order.filled_notional;
        assert!(spent <= dec("2000") && spent > dec("1950"), "{id}: {spent}");
        assert!(engine.submit(signal).await.unwrap().replayed, "{id}");
    }
}

#[tokio::test(start_paused = true)]
async fn money_is_sliced_as_well_and_what_is_small_or_ends_a_position_is_not() {
    let (platform, _) = Platform::single();
    let platform = sliced(platform);
    let engine = platform.start().await;
    let money = OrderSize::Quote(Notional::new(dec("1200")).unwrap());
    let id = taken(&engine, TradeSignal { size: money, ..entry(user(1), "x") }).await.id();
    let order = engine.settled(user(1), id, LONG).await.unwrap();
    assert_eq!(order.state, OrderState::Filled, "{:?}", order.reason);
    let spent = order.filled_notional + order.fees;
    assert!(spent <= dec("1200") && spent > dec("1198"), "{spent}");
    let small = taken(&engine, entry(user(1), "y")).await;
    assert_eq!(small.schedule, None);
    let whole = taken(&engine, exit(user(1), "z", "0.0199")).await;
    assert_eq!(whole.schedule, None);
}

#[tokio::test(start_paused = true)]
async fn what_a_slice_leaves_goes_into_those_that_follow() {
    let (platform, venue) = Platform::single();
    let platform = sliced(platform);
    venue.world().filling = Filling::Half;
    let engine = platform.start().await;
    let id = taken(&engine, large("x")).await.id();
    until("the first slice", async || sizes(&platform, id).await.len() == 1).await;
    let order = engine.settled(user(1), id, LONG).await.unwrap();
    // A quarter; a third of what is left; half of it; all of it.
    assert_eq!(sizes(&platform, id).await, [dec("0.01"), dec("0.011666"), dec("0.014583"), dec("0.021875")]);
    assert_eq!(order.state, OrderState::Expired);
    let reason = order.reason.unwrap();
    assert_eq!(reason.code, "incomplete");
    assert!(reason.text.contains("BTC of 0.04 BTC filled"), "{}", reason.text);
}

#[tokio::test(start_paused = true)]
async fn a_slice_that_is_refused_is_on_record_and_the_next_one_tries_again() {
    let (platform, venue) = Platform::single();
    let platform = sliced(platform);
    venue.script([Answer::Rejected]);
    let engine = platform.start().await;
    let id = taken(&engine, large("x")).await.id();
    let order = engine.settled(user(1), id, LONG).await.unwrap();
    assert_eq!((order.state, order.filled.get().normalize()), (OrderState::Filled, dec("0.04")));
    let states: Vec<_> = children(&platform, id).await.iter().map(|child| child.state).collect();
    assert_eq!(states[0], OrderState::Rejected);
    assert_eq!(states[1..], [OrderState::Filled; 3]);
}

#[tokio::test(start_paused = true)]
async fn cancelling_pausing_and_killing_stop_the_slices() {
    for how in ["cancel", "pause", "kill"] {
        let (platform, venue) = Platform::single();
        let platform = sliced(platform);
        let engine = platform.start().await;
        let id = taken(&engine, large("x")).await.id();
        until("two slices", async || venue.placements() == 2).await;
        match how {
            "cancel" => {
                let order = engine.cancel(user(1), id).await.unwrap();
                assert_eq!(order.state, OrderState::Cancelled);
            }
            "pause" => drop(engine.set_paused(user(1), true).await.unwrap()),
            _ => drop(engine.kill(user(1), nija_core::KillScope::User, false, LONG).await.unwrap()),
        }
        let order = engine.settled(user(1), id, Duration::from_secs(1)).await.unwrap();
        assert_eq!(order.state, OrderState::Cancelled, "{how}");
        assert_eq!(order.filled.get().normalize(), dec("0.02"), "{how}");
        tokio::time::sleep(LONG).await;
        assert_eq!(venue.placements(), 2, "{how}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wish_to_cancel_stands_though_the_journal_fails() {
    let (platform, venue) = Platform::single();
    let platform = sliced(platform);
    let engine = platform.start().await;
    let id = taken(&engine, large("x")).await.id();
    until("the first slice", async || venue.placements() == 1).await;
    let first = children(&platform, id).await[0].id();
    engine.settled(user(1), first, LONG).await.unwrap();
    platform.ledger.fail_next(2);
    let failed = engine.cancel(user(1), id).await;
    assert!(matches!(failed, Err(EngineError::Ledger(_))), "{failed:?}");
    let order = engine.settled(user(1), id, LONG).await.unwrap();
    assert_eq!((order.state, venue.placements()), (OrderState::Cancelled, 1));
}

/// A large entry that brings a stop along, and its first slice filled.
async fn first_guarded_slice(platform: &Platform, engine: &Arc<Engine>) -> OrderId {
    let stop = Some("58000".parse().unwrap());
    let plan = ProtectionPlan { stop, ..ProtectionPlan::default() };
    let id = taken(engine, TradeSignal { protection: Some(Box::new(plan)), ..large("x") }).await.id();
    until("the first slice to be guarded", async || platform.ledger.guarded().len() == 1).await;
    id
}

#[tokio::test(start_paused = true)]
async fn slices_go_on_by_their_users_plan_after_a_restart() {
    let (platform, _) = Platform::single();
    let mut platform = sliced(platform);
    platform.config.limits.basic.largest_position = Some(dec("50"));
    platform.config.tiers.insert(user(1), Tier::Enterprise);
    let engine = platform.start().await;
    let id = taken(&engine, large("x")).await.id();
    until("the first slice", async || sizes(&platform, id).await.len() == 1).await;
    engine.stop().await;
    drop(engine);
    tokio::time::sleep(Duration::from_secs(10)).await;
    // A slice is due at once.
    let engine = platform.start().await;
    let order = engine.settled(user(1), id, LONG).await.unwrap();
    assert_eq!(order.state, OrderState::Filled, "{:?}", order.reason);
    assert_eq!(sizes(&platform, id).await, [dec("0.01"); 4]);
}

#[tokio::test(start_paused = true)]
async fn what_a_user_made_of_a_protection_is_not_undone_by_the_next_slice() {
    for own in [None, Some("57000")] {
        let (platform, _) = Platform::single();
        let platform = sliced(platform);
        let engine = platform.start().await;
        let id = first_guarded_slice(&platform, &engine).await;
        let position = platform.position(user(1), "BTC-USD").await.unwrap().id;
        match own {
            None => assert!(engine.unprotect(user(1), &position).await.unwrap()),
            Some(stop) => {
                let stop = Some(stop.parse().unwrap());
                let plan = ProtectionPlan { stop, ..ProtectionPlan::default() };
                drop(engine.protect(user(1), &position, plan).await.unwrap());
            }
        }
        let order = engine.settled(user(1), id, LONG).await.unwrap();
        assert_eq!(order.filled.get().normalize(), dec("0.04"));
        let stops: Vec<_> = platform.ledger.guarded().into_iter().filter_map(|it| it.plan.stop).collect();
        assert_eq!(stops, own.map(|stop| stop.parse().unwrap()).into_iter().collect::<Vec<_>>(), "{own:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_slice_that_opens_the_position_anew_brings_its_protection_along_again() {
    let (platform, _) = Platform::single();
    let platform = sliced(platform);
    let engine = platform.start().await;
    let id = first_guarded_slice(&platform, &engine).await;
    engine.submit(exit(user(1), "out", "1")).await.unwrap();
    until("nothing to be held", async || platform.position(user(1), "BTC-USD").await.is_none()).await;
    assert_eq!(platform.ledger.guarded(), []);
    let order = engine.settled(user(1), id, LONG).await.unwrap();
    let held = platform.position(user(1), "BTC-USD").await.unwrap();
    assert!(held.quantity > Decimal::ZERO && order.state.is_final());
    assert_eq!(platform.ledger.guarded().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn slices_survive_a_crash_at_every_commit_and_none_is_made_twice() {
    for crash in [Crash::BeforeCommit, Crash::AfterCommit] {
        for step in 0..10 {
            let (platform, _) = Platform::single();
            let platform = sliced(platform);
            let engine = platform.start().await;
            platform.ledger.crash_at(step, crash);
            let submitting = engine.clone();
            let answered = tokio::spawn(async move { submitting.submit(large("x")).await });
            let crashed = tokio::time::timeout(LONG, platform.ledger.crashed()).await.is_ok();
            engine.stop().await;
            platform.ledger.recover();
            drop(answered.await);
            let told = format!("{crash:?} at commit {step}");
            assert!(crashed, "{told}");
            let engine = platform.start().await;
            let id = taken(&engine, large("x")).await.id();
            let order = engine.settled(user(1), id, LONG).await.unwrap();
            let filled: Decimal = children(&platform, id).await.iter().map(|child| child.filled.get()).sum();
            assert_eq!(order.filled.get(), filled, "{told}");
            assert_eq!(filled.normalize(), dec("0.04"), "{told}: {:?}", order.reason);
            assert_eq!(order.state, OrderState::Filled, "{told}: {:?}", order.reason);
            let held = platform.position(user(1), "BTC-USD").await.unwrap();
            assert_eq!(held.quantity, filled, "{told}");
            assert!(platform.ledger.replay_agrees(), "{told}");
        }
    }
}

/// Two venues with 0.01 BTC each at the same best price, and a router that goes by cost.
fn thin() -> Platform {
    let (mut platform, a, b) = Platform::pair();
    platform.routing.policy = RoutingPolicy::ExpectedCost;
    for venue in [a, b] {
        venue.world().touch = dec("0.01");
    }
    platform
}

fn wide(id: &str) -> TradeSignal {
    TradeSignal { size: OrderSize::Base(Quantity::new(dec("0.016")).unwrap()), ..entry(user(1), id) }
}

#[tokio::test(start_paused = true)]
async fn an_order_that_is_cheaper_at_two_venues_goes_to_both_under_one_parent() {
    let platform = thin();
    let engine = platform.start().await;
    let order = taken(&engine, wide("x")).await;
    assert_eq!(order.schedule.as_ref().unwrap().method, ExecutionMethod::Split);
    let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
    assert_eq!((order.state, order.filled.get().normalize()), (OrderState::Filled, dec("0.016")));
    let children = children(&platform, order.id()).await;
    let mut shares: Vec<_> = children
        .iter()
        .map(|child| (child.leg.as_ref().unwrap().venue.as_str(), child.filled.get().normalize()))
        .collect();
    // Both are taken up in the same moment, so that the order of their ids is chance.
    shares.sort();
    assert_eq!(shares, [("a", dec("0.01")), ("b", dec("0.006"))]);
    assert_eq!(order.fees, children.iter().map(|child| child.fees).sum());
    let again = engine.submit(wide("x")).await.unwrap();
    assert!(again.replayed && platform.venues.iter().all(|venue| venue.placements() == 1));
}

#[tokio::test(start_paused = true)]
async fn a_share_whose_venue_refuses_goes_on_by_itself() {
    let platform = thin();
    platform.venues[1].script([Answer::Unavailable]);
    let engine = platform.start().await;
    let id = taken(&engine, wide("x")).await.id();
    let order = engine.settled(user(1), id, LONG).await.unwrap();
    assert_eq!((order.state, order.filled.get().normalize()), (OrderState::Filled, dec("0.016")));
    let legs: Vec<_> = children(&platform, id).await.into_iter().filter_map(|child| child.leg).collect();
    assert!(legs.iter().all(|leg| leg.venue.as_str() == "a"), "{legs:?}");
}

/// A share that got lost goes out again when the price has risen: for the money of its order, not for the base units that it bought before.
#[tokio::test(start_paused = true)]
async fn shares_never_spend_more_than_their_order_when_one_is_routed_again_at_a_higher_price() {
    let platform = thin();
    let lost = platform.venues[1].clone();
    lost.script([Answer::LostBefore]);
    let engine = platform.start().await;
    let asked = dec("960");
    let size = OrderSize::Quote(Notional::new(asked).unwrap());
    let order = taken(&engine, TradeSignal { size, ..wide("x") }).await;
    assert_eq!(order.schedule.as_ref().unwrap().method, ExecutionMethod::Split);
    let filled = async || platform.ledger.order(user(1), order.id()).await.unwrap().unwrap().filled;
    until("one share to fill", async || filled().await.get() >= dec("0.01") && lost.placements() == 1).await;
    for venue in &platform.venues {
        venue.world().prices.insert(symbol("BTC-USD"), dec("66000"));
    }
    let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
    assert_eq!(order.state, OrderState::Filled, "{:?}", order.reason);
    let again = children(&platform, order.id()).await;
    let again = again.iter().find(|child| child.leg.as_ref().unwrap().attempt == 1).unwrap();
    assert!(again.filled_notional / again.filled.get() >= dec("66000"), "{again:?}");
    let spent = order.filled_notional + order.fees;
    assert!(spent <= asked && spent > dec("950"), "{spent} of {asked}");
}

#[tokio::test(start_paused = true)]
async fn a_split_survives_a_crash_at_every_commit() {
    for crash in [Crash::BeforeCommit, Crash::AfterCommit] {
        for step in 0..6 {
            let platform = thin();
            let engine = platform.start().await;
            platform.ledger.crash_at(step, crash);
            let submitting = engine.clone();
            let answered = tokio::spawn(async move { submitting.submit(wide("x")).await });
            let crashed = tokio::time::timeout(LONG, platform.ledger.crashed()).await.is_ok();
            engine.stop().await;
            platform.ledger.recover();
            drop(answered.await);
            let told = format!("{crash:?} at commit {step}, crashed: {crashed}");
            let engine = platform.start().await;
            let id = taken(&engine, wide("x")).await.id();
            let order = engine.settled(user(1), id, LONG).await.unwrap();
            assert_eq!(order.state, OrderState::Filled, "{told}: {:?}", order.reason);
            let held: Vec<_> = platform.ledger.open_positions(Some(user(1))).await.unwrap();
            let held: Decimal = held.iter().map(|open| open.quantity).sum();
            assert_eq!((held, order.filled.get()), (dec("0.016"), dec("0.016")), "{told}");
            assert!(platform.ledger.replay_agrees(), "{told}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_split_ends_cancelled_with_its_children() {
    let platform = thin();
    for venue in &platform.venues {
        venue.script([Answer::TakenSlowly(Duration::from_secs(3))]);
        venue.world().filling = Filling::Nothing;
    }
    let engine = platform.start().await;
    let id = taken(&engine, wide("x")).await.id();
    until("both are on their way", async || platform.venues.iter().all(|venue| venue.placements() == 1))
        .await;
    engine.cancel(user(1), id).await.unwrap();
    let order = state(&engine, user(1), id, OrderState::Cancelled).await;
    assert_eq!(order.reason.unwrap().code, "cancelled");
    assert!(children(&platform, id).await.iter().all(|child| child.state.is_final()));
}

#[tokio::test(start_paused = true)]
async fn a_users_own_policy_is_kept_over_restarts_and_weights_must_sum_to_one() {
    let (platform, ..) = Platform::pair();
    let engine = platform.start().await;
    let own =
        RoutingPreference { policy: Some(RoutingPolicy::ExpectedCost), weights: Some(Weights::default()) };
    let none = RoutingPreference::default();
    assert_eq!(engine.change_routing_preference(user(1), none, own).await.unwrap(), Some(own));
    assert_eq!(
        engine.change_routing_preference(user(1), none, none).await.unwrap(),
        None,
        "it is another by now"
    );
    let heavy = Weights { fees: dec("0.5"), ..Weights::default() };
    let wrong = RoutingPreference { weights: Some(heavy), ..own };
    let refused = engine.change_routing_preference(user(1), own, wrong).await;
    assert!(matches!(refused, Err(EngineError::Invalid(why)) if why.contains("sum to 1.20")));
    engine.stop().await;
    let engine = platform.start().await;
    assert_eq!(engine.routing_preference(user(1)).await.unwrap(), own);
    let order = taken(&engine, entry(user(1), "x")).await;
    let decisions = platform.ledger.decisions(user(1), nija_core::PageRequest { before: None, limit: 1 });
    let (_, (of, decision)) = decisions.await.unwrap().rows.remove(0);
    assert_eq!((of, &*decision.policy), (order.id(), "expected_cost"));
    assert_eq!(engine.routing_preference(user(2)).await.unwrap(), RoutingPreference::default());
}
