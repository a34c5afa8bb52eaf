//! Lost answers: nothing is doubled, nothing is lost, money stays bound until there is evidence.

use nija_core::{AmbiguityBound, OrderState, TradeSignal};
use std::time::Duration;

use crate::support::{
    Answer, FakeVenue, Filling, LONG, Platform, TestClock, attempts_of, entry, resting, state, until, user,
};

#[tokio::test(start_paused = true)]
async fn an_order_whose_answer_was_lost_is_found_and_never_sent_again() {
    let (platform, venue) = Platform::single();
    venue.script([Answer::LostAfter]);
    let engine = platform.start().await;
    let order = engine.submit(entry(user(1), "x")).await.unwrap().order;
    let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
    assert_eq!(order.state, OrderState::Filled);
    assert_eq!((venue.placements(), venue.orders(user(1)).len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn it_is_found_without_the_stream_too() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    venue.disconnect(user(1));
    venue.script([Answer::LostAfter]);
    let order = engine.submit(entry(user(1), "x")).await.unwrap().order;
    let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
    assert_eq!((order.state, venue.placements()), (OrderState::Filled, 1));
    assert_eq!(platform.position(user(1), "BTC-USD").await.unwrap().quantity, order.filled.get());
}

#[tokio::test(start_paused = true)]
async fn an_order_that_never_arrived_goes_again_only_after_the_venues_bound() {
    let (platform, venue) = Platform::single();
    venue.script([Answer::LostBefore]);
    let engine = platform.start().await;
    let order = engine.submit(entry(user(1), "x")).await.unwrap().order;
    state(&engine, user(1), order.id(), OrderState::Unknown).await;
    let bound = platform.config.send_window + Duration::from_secs(5);
    tokio::time::sleep(bound - Duration::from_millis(500)).await;
    assert_eq!(venue.placements(), 1);
    let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
    assert_eq!((order.state, order.leg.unwrap().attempt), (OrderState::Filled, 1));
    assert_eq!((venue.placements(), venue.orders(user(1)).len()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn an_order_that_arrives_late_but_within_the_bound_is_adopted() {
    let (platform, venue) = Platform::single();
    venue.script([Answer::Late(Duration::from_secs(4))]);
    let engine = platform.start().await;
    let order = engine.submit(entry(user(1), "x")).await.unwrap().order;
    state(&engine, user(1), order.id(), OrderState::Unknown).await;
    let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
    assert_eq!((order.state, order.leg.unwrap().attempt), (OrderState::Filled, 0));
    assert_eq!((venue.placements(), venue.orders(user(1)).len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_forward_proves_no_absence() {
    let clock = TestClock::new();
    let venue = FakeVenue::new("a", &TestClock::new(), |_| {});
    let platform = Platform::new(clock.clone(), vec![venue.clone()]);
    platform.join(user(1), 1000);
    venue.script([Answer::Late(Duration::from_secs(4))]);
    let engine = platform.start().await;
    let order = engine.submit(entry(user(1), "x")).await.unwrap().order;
    state(&engine, user(1), order.id(), OrderState::Unknown).await;
    clock.set_forward(Duration::from_secs(20));
    let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
    assert_eq!((order.state, order.leg.unwrap().attempt), (OrderState::Filled, 0));
    assert_eq!((venue.placements(), venue.orders(user(1)).len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_grew_old_in_doubt_fails_instead_of_going_again() {
    let (mut platform, venue) = Platform::single();
    platform.config.max_intent_age = Duration::from_secs(3);
    venue.script([Answer::LostBefore]);
    let engine = platform.start().await;
    let order = engine.submit(entry(user(1), "x")).await.unwrap().order;
    let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
    assert_eq!((order.state, order.reason.unwrap().code.as_str()), (OrderState::Failed, "proven_absent"));
    assert_eq!(venue.placements(), 1);
}

#[tokio::test(start_paused = true)]
async fn without_a_bound_only_evidence_settles_and_a_person_is_called() {
    let clock = TestClock::new();
    let venue = FakeVenue::new("a", &clock, |contract| contract.ambiguity_bound = AmbiguityBound::Unbounded);
    let platform = Platform::new(clock, vec![venue.clone()]);
    platform.join(user(1), 1000);
    venue.script([Answer::Late(Duration::from_secs(900))]);
    let engine = platform.start().await;
    let order = engine.submit(entry(user(1), "x")).await.unwrap().order;
    state(&engine, user(1), order.id(), OrderState::Unknown).await;
    until("the alarm", async || engine.venues()[0].detail.is_some()).await;
    assert!(engine.venues()[0].detail.as_ref().unwrap().contains(&order.id().to_string()));
    // The whole amount is still bound after ten minutes.
    tokio::time::sleep(Duration::from_secs(600)).await;
    let still = engine.settled(user(1), order.id(), Duration::ZERO).await.unwrap();
    assert_eq!((still.state, venue.placements()), (OrderState::Unknown, 1));
    assert!(engine.account(user(1)).await.unwrap().cash < crate::support::dec("901"));
    // A quarter of an hour later it turns up.
    let order = engine.settled(user(1), order.id(), LONG * 10).await.unwrap();
    assert_eq!((order.state, venue.placements()), (OrderState::Filled, 1));
    assert_eq!(engine.venues()[0].detail, None);
}

#[tokio::test(start_paused = true)]
async fn what_is_in_doubt_stays_bound() {
    let (platform, venue) = Platform::single();
    venue.fund(user(1), 1000);
    venue.world().reads_fail = false;
    venue.script([Answer::LostBefore]);
    let engine = platform.start().await;
    // 594 USD and a fee are in doubt; the rest does not pay for another.
    let doubtful = engine.submit(resting(user(1), "one")).await.unwrap().order;
    state(&engine, user(1), doubtful.id(), OrderState::Unknown).await;
    let second = engine.submit(resting(user(1), "two")).await.unwrap().order;
    assert_eq!(second.state, OrderState::Failed);
    assert!(second.reason.unwrap().text.contains("not enough money there"));
}

#[tokio::test(start_paused = true)]
async fn a_venue_that_cannot_be_asked_is_asked_until_it_can() {
    let (platform, venue) = Platform::single();
    venue.script([Answer::LostAfter]);
    let engine = platform.start().await;
    venue.disconnect(user(1));
    venue.world().reads_fail = true;
    let order = engine.submit(entry(user(1), "x")).await.unwrap().order;
    state(&engine, user(1), order.id(), OrderState::Unknown).await;
    tokio::time::sleep(Duration::from_secs(300)).await;
    let still = engine.settled(user(1), order.id(), Duration::ZERO).await.unwrap();
    assert_eq!(still.state, OrderState::Unknown);
    assert!(engine.venues()[0].detail.is_some());
    venue.world().reads_fail = false;
    let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
    assert_eq!((order.state, venue.placements()), (OrderState::Filled, 1));
}

#[tokio::test(start_paused = true)]
async fn a_cancel_of_an_order_in_doubt_is_carried_out_once_it_is_found() {
    let (platform, venue) = Platform::single();
    venue.world().filling = Filling::Nothing;
    venue.script([Answer::Late(Duration::from_secs(4))]);
    let engine = platform.start().await;
    let order = engine.submit(resting(user(1), "x")).await.unwrap().order;
    state(&engine, user(1), order.id(), OrderState::Unknown).await;
    let at_once = engine.cancel(user(1), order.id()).await.unwrap();
    assert_eq!(at_once.state, OrderState::Unknown);
    let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
    assert_eq!((order.state, order.reason.unwrap().code.as_str()), (OrderState::Cancelled, "cancelled"));
    assert_eq!(venue.orders(user(1))[0].state, OrderState::Cancelled);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_was_set_forward_before_a_restart_proves_no_absence() {
    let (platform, venue) = Platform::single();
    venue.script([Answer::LostBefore]);
    let engine = platform.start().await;
    let order = engine.submit(entry(user(1), "x")).await.unwrap().order;
    until("it to be sent", async || venue.placements() == 1).await;
    engine.stop().await;
    drop(engine);
    platform.clock.set_forward(Duration::from_secs(3600));
    let engine = platform.start().await;
    // Its send window and the margin, ten seconds together, have not truly passed.
    tokio::time::sleep(Duration::from_secs(9)).await;
    let still = engine.settled(user(1), order.id(), Duration::ZERO).await.unwrap();
    assert_eq!(still.state, OrderState::Unknown);
    let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
    assert_eq!((order.state, order.reason.unwrap().code.as_str()), (OrderState::Failed, "proven_absent"));
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_order_that_never_arrived_is_not_sent_again() {
    let (platform, venue) = Platform::single();
    venue.script([Answer::LostBefore]);
    let engine = platform.start().await;
    let order = engine.submit(entry(user(1), "x")).await.unwrap().order;
    state(&engine, user(1), order.id(), OrderState::Unknown).await;
    engine.cancel(user(1), order.id()).await.unwrap();
    let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
    assert_eq!((order.state, venue.placements()), (OrderState::Cancelled, 1));
}

#[tokio::test(start_paused = true)]
async fn a_venue_that_never_answers_is_given_up_waiting_for() {
    let (platform, venue) = Platform::single();
    venue.script([Answer::TakenSlowly(Duration::from_secs(3600))]);
    let engine = platform.start().await;
    venue.disconnect(user(1));
    let signal = TradeSignal { ..entry(user(1), "x") };
    let order = engine.submit(signal).await.unwrap().order;
    let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
    assert_eq!(order.state, OrderState::Filled);
    assert_eq!(attempts_of(&venue.orders(user(1)), order.id()).len(), 1);
}
