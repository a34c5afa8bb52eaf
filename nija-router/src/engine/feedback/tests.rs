use nija_core::{OrderState, RouteDecision, RoutingPolicy, TradeSignal};
use std::sync::Arc;

use super::*;
use crate::{
    Engine,
    support::{Answer, Crash, LONG, Platform, dec, entry, state, symbol, user},
};

const HALF_LIFE: Duration = Duration::from_secs(60);

fn of(id: &str, text: &str) -> (VenueId, Symbol) {
    (VenueId::new(id).unwrap(), symbol(text))
}

fn learnt(engine: &Engine, id: &str, text: &str, now: Timestamp) -> Learnt {
    engine.inner.feedback.learnt(&of(id, text), None, now)
}

fn record(engine: &Engine, id: &str, text: &str) -> Option<Decimal> {
    learnt(engine, id, text, engine.inner.clock.now()).record
}

fn on(text: &str, id: &str) -> TradeSignal {
    TradeSignal { symbol: symbol(text), ..entry(user(1), id) }
}

async fn settle(engine: &Arc<Engine>, signal: TradeSignal) -> (OrderState, String) {
    let order = engine.submit(signal).await.unwrap().order;
    let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
    (order.state, order.leg.unwrap().venue.to_string())
}

async fn decide(engine: &Engine, text: &str) -> RouteDecision {
    engine.preview(on(text, "preview")).await.unwrap().decision.unwrap()
}

/// The record that a decision counts a venue with.
fn counted(decision: &RouteDecision, id: &str) -> Decimal {
    let candidate = decision.candidates.iter().find(|candidate| candidate.venue.as_str() == id).unwrap();
    candidate.factors.iter().find(|factor| factor.name == "record").unwrap().score
}

fn within(value: Option<Decimal>, least: &str, most: &str) -> bool {
    value.is_some_and(|value| (dec(least)..=dec(most)).contains(&value))
}

fn pair() -> (Platform, Arc<crate::support::FakeVenue>, Arc<crate::support::FakeVenue>) {
    let (mut platform, a, b) = Platform::pair();
    platform.config.feedback_half_life = HALF_LIFE;
    (platform, a, b)
}

#[tokio::test(start_paused = true)]
async fn a_venue_that_fails_on_one_pair_loses_its_record_there_and_regains_it_with_time() {
    let (platform, a, _) = pair();
    let engine = platform.start().await;
    assert_eq!(settle(&engine, on("ETH-USD", "good")).await, (OrderState::Filled, "a".into()));
    for (n, answer) in [Answer::Unavailable, Answer::NotSent, Answer::LostBefore].into_iter().enumerate() {
        a.script([answer]);
        let signal = TradeSignal { venue: Some(a.id.clone()), ..on("BTC-USD", &format!("bad{n}")) };
        let order = engine.submit(signal).await.unwrap().order;
        engine.settled(user(1), order.id(), LONG).await.unwrap();
    }
    let (bad, now) = (record(&engine, "a", "BTC-USD"), engine.inner.clock.now());
    assert!(bad.is_some_and(|bad| bad < dec("80")), "{bad:?}");
    assert_eq!(record(&engine, "a", "ETH-USD"), Some(dec("100")));
    assert_eq!(record(&engine, "b", "ETH-USD"), None);
    let decision = decide(&engine, "BTC-USD").await;
    assert!(within(Some(counted(&decision, "a")), "1", "80"), "{decision:?}");
    assert_eq!(counted(&decide(&engine, "ETH-USD").await, "a"), dec("100"));

    // The process ends; what it knew comes back from the journal, to the digit.
    engine.stop().await;
    let before = [("a", "BTC-USD"), ("a", "ETH-USD"), ("b", "BTC-USD")]
        .map(|(id, text)| learnt(&engine, id, text, now));
    let again = platform.start().await;
    let after = [("a", "BTC-USD"), ("a", "ETH-USD"), ("b", "BTC-USD")]
        .map(|(id, text)| learnt(&again, id, text, now));
    assert_eq!(before, after);
    assert!(before[1].latency.is_some_and(|took| took > Duration::ZERO && took < LONG), "{before:?}");
    assert!(within(Some(counted(&decide(&again, "BTC-USD").await, "a")), "1", "80"));

    // What is missing halves with each half-life, more or less: what is usual weighs ever more.
    tokio::time::sleep(HALF_LIFE * 2).await;
    let later = record(&again, "a", "BTC-USD");
    assert!(later > bad && later < Some(dec("99")), "{bad:?} {later:?}");
    tokio::time::sleep(HALF_LIFE * 10).await;
    assert!(record(&again, "a", "BTC-USD") > Some(dec("99.7")));
    assert!(counted(&decide(&again, "BTC-USD").await, "a") > dec("99.7"));
}

#[tokio::test(start_paused = true)]
async fn what_a_user_is_refused_for_turns_nobody_away() {
    for answer in [Answer::InsufficientFunds, Answer::Rejected] {
        let (platform, a, _) = pair();
        let engine = platform.start().await;
        settle(&engine, on("BTC-USD", "good")).await;
        a.script([answer]);
        assert_eq!(settle(&engine, on("BTC-USD", "refused")).await.0, OrderState::Rejected);
        assert_eq!(record(&engine, "a", "BTC-USD"), Some(dec("100")), "{answer:?}");
        engine.stop().await;
        let engine = platform.start().await;
        assert_eq!(record(&engine, "a", "BTC-USD"), Some(dec("100")), "{answer:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_restart_that_leaves_an_order_in_doubt_is_not_held_against_its_venue() {
    let (platform, a, _) = pair();
    let engine = platform.start().await;
    platform.ledger.crash_at(0, Crash::AfterCommit);
    let never = engine.submit(on("BTC-USD", "x"));
    assert!(tokio::time::timeout(Duration::from_secs(1), never).await.is_err());
    engine.stop().await;
    platform.ledger.recover();
    let engine = platform.start().await;
    let order = platform.ledger.all_orders()[0].id();
    state(&engine, user(1), order, OrderState::Unknown).await;
    let order = engine.settled(user(1), order, LONG).await.unwrap();
    assert_eq!((order.state, order.leg.unwrap().venue), (OrderState::Filled, a.id.clone()));
    assert_eq!(record(&engine, "a", "BTC-USD"), Some(dec("100")));
}

#[tokio::test(start_paused = true)]
async fn fills_worse_than_expected_make_the_next_order_dearer_there() {
    let (mut platform, a, _) = pair();
    platform.routing.policy = RoutingPolicy::ExpectedCost;
    let engine = platform.start().await;
    let btc = symbol("BTC-USD");
    // The market moves away after the quote: 60,100 instead of 60,006.
    a.world().prices.insert(btc.clone(), dec("60100"));
    assert_eq!(settle(&engine, on("BTC-USD", "x")).await, (OrderState::Filled, "a".into()));
    a.world().prices.insert(btc, dec("60000"));
    let now = engine.inner.clock.now();
    let told = learnt(&engine, "a", "BTC-USD", now);
    // 15.7 basis points, beside one order as expected.
    assert!(within(told.slippage, "7.5", "8"), "{told:?}");
    // Until the quotes are even again.
    tokio::time::sleep(Duration::from_secs(6)).await;
    let dearer = async |engine: &Engine| {
        let decision = decide(engine, "BTC-USD").await;
        let price = |id: &str| {
            let candidate =
                decision.candidates.iter().find(|candidate| candidate.venue.as_str() == id).unwrap();
            candidate.cost.unwrap().price
        };
        let dearer = price("a") - price("b");
        (within(Some(dearer), "7", "8"), decision.venue.unwrap().to_string(), dearer)
    };
    let (close, venue, by) = dearer(&engine).await;
    assert!(close && venue == "b", "{by} {venue}");
    engine.stop().await;
    let engine = platform.start().await;
    assert_eq!(learnt(&engine, "a", "BTC-USD", now), told);
    let (close, venue, by) = dearer(&engine).await;
    assert!(close && venue == "b", "after the restart: {by} {venue}");
}
