//! Fills: counted once, never lost, whoever they belong to and whenever they come.

use nija_core::{
    Clock, ExecutionReport, JournalEvent, OrderKind, OrderSize, OrderState, Price, Quantity, Side,
    TimeInForce, TradeSignal,
};
use std::{sync::Arc, time::Duration};

use crate::support::{
    Answer, Filling, LONG, Pace, Platform, dec, entry, exit, resting, state, symbol, until, user,
};

#[tokio::test(start_paused = true)]
async fn a_fill_told_twice_counts_once() {
    let (platform, venue) = Platform::single();
    venue.world().twice = true;
    let engine = platform.start().await;
    let order = engine.submit(entry(user(1), "x")).await.unwrap().order;
    let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
    venue.reconnect(user(1));
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(platform.ledger.all_fills().len(), 1);
    assert_eq!(platform.position(user(1), "BTC-USD").await.unwrap().quantity, order.filled.get());
}

#[tokio::test(start_paused = true)]
async fn fills_that_come_before_the_answer_find_their_order() {
    for echoes in [true, false] {
        let (platform, venue) = Platform::single();
        venue.world().echoes = echoes;
        venue.script([Answer::TakenSlowly(Duration::from_secs(3))]);
        let engine = platform.start().await;
        let order = engine.submit(entry(user(1), "x")).await.unwrap().order;
        let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
        assert_eq!(order.state, OrderState::Filled, "echoes: {echoes}");
        let fills = platform.ledger.all_fills();
        assert_eq!((fills.len(), fills[0].order), (1, Some(order.id())));
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_at_a_venue_that_does_not_echo_ids_is_settled_by_look_up() {
    let (platform, venue) = Platform::single();
    venue.world().echoes = false;
    venue.script([Answer::LostAfter]);
    let engine = platform.start().await;
    let order = engine.submit(entry(user(1), "x")).await.unwrap().order;
    let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
    let fills = platform.ledger.all_fills();
    assert_eq!((order.state, fills.len(), fills[0].order), (OrderState::Filled, 1, Some(order.id())));
}

#[tokio::test(start_paused = true)]
async fn what_the_stream_did_not_bring_is_fetched() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    venue.disconnect(user(1));
    let order = engine.submit(entry(user(1), "x")).await.unwrap().order;
    // The answer says that it is filled; the fill itself must be asked for.
    let order = engine.settled(user(1), order.id(), Duration::from_secs(2)).await.unwrap();
    assert_eq!(order.state, OrderState::Filled);
    venue.script([Answer::TakenBriefly]);
    let order = engine.submit(entry(user(1), "y")).await.unwrap().order;
    let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
    assert_eq!((order.state, platform.ledger.all_fills().len()), (OrderState::Filled, 2));
}

#[tokio::test(start_paused = true)]
async fn what_happened_while_the_stream_was_down_is_found_when_it_is_back() {
    let (platform, venue) = Platform::single();
    venue.world().filling = Filling::Nothing;
    let engine = platform.start().await;
    let order = engine.submit(resting(user(1), "x")).await.unwrap().order;
    let order = state(&engine, user(1), order.id(), OrderState::Working).await;
    let name = order.leg.unwrap().venue_order_id.unwrap();
    venue.disconnect(user(1));
    let (half, now) = (Quantity::new(dec("0.005")).unwrap(), nija_core::Clock::now(&platform.clock));
    venue.world().fill(user(1), &name, half, now);
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(platform.ledger.all_fills().len(), 0);
    venue.reconnect(user(1));
    let order = state(&engine, user(1), order.intent.id, OrderState::PartialFill).await;
    assert_eq!(order.filled, half);
    venue.disconnect(user(1));
    venue.world().fill(user(1), &name, half, now);
    venue.reconnect(user(1));
    assert_eq!(engine.settled(user(1), order.id(), LONG).await.unwrap().state, OrderState::Filled);
}

#[tokio::test(start_paused = true)]
async fn orders_made_elsewhere_are_recorded_once_and_left_alone() {
    let (platform, venue) = Platform::single();
    venue.world().filling = Filling::Nothing;
    let btc = symbol("BTC-USD");
    let kind = OrderKind::Limit { price: Price::new(dec("50000")).unwrap() };
    let (quantity, now) = (Quantity::new(dec("0.02")).unwrap(), nija_core::Clock::now(&platform.clock));
    let before = venue.world().arrive(user(1), None, &btc, Side::Buy, kind, quantity, TimeInForce::Gtc, now);
    let engine = platform.start().await;
    let during = venue.world().arrive(user(1), None, &btc, Side::Buy, kind, quantity, TimeInForce::Gtc, now);
    venue.reconnect(user(1));
    tokio::time::sleep(Duration::from_secs(10)).await;
    engine.stop().await;
    let _engine = platform.start().await;
    venue.reconnect(user(1));
    tokio::time::sleep(Duration::from_secs(10)).await;
    let external = |report: &ExecutionReport| report.venue_order_id.clone();
    let recorded: Vec<_> = platform
        .ledger
        .records()
        .iter()
        .filter_map(|record| match &record.event {
            JournalEvent::ExternalOrder { report } => Some(external(report)),
            _ => None,
        })
        .collect();
    assert_eq!(recorded, [before.id, during.id]);
    assert_eq!(venue.world().cancels, 0);
}

#[tokio::test(start_paused = true)]
async fn fills_of_orders_made_elsewhere_make_positions_too() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    let btc = symbol("BTC-USD");
    let (quantity, now) = (Quantity::new(dec("0.02")).unwrap(), nija_core::Clock::now(&platform.clock));
    venue.world().arrive(user(1), None, &btc, Side::Buy, OrderKind::Market, quantity, TimeInForce::Ioc, now);
    until("the position", async || platform.position(user(1), "BTC-USD").await.is_some()).await;
    assert_eq!(platform.ledger.all_fills()[0].order, None);
    let position = engine.account(user(1)).await.unwrap().positions[0].position.clone();
    let out = engine.close_position(user(1), &position.id, "out".parse().unwrap()).await.unwrap();
    assert_eq!(engine.settled(user(1), out.order.id(), LONG).await.unwrap().state, OrderState::Filled);
}

#[tokio::test(start_paused = true)]
async fn a_fill_after_the_end_still_counts_for_its_order() {
    let (platform, venue) = Platform::single();
    venue.world().filling = Filling::Nothing;
    let engine = platform.start().await;
    let order = engine.submit(resting(user(1), "x")).await.unwrap().order;
    let order = state(&engine, user(1), order.id(), OrderState::Working).await;
    engine.cancel(user(1), order.id()).await.unwrap();
    let ended = engine.settled(user(1), order.id(), LONG).await.unwrap();
    assert_eq!(ended.state, OrderState::Cancelled);
    engine.stop().await;
    let engine = platform.start().await;
    let name = order.leg.unwrap().venue_order_id.unwrap();
    let (half, now) = (Quantity::new(dec("0.005")).unwrap(), nija_core::Clock::now(&platform.clock));
    venue.world().echoes = false;
    venue.world().fill(user(1), &name, half, now);
    until("the fill", async || platform.ledger.all_fills().len() == 1).await;
    assert_eq!(platform.ledger.all_fills()[0].order, Some(ended.id()));
    let late = engine.settled(user(1), ended.id(), Duration::ZERO).await.unwrap();
    assert_eq!((late.state, late.filled), (OrderState::Cancelled, half));
}

#[tokio::test(start_paused = true)]
async fn a_ledger_that_fails_for_a_while_loses_no_fill() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    let order = engine.submit(entry(user(1), "x")).await.unwrap().order;
    platform.ledger.fail_next(25);
    let order = engine.settled(user(1), order.id(), LONG * 5).await.unwrap();
    assert_eq!((order.state, venue.placements()), (OrderState::Filled, 1));
    assert_eq!(platform.position(user(1), "BTC-USD").await.unwrap().quantity, order.filled.get());
}

#[tokio::test(start_paused = true)]
async fn what_was_traded_elsewhere_while_the_stream_was_down_is_found() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    venue.disconnect(user(1));
    let btc = symbol("BTC-USD");
    let (quantity, now) = (Quantity::new(dec("0.02")).unwrap(), nija_core::Clock::now(&platform.clock));
    venue.world().arrive(user(1), None, &btc, Side::Buy, OrderKind::Market, quantity, TimeInForce::Ioc, now);
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(platform.position(user(1), "BTC-USD").await, None);
    venue.reconnect(user(1));
    until("the position", async || platform.position(user(1), "BTC-USD").await.is_some()).await;
    engine.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_new_account_brings_no_history_along() {
    let (platform, venue) = Platform::single();
    let btc = symbol("BTC-USD");
    let (quantity, now) = (Quantity::new(dec("0.02")).unwrap(), nija_core::Clock::now(&platform.clock));
    platform.vault.take_away(user(1), &venue.id);
    venue.world().arrive(user(1), None, &btc, Side::Buy, OrderKind::Market, quantity, TimeInForce::Ioc, now);
    // Longer ago than the venue's clock and ours may differ.
    tokio::time::sleep(Duration::from_secs(10)).await;
    platform.vault.grant(user(1), &venue.id, nija_core::Clock::now(&platform.clock));
    let engine = platform.start().await;
    let account = engine.account(user(1)).await.unwrap();
    assert!(account.positions.is_empty());
    assert!(platform.ledger.all_fills().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_fill_of_a_resting_order_that_no_stream_told_is_found_all_the_same() {
    let (platform, venue) = Platform::single();
    venue.world().filling = Filling::Nothing;
    let engine = platform.start().await;
    let order = engine.submit(resting(user(1), "x")).await.unwrap().order;
    let order = state(&engine, user(1), order.id(), OrderState::Working).await;
    // The stream stays up and says nothing.
    venue.world().streaming = false;
    let (id, whole) = (order.leg.clone().unwrap().venue_order_id.unwrap(), order.leg.unwrap().quantity);
    let now = nija_core::Clock::now(&platform.clock);
    venue.world().fill(user(1), &id, whole, now);
    let ended = engine.settled(user(1), order.intent.id, LONG).await.unwrap();
    assert_eq!((ended.state, ended.filled), (OrderState::Filled, whole));
}

#[tokio::test(start_paused = true)]
async fn a_position_in_a_currency_without_a_price_leaves_the_equity_known_and_is_not_in_it() {
    let (platform, venue) = Platform::single();
    venue.world().account(user(1)).balances.insert("TRY".into(), dec("100000"));
    let engine = platform.start().await;
    let before = engine.account(user(1)).await.unwrap().equity;
    // Nothing here is quoted in lira: it is bought by hand.
    venue.world().prices.insert(symbol("BTC-TRY"), dec("2400000"));
    let (quantity, now) = (Quantity::new(dec("0.01")).unwrap(), nija_core::Clock::now(&platform.clock));
    let (pair, kind) = (symbol("BTC-TRY"), OrderKind::Market);
    venue.world().arrive(user(1), None, &pair, Side::Buy, kind, quantity, TimeInForce::Ioc, now);
    until("the position", async || platform.position(user(1), "BTC-TRY").await.is_some()).await;
    assert_eq!(engine.account(user(1)).await.unwrap().equity, before);
    let samples = engine.equity_samples().await;
    assert_eq!((samples[0].equity, samples[0].unpriced), (Some(before), 1));
    let order = engine.submit(entry(user(1), "y")).await.unwrap().order;
    assert_eq!(order.reason, None);
    assert_eq!(engine.settled(user(1), order.id(), LONG).await.unwrap().state, OrderState::Filled);
}

#[tokio::test(start_paused = true)]
async fn what_was_traded_by_hand_in_a_gap_of_the_stream_is_found_though_newer_fills_are_told_first() {
    for restarts in [false, true] {
        let (platform, venue) = Platform::single();
        let mut engine = platform.start().await;
        let order = engine.submit(entry(user(1), "x")).await.unwrap().order;
        let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
        let by_hand = |quantity: &str| {
            let (quantity, at) =
                (Quantity::new(dec(quantity)).unwrap(), nija_core::Clock::now(&platform.clock));
            let (btc, kind) = (symbol("BTC-USD"), OrderKind::Market);
            venue.world().arrive(user(1), None, &btc, Side::Buy, kind, quantity, TimeInForce::Ioc, at);
        };
        tokio::time::sleep(LONG).await;
        venue.disconnect(user(1));
        if restarts {
            engine.stop().await;
        }
        tokio::time::sleep(LONG).await;
        by_hand("0.002");
        tokio::time::sleep(LONG * 3).await;
        if restarts {
            // The stream is there, and slow to come up.
            engine = platform.start().await;
        }
        venue.reconnect(user(1));
        by_hand("0.003");
        tokio::time::sleep(LONG).await;
        let held = platform.position(user(1), "BTC-USD").await.unwrap().quantity;
        assert_eq!(held - order.filled.get(), dec("0.005"), "restarts: {restarts}");
        drop(engine);
    }
}

#[tokio::test(start_paused = true)]
async fn an_execution_with_a_time_far_ahead_does_not_end_the_day_of_the_loss_limit() {
    let (mut platform, venue) = Platform::single();
    platform.config.limits.max_daily_loss = dec("0.01");
    let engine = platform.start().await;
    let large = OrderSize::Base(Quantity::new(dec("0.1")).unwrap());
    let order = engine.submit(TradeSignal { size: large, ..entry(user(1), "in") }).await.unwrap().order;
    engine.settled(user(1), order.id(), LONG).await.unwrap();
    let now = nija_core::Clock::now(&platform.clock);
    let (btc, kind, little) = (symbol("BTC-USD"), OrderKind::Market, Quantity::new(dec("0.0001")).unwrap());
    let ahead = now.plus(Duration::from_secs(400 * 24 * 60 * 60));
    venue.world().arrive(user(1), None, &btc, Side::Buy, kind, little, TimeInForce::Ioc, ahead);
    until("both to be on record", async || platform.ledger.all_fills().len() == 2).await;
    // 500 USD of 10,000 are lost.
    venue.world().prices.insert(symbol("BTC-USD"), dec("55000"));
    tokio::time::sleep(Duration::from_secs(30)).await;
    let out = engine.submit(exit(user(1), "out", "0.1")).await.unwrap().order;
    assert_eq!(engine.settled(user(1), out.id(), LONG).await.unwrap().state, OrderState::Filled);
    let refused = engine.submit(entry(user(1), "again")).await.unwrap().order;
    assert_eq!(refused.reason.unwrap().code, "daily_loss");
    engine.stop().await;
    let engine = platform.start().await;
    let refused = engine.submit(entry(user(1), "after-restart")).await.unwrap().order;
    assert_eq!(refused.reason.unwrap().code, "daily_loss");
}

/// The ledger commits at once and says so a second later.
struct LateAnswers;

impl Pace for LateAnswers {
    fn before(&self) -> (Duration, bool) {
        (Duration::ZERO, false)
    }

    fn after(&self) -> Duration {
        Duration::from_secs(1)
    }
}

#[tokio::test(start_paused = true)]
async fn a_fill_on_record_is_known_although_its_account_was_taken_away_or_replaced_in_that_moment() {
    for replaced in [false, true] {
        let (platform, venue) = Platform::single();
        venue.world().filling = Filling::Nothing;
        let engine = platform.start().await;
        let order = engine.submit(resting(user(1), "x")).await.unwrap().order;
        let order = state(&engine, user(1), order.id(), OrderState::Working).await;
        let name = order.leg.as_ref().unwrap().venue_order_id.clone().unwrap();
        platform.ledger.set_pace(Arc::new(LateAnswers));
        let (half, now) = (Quantity::new(dec("0.005")).unwrap(), nija_core::Clock::now(&platform.clock));
        venue.world().fill(user(1), &name, half, now);
        until("the commit", async || platform.ledger.all_fills().len() == 1).await;
        if replaced {
            engine.connect(user(1), &venue.id).await.unwrap();
        } else {
            engine.disconnect(user(1), &venue.id).await;
        }
        let known = engine.settled(user(1), order.id(), Duration::ZERO).await.unwrap();
        assert_eq!((known.state, known.filled), (OrderState::PartialFill, half), "replaced: {replaced}");
        let account = engine.account(user(1)).await.unwrap();
        assert_eq!(account.positions[0].position.quantity, half.get(), "replaced: {replaced}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_late_fill_finds_an_order_that_ended_hundreds_of_orders_ago() {
    let (platform, venue) = Platform::single();
    venue.fund(user(1), 1_000_000);
    venue.world().filling = Filling::Half;
    let engine = platform.start().await;
    let first = engine.submit(entry(user(1), "first")).await.unwrap().order.id();
    let first = engine.settled(user(1), first, LONG).await.unwrap();
    assert_eq!(first.state, OrderState::Cancelled, "half of it was there");
    venue.world().filling = Filling::Whole;
    // More of them than are kept in memory by name.
    for n in 0..300 {
        let order = engine.submit(entry(user(1), &format!("n{n}"))).await.unwrap().order;
        engine.settled(user(1), order.id(), LONG).await.unwrap();
    }
    let (known, before) = (platform.ledger.all_fills().len(), first.filled);
    let id = venue.orders(user(1))[0].id.clone();
    venue.world().fill(user(1), &id, before, venue.clock.now());
    until("the fill is on record", async || platform.ledger.all_fills().len() > known).await;
    assert_eq!(platform.ledger.all_fills().last().unwrap().order, Some(first.id()));
    let late = engine.settled(user(1), first.id(), Duration::ZERO).await.unwrap();
    assert_eq!((late.state, late.filled), (OrderState::Cancelled, before.plus(before)));
}
