//! Exits that name no venue, over positions at several.

use nija_core::{
    Clock, ExecutionMethod, Ineligible, JournalEvent, Ledger, Notional, Order, OrderKind, OrderSize,
    OrderState, Quantity, RouteDecision, RouteRequest, Router, RoutingPolicy, Side, TimeInForce, TradeSignal,
    VenueId, VenueView,
};
use nija_router::{Engine, Policies, RoutingConfig};
use proptest::prelude::*;
use rust_decimal::Decimal;
use std::{sync::Arc, time::Duration};

use crate::support::{
    Answer, FakeVenue, Filling, LONG, Platform, dec, entry, exit,
    route::{NOW, approved, view},
    state, symbol, until, user,
};

fn coins(quantity: &str) -> OrderSize {
    OrderSize::Base(Quantity::new(dec(quantity)).unwrap())
}

async fn ended(engine: &Engine, signal: TradeSignal) -> Order {
    let order = engine.submit(signal).await.unwrap().order;
    engine.settled(user(1), order.id(), LONG).await.unwrap()
}

/// Opens a position of this many BTC at a venue.
async fn open(engine: &Engine, side: Side, venue: &FakeVenue, quantity: &str) {
    let id = format!("in-{}", venue.id);
    let signal =
        TradeSignal { side, size: coins(quantity), venue: Some(venue.id.clone()), ..entry(user(1), &id) };
    let order = ended(engine, signal).await;
    assert_eq!(order.state, OrderState::Filled, "{:?}", order.reason);
}

/// Two venues under a policy, of which `a` is the better by name, with positions of these sizes.
async fn holding(
    policy: RoutingPolicy,
    side: Side,
    at_a: &str,
    at_b: &str,
) -> (Platform, Arc<FakeVenue>, Arc<FakeVenue>, Arc<Engine>) {
    let (mut platform, a, b) = Platform::pair();
    platform.routing.policy = policy;
    for venue in [&a, &b] {
        venue.world().account(user(1)).balances.insert("BTC".into(), Decimal::ONE);
    }
    let engine = platform.start().await;
    for (venue, quantity) in [(&a, at_a), (&b, at_b)] {
        if quantity != "0" {
            open(&engine, side, venue, quantity).await;
        }
    }
    (platform, a, b, engine)
}

async fn positions(platform: &Platform) -> Vec<(String, Decimal)> {
    let open = platform.ledger.open_positions(Some(user(1))).await.unwrap();
    let mut open: Vec<_> =
        open.iter().map(|open| (open.venue.to_string(), open.quantity.normalize())).collect();
    open.sort();
    open
}

const BOTH: [RoutingPolicy; 2] = [RoutingPolicy::WeightedScore, RoutingPolicy::ExpectedCost];
const SIDES: [(Side, Side); 2] = [(Side::Buy, Side::Sell), (Side::Sell, Side::Buy)];

#[tokio::test(start_paused = true)]
async fn an_exit_goes_to_the_venue_that_holds_what_it_closes() {
    for policy in BOTH {
        for (opens, closes) in SIDES {
            let (platform, a, b, engine) = holding(policy, opens, "0.0001", "0.01").await;
            let out = TradeSignal { side: closes, ..exit(user(1), "out", "0.01") };
            let order = ended(&engine, out).await;
            assert_eq!((order.state, order.filled.get()), (OrderState::Filled, dec("0.01")), "{opens}");
            assert_eq!((order.leg.unwrap().venue, order.reason), (b.id.clone(), None));
            let left = if opens == Side::Buy { "0.0001" } else { "-0.0001" };
            assert_eq!(positions(&platform).await, [("a".to_owned(), dec(left))]);
            assert_eq!((a.placements(), b.placements()), (1, 2));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_exit_never_opens_a_position_where_there_is_none() {
    for policy in BOTH {
        for (opens, closes) in SIDES {
            let (platform, a, _, engine) = holding(policy, opens, "0", "0.01").await;
            let out = TradeSignal { side: closes, ..exit(user(1), "out", "0.004") };
            let order = ended(&engine, out).await;
            assert_eq!(order.state, OrderState::Filled);
            let left = if opens == Side::Buy { "0.006" } else { "-0.006" };
            assert_eq!(positions(&platform).await, [("b".to_owned(), dec(left))]);
            assert_eq!(a.placements(), 0);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_exit_of_more_than_any_venue_holds_is_closed_at_all_that_do() {
    for policy in BOTH {
        for (opens, closes) in SIDES {
            let (platform, _, _, engine) = holding(policy, opens, "0.004", "0.006").await;
            let out = TradeSignal { side: closes, ..exit(user(1), "out", "0.009") };
            let order = ended(&engine, out).await;
            assert_eq!((order.state, order.filled.get()), (OrderState::Filled, dec("0.009")), "{opens}");
            assert_eq!(order.schedule.unwrap().method, ExecutionMethod::Split);
            assert_eq!(order.reason, None);
            let left = if opens == Side::Buy { "0.001" } else { "-0.001" };
            let open = positions(&platform).await;
            assert_eq!((open.len(), open[0].1), (1, dec(left)), "{open:?}");
            let children = platform.ledger.children(user(1), order.intent.id).await.unwrap();
            let places: Vec<_> =
                children.iter().map(|child| child.intent.signal.venue.clone().unwrap()).collect();
            assert_eq!(children.len(), 2);
            assert_eq!(places, children.iter().map(leg_venue).collect::<Vec<_>>());
        }
    }
}

fn leg_venue(order: &Order) -> VenueId {
    order.leg.as_ref().unwrap().venue.clone()
}

#[tokio::test(start_paused = true)]
async fn asked_for_more_than_there_is_it_closes_everything_and_says_how_much_that_was() {
    let (platform, _, _, engine) = holding(RoutingPolicy::WeightedScore, Side::Buy, "0.004", "0.006").await;
    let order = ended(&engine, exit(user(1), "out", "1")).await;
    assert_eq!((order.state, order.filled.get().normalize()), (OrderState::Filled, dec("0.01")));
    let reason = order.reason.unwrap();
    assert_eq!(reason.code, "reduced_to_position");
    assert_eq!(reason.text, "what can be closed at a and b is 0.01 BTC");
    assert_eq!(positions(&platform).await, []);
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_closed_is_said() {
    // The user's key at b is gone: its position is out of reach.
    let (platform, _, b, engine) = holding(RoutingPolicy::WeightedScore, Side::Buy, "0.004", "0.006").await;
    engine.disconnect(user(1), &b.id).await;
    let order = ended(&engine, exit(user(1), "out", "0.01")).await;
    assert_eq!((order.state, order.filled.get()), (OrderState::Filled, dec("0.004")));
    let reason = order.reason.unwrap();
    assert_eq!(reason.code, "partly_closed");
    assert_eq!(reason.text, "it closes 0.004 of 0.01 BTC; b: not connected");
    assert_eq!(positions(&platform).await, [("b".to_owned(), dec("0.006"))]);
    // And stays on record.
    let known = platform.ledger.order(user(1), order.intent.id).await.unwrap().unwrap();
    assert_eq!(known.reason.unwrap(), reason);
}

#[tokio::test(start_paused = true)]
async fn an_exit_above_its_venues_largest_order_says_what_it_leaves() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    open(&engine, Side::Buy, &venue, "0.01").await;
    drop(engine);
    venue.world().largest = Some(Quantity::new(dec("0.004")).unwrap());
    let engine = platform.start().await;
    let order = ended(&engine, exit(user(1), "out", "0.01")).await;
    assert_eq!((order.state, order.filled.get()), (OrderState::Filled, dec("0.004")));
    assert_eq!(order.reason.unwrap().text, "it closes 0.004 of 0.01 BTC; a takes no more in one order");
}

#[tokio::test(start_paused = true)]
async fn an_exit_that_rests_closes_the_largest_position_and_says_so() {
    let (platform, a, b, engine) = holding(RoutingPolicy::WeightedScore, Side::Buy, "0.004", "0.006").await;
    let resting = TradeSignal {
        kind: OrderKind::Limit { price: "66000".parse().unwrap() },
        time_in_force: TimeInForce::Gtc,
        ..exit(user(1), "out", "0.01")
    };
    b.world().filling = Filling::Nothing;
    let order = engine.submit(resting).await.unwrap().order;
    let order = state(&engine, user(1), order.id(), OrderState::Working).await;
    let leg = order.leg.unwrap();
    assert_eq!((leg.venue, leg.quantity.get().normalize()), (b.id.clone(), dec("0.006")));
    assert_eq!(order.reason.unwrap().code, "reduced_to_position");
    // What rests there is in nobody else's hands: another exit takes what is left, at the other venue.
    let order = ended(&engine, exit(user(1), "rest", "0.01")).await;
    assert_eq!((order.filled.get(), leg_venue(&order)), (dec("0.004"), a.id.clone()));
    assert_eq!(positions(&platform).await, [("b".to_owned(), dec("0.006"))]);
}

#[tokio::test(start_paused = true)]
async fn a_share_of_an_exit_tries_its_own_venue_again_whatever_is_paused_or_killed() {
    let (platform, a, b, engine) = holding(RoutingPolicy::WeightedScore, Side::Buy, "0.004", "0.006").await;
    engine.set_paused(user(1), true).await.unwrap();
    engine.kill(user(1), nija_core::KillScope::User, false, LONG).await.unwrap();
    a.script([Answer::Unavailable, Answer::RateLimited, Answer::NotSent]);
    b.script([Answer::LostAfter]);
    let order = ended(&engine, exit(user(1), "out", "0.01")).await;
    assert_eq!((order.state, order.reason), (OrderState::Filled, None));
    assert_eq!(positions(&platform).await, []);
    let stopped = |event: &JournalEvent| matches!(event, JournalEvent::Stopped { .. });
    assert!(!platform.ledger.records().iter().any(|record| stopped(&record.event)));
}

#[tokio::test(start_paused = true)]
async fn a_share_that_closes_less_when_it_tries_again_has_the_whole_say_so() {
    for (opens, closes) in SIDES {
        let (platform, a, b, engine) = holding(RoutingPolicy::WeightedScore, opens, "0.004", "0.006").await;
        a.script([Answer::RateLimitedFor(Duration::from_secs(10))]);
        let out = TradeSignal { side: closes, ..exit(user(1), "out", "0.01") };
        let out = engine.submit(out).await.unwrap().order;
        until("both shares to be sent", async || (a.placements(), b.placements()) == (2, 2)).await;
        let (symbol, quantity) = (symbol("BTC-USD"), Quantity::new(dec("0.001")).unwrap());
        let (now, ioc) = (platform.clock.now(), TimeInForce::Ioc);
        a.world().arrive(user(1), None, &symbol, closes, OrderKind::Market, quantity, ioc, now);
        let order = engine.settled(user(1), out.id(), LONG).await.unwrap();
        assert_eq!((order.state, order.filled.get()), (OrderState::Filled, dec("0.009")), "{order:?}");
        let reason = order.reason.unwrap();
        assert_eq!(reason.code, "reduced_to_position");
        assert!(reason.text.starts_with("0.009 BTC of 0.01 BTC filled; "), "{}", reason.text);
        assert_eq!(positions(&platform).await, []);
        assert!(platform.ledger.replay_agrees());
    }
}

/// An exit of 0.009 whose venue `a` has 0.01 and no room for it: its user closes this much there by hand before it may try again, so that it has
/// to go to `b` as well, which has 0.006. With the journal, and how it ended.
async fn shared_by_then(
    policy: RoutingPolicy,
    (opens, closes): (Side, Side),
    by_hand: &str,
) -> (Platform, Order) {
    let (platform, a, b, engine) = holding(policy, opens, "0.01", "0.006").await;
    // It rests there since before, as nobody's order of this platform.
    let (symbol, at) = (symbol("BTC-USD"), platform.clock.now());
    let (quantity, price) = (Quantity::new(dec(by_hand)).unwrap(), "60000".parse().unwrap());
    a.world().filling = Filling::Nothing;
    let kind = OrderKind::Limit { price };
    let by_hand = a.world().arrive(user(1), None, &symbol, closes, kind, quantity, TimeInForce::Gtc, at);
    a.world().filling = Filling::Whole;
    let is_known = |event: &JournalEvent| matches!(event, JournalEvent::ExternalOrder { .. });
    until("it to be known", async || platform.ledger.records().iter().any(|record| is_known(&record.event)))
        .await;
    a.script([Answer::RateLimitedFor(Duration::from_secs(10))]);
    let out = TradeSignal { side: closes, ..exit(user(1), "out", "0.009") };
    let out = engine.submit(out).await.unwrap().order;
    until("it to be refused", async || a.placements() == 2).await;
    a.world().fill(user(1), &by_hand.id, quantity, platform.clock.now());
    let order = engine.settled(user(1), out.id(), LONG).await.unwrap();
    assert_eq!((a.placements(), b.placements()), (3, 2));
    engine.stop().await;
    (platform, order)
}

#[tokio::test(start_paused = true)]
async fn an_exit_that_tries_again_goes_to_all_venues_that_hold_a_part_of_its_position_by_then() {
    for policy in BOTH {
        for (opens, closes) in SIDES {
            let (platform, order) = shared_by_then(policy, (opens, closes), "0.006").await;
            assert_eq!((order.state, order.filled.get()), (OrderState::Filled, dec("0.009")), "{order:?}");
            assert_eq!((&order.leg, &order.reason), (&None, &None), "it is at no venue by itself any more");
            assert_eq!(order.schedule.as_ref().unwrap().method, ExecutionMethod::Split);
            let left = if opens == Side::Buy { "0.001" } else { "-0.001" };
            let open = positions(&platform).await;
            assert_eq!((open.len(), open[0].1), (1, dec(left)), "{open:?}");
            assert_eq!(platform.ledger.children(user(1), order.id()).await.unwrap().len(), 2);
            // Its first attempt is told with the others.
            let journal = platform.ledger.order_journal(user(1), order.id()).await.unwrap();
            let ended = journal.iter().filter(|it| matches!(it.event, JournalEvent::AttemptEnded { .. }));
            assert_eq!(ended.count(), 1);
            assert!(platform.ledger.replay_agrees());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_exit_that_is_shared_once_less_is_left_says_how_much_that_was() {
    for policy in BOTH {
        for sides in SIDES {
            let (platform, order) = shared_by_then(policy, sides, "0.008").await;
            assert_eq!((order.state, order.filled.get()), (OrderState::Filled, dec("0.008")), "{order:?}");
            let reason = order.reason.unwrap();
            assert_eq!(reason.code, "reduced_to_position");
            assert_eq!(reason.text, "what can be closed at a and b is 0.008 BTC");
            assert_eq!(positions(&platform).await, []);
        }
    }
}

/// A venue that holds this much of a position.
fn holds(id: &str, quantity: &str) -> VenueView {
    VenueView { closable: Some(dec(quantity)), available_base: Some(dec(quantity)), ..view(id) }
}

fn route(policy: RoutingPolicy, signal: TradeSignal, may_split: bool, venues: &[VenueView]) -> RouteDecision {
    let router = Policies::new(RoutingConfig { policy, ..RoutingConfig::default() }).unwrap();
    let intent = approved(signal);
    router.route(&RouteRequest { may_split, ..RouteRequest::new(&intent, NOW, venues) })
}

fn shares(decision: &RouteDecision) -> Vec<(&str, Decimal)> {
    let split = decision.split.iter();
    split.map(|share| (share.venue.as_str(), share.plan.quantity.get().normalize())).collect()
}

#[test]
fn a_venue_without_enough_of_the_position_is_no_candidate() {
    for policy in BOTH {
        for side in [Side::Sell, Side::Buy] {
            let signal = TradeSignal { side, ..exit(user(1), "x", "0.01") };
            let venues = [holds("a", "0.0099"), holds("b", "0"), holds("c", "0.01"), holds("d", "-0.02")];
            let decision = route(policy, signal, true, &venues);
            assert_eq!(decision.venue.as_ref().unwrap().as_str(), "c");
            for candidate in &decision.candidates[1..] {
                assert_eq!(candidate.rejections, [Ineligible::InsufficientPosition], "{}", candidate.venue);
            }
            assert_eq!((decision.split.len(), decision.incomplete), (0, None));
        }
    }
}

#[test]
fn a_share_that_is_too_small_for_its_venue_grows_at_the_cost_of_another() {
    for policy in BOTH {
        // Its smallest order is 5 USD at 49,990: 0.00011 on its lot.
        let venues = [holds("a", "0.01"), holds("b", "0.005")];
        let decision = route(policy, exit(user(1), "x", "0.01001"), true, &venues);
        assert_eq!(shares(&decision), [("a", dec("0.0099")), ("b", dec("0.00011"))]);
        assert_eq!((decision.venue, decision.incomplete), (None, None));
        assert_eq!(decision.reason, "split: 0.0099 at a, 0.00011 at b; no venue holds all of it");
    }
}

#[test]
fn what_goes_to_one_venue_goes_to_the_one_that_holds_the_most_and_says_what_it_leaves() {
    let venues = [holds("a", "0.002"), holds("b", "0.007"), holds("c", "0.003")];
    let limit = OrderKind::Limit { price: "50500".parse().unwrap() };
    for policy in BOTH {
        let whole = exit(user(1), "x", "0.01");
        let resting = TradeSignal { kind: limit, time_in_force: TimeInForce::Gtc, ..whole.clone() };
        for decision in [route(policy, whole, false, &venues), route(policy, resting, true, &venues)] {
            let plan = decision.chosen().unwrap().plan.clone().unwrap();
            assert_eq!((decision.venue.as_ref().unwrap().as_str(), plan.quantity.get()), ("b", dec("0.007")));
            let incomplete = decision.incomplete.unwrap();
            assert_eq!(incomplete.code, "partly_closed");
            assert!(incomplete.text.starts_with("it closes 0.007 of 0.01 BTC; "), "{}", incomplete.text);
            assert!(incomplete.text.contains("a: not enough of a position there"), "{}", incomplete.text);
            assert!(decision.reason.ends_with(&incomplete.text), "{}", decision.reason);
        }
    }
}

#[test]
fn a_position_that_nothing_reaches_does_not_hold_up_the_others() {
    let away = VenueView { connected: false, ..holds("b", "0.02") };
    let decision = route(
        RoutingPolicy::WeightedScore,
        exit(user(1), "x", "0.02"),
        true,
        &[holds("a", "0.01"), away, holds("c", "0.00001")],
    );
    // c holds less than it takes in one order.
    assert_eq!(decision.venue.as_ref().unwrap().as_str(), "a");
    let text = decision.incomplete.unwrap().text;
    assert_eq!(text, "it closes 0.01 of 0.02 BTC; b: not connected; c: below its smallest order");
}

proptest! {
    /// Whatever is where: no venue closes more than it holds or less than it takes, and together they close what was asked for, but for what one
    /// smallest order and the lots may leave.
    #[test]
    fn shares_of_an_exit_are_what_each_venue_holds_and_sum_to_the_whole(
        held in prop::collection::vec(0i64..3_000, 1..6), rules in prop::collection::vec((0u32..3, 1i64..60), 6),
        asked in 1i64..12_000, sells in any::<bool>(), by_cost in any::<bool>(),
    ) {
        let mut venues = Vec::new();
        let names = ["a", "b", "c", "d", "e"];
        for ((name, held), (lot, least)) in names.iter().zip(&held).zip(&rules) {
            let mut venue = holds(name, &Decimal::new(*held, 5).to_string());
            let instrument = Arc::make_mut(venue.instrument.as_mut().unwrap());
            instrument.lot_size = Decimal::new(1, 5 - lot);
            instrument.min_notional = Notional::new(Decimal::from(*least)).unwrap();
            // Where a buy is to be paid for, there is the money.
            venue.available_quote = Some(Decimal::from(1_000_000));
            venues.push(venue);
        }
        let side = if sells { Side::Sell } else { Side::Buy };
        let policy = BOTH[usize::from(by_cost)];
        let asked = Decimal::new(asked, 5);
        let signal = TradeSignal { side, ..exit(user(1), "x", &asked.to_string()) };
        let decision = route(policy, signal, true, &venues);
        let out: Vec<_> = match decision.chosen() {
            Some(chosen) => vec![(&chosen.venue, chosen.plan.clone().unwrap())],
            None => decision.split.iter().map(|share| (&share.venue, share.plan.clone())).collect(),
        };
        let (mut sum, mut lots, mut least) = (Decimal::ZERO, Decimal::ZERO, Decimal::ZERO);
        for (venue, plan) in &out {
            let view = venues.iter().find(|view| view.venue == **venue).unwrap();
            let rules = view.instrument.as_ref().unwrap();
            let fitted = rules.fit(side, plan.kind, plan.quantity, plan.price).unwrap().0;
            prop_assert!(fitted == plan.quantity && plan.quantity.get() <= view.closable.unwrap());
            sum += plan.quantity.get();
        }
        // What any venue could close by itself.
        let mut there = Decimal::ZERO;
        for view in &venues {
            let rules = view.instrument.as_ref().unwrap();
            let price = view.quote.unwrap().taker_price(side).get();
            let smallest = rules.min_quantity.get().max(rules.min_notional.get() / price) + rules.lot_size;
            let held = view.closable.unwrap();
            (lots, least) = (lots + rules.lot_size, least.max(smallest));
            there += if held >= smallest { held } else { Decimal::ZERO };
        }
        let due = asked.min(there);
        prop_assert!(sum <= asked, "{sum} of {asked}");
        prop_assert!(sum + lots + least >= due, "{sum} of {due}: {}", decision.reason);
        let leaves = asked - sum >= lots && !out.is_empty();
        prop_assert!(!leaves || decision.incomplete.is_some(), "{sum} of {asked}: {}", decision.reason);
    }
}
