//! The process ends at any step; the next one finds out.

use nija_core::OrderState;
use std::time::Duration;

use crate::support::{
    Answer, Crash, Filling, LONG, Platform, attempts_of, entry, resting, state, until, user,
};

/// Ends the process before or after the n-th commit of an order's life, and starts another.
#[tokio::test(start_paused = true)]
async fn an_order_survives_a_crash_at_every_commit_and_is_placed_once() {
    for answer in [Answer::Taken, Answer::LostAfter, Answer::TakenBriefly, Answer::Unavailable] {
        for crash in [Crash::BeforeCommit, Crash::AfterCommit] {
            for step in 0..5 {
                let (platform, venue) = Platform::single();
                venue.script([answer]);
                let engine = platform.start().await;
                platform.ledger.crash_at(step, crash);
                let submitting = engine.clone();
                let answered = tokio::spawn(async move { submitting.submit(entry(user(1), "x")).await });
                let crashed = tokio::time::timeout(LONG, platform.ledger.crashed()).await.is_ok();
                engine.stop().await;
                platform.ledger.recover();
                let acknowledged = matches!(answered.await.unwrap(), Ok(submitted) if !submitted.replayed);

                let engine = platform.start().await;
                let told = format!("{answer:?} {crash:?} at commit {step}, acknowledged: {acknowledged}");
                assert!(crashed || step > 1, "{told}");
                let kept = platform.ledger.all_orders();
                assert!(!acknowledged || kept.len() == 1, "{told}");
                for order in kept {
                    let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
                    assert_eq!(order.state, OrderState::Filled, "{told}: {:?}", order.reason);
                    assert_eq!(attempts_of(&venue.orders(user(1)), order.id()).len(), 1, "{told}");
                    let held = platform.position(user(1), "BTC-USD").await.unwrap();
                    assert_eq!(held.quantity, order.filled.get(), "{told}");
                }
                assert!(platform.ledger.replay_agrees(), "{told}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_order_that_was_never_sent_goes_out_after_the_restart_once_that_is_proven() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    platform.ledger.crash_at(0, Crash::AfterCommit);
    let never = engine.submit(entry(user(1), "x"));
    assert!(tokio::time::timeout(Duration::from_secs(1), never).await.is_err());
    engine.stop().await;
    platform.ledger.recover();
    assert_eq!(venue.placements(), 0);
    let engine = platform.start().await;
    let order = platform.ledger.all_orders()[0].id();
    let order = state(&engine, user(1), order, OrderState::Unknown).await;
    assert_eq!(order.reason.unwrap().code, "outcome_unknown");
    let order = engine.settled(user(1), order.intent.id, LONG).await.unwrap();
    assert_eq!((order.state, order.leg.unwrap().attempt), (OrderState::Filled, 1));
    assert_eq!(venue.placements(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_resting_order_is_picked_up_again() {
    let (platform, venue) = Platform::single();
    venue.world().filling = Filling::Nothing;
    let engine = platform.start().await;
    let order = engine.submit(resting(user(1), "x")).await.unwrap().order;
    let order = state(&engine, user(1), order.id(), OrderState::Working).await;
    engine.stop().await;
    let (name, quantity) = {
        let leg = order.leg.clone().unwrap();
        (leg.venue_order_id.unwrap(), leg.quantity)
    };
    venue.world().fill(user(1), &name, quantity, nija_core::Clock::now(&platform.clock));
    let engine = platform.start().await;
    assert_eq!(engine.settled(user(1), order.id(), LONG).await.unwrap().state, OrderState::Filled);
}

#[tokio::test(start_paused = true)]
async fn an_order_that_its_venue_forgot_ends() {
    let (platform, venue) = Platform::single();
    venue.world().filling = Filling::Nothing;
    let engine = platform.start().await;
    let order = engine.submit(resting(user(1), "x")).await.unwrap().order;
    let order = state(&engine, user(1), order.id(), OrderState::Working).await;
    engine.stop().await;
    venue.world().account(user(1)).orders.clear();
    tokio::time::sleep(Duration::from_secs(60)).await;
    let engine = platform.start().await;
    let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
    assert_eq!((order.state, order.reason.unwrap().code.as_str()), (OrderState::Cancelled, "gone_at_venue"));
}

#[tokio::test(start_paused = true)]
async fn a_venue_that_is_down_at_the_start_is_reconciled_when_it_is_back() {
    let (platform, venue) = Platform::single();
    venue.script([Answer::LostAfter]);
    let engine = platform.start().await;
    let order = engine.submit(entry(user(1), "x")).await.unwrap().order;
    until("the order", async || venue.orders(user(1)).len() == 1).await;
    engine.stop().await;
    venue.world().reads_fail = true;
    let engine = platform.start().await;
    tokio::time::sleep(Duration::from_secs(90)).await;
    venue.world().reads_fail = false;
    assert_eq!(engine.settled(user(1), order.id(), LONG).await.unwrap().state, OrderState::Filled);
    assert_eq!(venue.placements(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_order_whose_key_is_gone_raises_an_alarm_and_keeps_its_money() {
    for streaming in [true, false] {
        key_gone(streaming).await;
    }
}

async fn key_gone(streaming: bool) {
    let (platform, venue) = Platform::single();
    venue.world().filling = Filling::Nothing;
    venue.script([Answer::LostAfter]);
    let engine = platform.start().await;
    venue.world().streaming = streaming;
    let order = engine.submit(resting(user(1), "x")).await.unwrap().order;
    until("the order", async || venue.orders(user(1)).len() == 1).await;
    engine.stop().await;
    platform.vault.take_away(user(1), &venue.id);
    let engine = platform.start().await;
    until("the alarm", async || engine.venues()[0].detail.is_some()).await;
    let order = engine.settled(user(1), order.id(), Duration::ZERO).await.unwrap();
    let known = if streaming { OrderState::Working } else { OrderState::Unknown };
    assert_eq!((order.state, venue.placements()), (known, 1));
}

#[tokio::test(start_paused = true)]
async fn a_reconnect_leaves_orders_alone_that_still_wait_to_be_sent() {
    let (mut platform, venue) = Platform::single();
    platform.config.lane.workers = 1;
    let engine = platform.start().await;
    venue.script([Answer::TakenSlowly(Duration::from_secs(3))]);
    engine.submit(entry(user(1), "slow")).await.unwrap();
    until("it to be sent", async || venue.placements() == 1).await;
    let waiting = engine.submit(entry(user(1), "waiting")).await.unwrap().order;
    venue.reconnect(user(1));
    tokio::time::sleep(Duration::from_secs(2)).await;
    let still = engine.settled(user(1), waiting.id(), Duration::ZERO).await.unwrap();
    assert_eq!(still.state, OrderState::Queued);
    let order = engine.settled(user(1), waiting.id(), LONG).await.unwrap();
    assert_eq!((order.state, order.leg.unwrap().attempt), (OrderState::Filled, 0));
    assert_eq!(venue.placements(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_cancel_of_an_order_in_doubt_outlives_a_restart() {
    let (platform, venue) = Platform::single();
    venue.world().filling = Filling::Nothing;
    // It arrives three seconds after its answer was given up as lost.
    venue.script([Answer::Late(Duration::from_secs(3))]);
    let engine = platform.start().await;
    let order = engine.submit(resting(user(1), "x")).await.unwrap().order;
    state(&engine, user(1), order.id(), OrderState::Unknown).await;
    let answered = engine.cancel(user(1), order.id()).await.unwrap();
    assert_eq!(answered.state, OrderState::Unknown, "nobody knows where it is");
    engine.stop().await;
    drop(engine);
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(venue.orders(user(1))[0].state, OrderState::Working);
    let engine = platform.start().await;
    let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
    assert_eq!((order.state, order.reason.unwrap().code.as_str()), (OrderState::Cancelled, "cancelled"));
    assert!(platform.ledger.replay_agrees());
}

#[tokio::test(start_paused = true)]
async fn an_order_whose_venue_is_gone_raises_an_alarm_and_its_cancel_says_so() {
    let (mut platform, a, b) = Platform::pair();
    b.world().filling = Filling::Nothing;
    let engine = platform.start().await;
    let there = nija_core::TradeSignal { venue: Some(b.id.clone()), ..resting(user(1), "x") };
    let order = engine.submit(there).await.unwrap().order;
    state(&engine, user(1), order.id(), OrderState::Working).await;
    assert!(engine.lost_venues().is_empty());
    engine.stop().await;
    platform.venues.retain(|venue| venue.id == a.id);
    let engine = platform.start().await;
    let lost = engine.lost_venues();
    assert_eq!((lost.len(), &lost[0].venue, lost[0].alarms, lost[0].up), (1, &b.id, 1, false));
    assert!(lost[0].detail.as_ref().unwrap().contains(&order.id().to_string()));
    let answer = engine.cancel(user(1), order.id()).await;
    assert!(matches!(answer, Err(nija_router::EngineError::Invalid(_))), "{answer:?}");
    engine.stop().await;
    platform.venues.push(b);
    let engine = platform.start().await;
    assert!(engine.lost_venues().is_empty());
    // The wish stood.
    state(&engine, user(1), order.id(), OrderState::Cancelled).await;
}
