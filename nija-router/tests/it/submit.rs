//! From a signal to a position, and the idempotent entry.

use nija_core::{
    JournalEvent, NO_EXECUTION_VENUE_AVAILABLE, OrderKind, OrderSize, OrderState, Price, Quantity,
    TimeInForce, TradeSignal, UserEventKind, VenueId,
};
use nija_router::EngineError;
use parking_lot::Mutex;
use rust_decimal::Decimal;
use std::sync::Arc;

use crate::support::{Answer, Filling, LONG, Platform, dec, entry, exit, resting, state, until, user};

#[tokio::test(start_paused = true)]
async fn an_entry_becomes_a_position_and_an_exit_ends_it() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    let submitted = engine.submit(entry(user(1), "in")).await.unwrap();
    assert_eq!((submitted.order.state, submitted.replayed), (OrderState::Queued, false));
    let order = engine.settled(user(1), submitted.order.id(), LONG).await.unwrap();
    assert_eq!(order.state, OrderState::Filled);
    let position = platform.position(user(1), "BTC-USD").await.unwrap();
    assert_eq!(position.quantity, order.filled.get());
    assert!(order.filled_notional + order.fees <= dec("100"));

    let closed = engine.close_position(user(1), &position.id, "out".parse().unwrap()).await.unwrap();
    let closed = engine.settled(user(1), closed.order.id(), LONG).await.unwrap();
    assert_eq!((closed.state, closed.leg.unwrap().kind), (OrderState::Filled, OrderKind::Market));
    assert_eq!(platform.position(user(1), "BTC-USD").await, None);
    assert_eq!(venue.placements(), 2);
    assert!(platform.ledger.replay_agrees());
}

#[tokio::test(start_paused = true)]
async fn the_journal_holds_intent_and_route_before_anything_is_sent() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    let (seen, ledger) = (Arc::new(Mutex::new(Vec::new())), platform.ledger.clone());
    let sink = seen.clone();
    venue.world().witness = Some(Box::new(move || sink.lock().extend(ledger.records())));
    let order = engine.submit(entry(user(1), "x")).await.unwrap().order;
    engine.settled(user(1), order.id(), LONG).await.unwrap();
    let seen = seen.lock().clone();
    assert_eq!(seen.len(), 2);
    assert!(matches!(seen[0].event, JournalEvent::IntentAccepted { .. }));
    let JournalEvent::Routed { leg, decision, .. } = &seen[1].event else {
        panic!("{:?}", seen[1]);
    };
    assert_eq!(venue.world().placed, [leg.client_id]);
    assert!(decision.reason.starts_with("a is the only venue that can take it (score "));
}

#[tokio::test(start_paused = true)]
async fn the_same_signal_again_gives_the_first_answer() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    let first = engine.submit(entry(user(1), "x")).await.unwrap();
    let while_live = engine.submit(entry(user(1), "x")).await.unwrap();
    assert_eq!((while_live.order.id(), while_live.replayed), (first.order.id(), true));
    engine.settled(user(1), first.order.id(), LONG).await.unwrap();
    let afterwards = engine.submit(entry(user(1), "x")).await.unwrap();
    assert_eq!((afterwards.order.state, afterwards.replayed), (OrderState::Filled, true));
    assert_eq!(venue.placements(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_hundred_at_once_are_one_order() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    let all = (0..100).map(|_| engine.submit(entry(user(1), "x")));
    let answers = futures::future::join_all(all).await;
    let ids: std::collections::HashSet<_> =
        answers.iter().map(|answer| answer.as_ref().unwrap().order.id()).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(answers.iter().filter(|answer| !answer.as_ref().unwrap().replayed).count(), 1);
    until("the order", async || venue.placements() == 1).await;
}

#[tokio::test(start_paused = true)]
async fn the_same_id_with_other_content_is_refused_also_after_a_refusal_and_a_restart() {
    let (platform, _) = Platform::single();
    let engine = platform.start().await;
    let other = |id: &str| TradeSignal {
        size: OrderSize::Base(Quantity::new(dec("0.001")).unwrap()),
        ..entry(user(1), id)
    };
    let sold = engine.submit(exit(user(1), "refused", "1")).await.unwrap();
    assert_eq!(sold.order.state, OrderState::Rejected);
    let filled = engine.submit(entry(user(1), "filled")).await.unwrap();
    engine.settled(user(1), filled.order.id(), LONG).await.unwrap();
    engine.stop().await;
    let engine = platform.start().await;
    for (id, order) in [("refused", sold.order.id()), ("filled", filled.order.id())] {
        let refused = engine.submit(other(id)).await;
        assert_eq!(refused, Err(EngineError::ClientOrderIdReused { order }));
    }
    let again = engine.submit(exit(user(1), "refused", "1")).await.unwrap();
    assert_eq!((again.replayed, again.order.state), (true, OrderState::Rejected));
}

#[tokio::test(start_paused = true)]
async fn two_users_may_use_the_same_id() {
    let (platform, venue) = Platform::single();
    platform.join(user(2), 500);
    let engine = platform.start().await;
    let one = engine.submit(entry(user(1), "x")).await.unwrap();
    let two = engine.submit(entry(user(2), "x")).await.unwrap();
    assert_ne!(one.order.id(), two.order.id());
    for (whose, order) in [(1, one), (2, two)] {
        let order = engine.settled(user(whose), order.order.id(), LONG).await.unwrap();
        assert_eq!(order.state, OrderState::Filled);
        assert_eq!(venue.orders(user(whose)).len(), 1);
    }
    // Neither sees the other's.
    let hidden = engine.cancel(user(2), platform.ledger.all_orders()[0].id()).await;
    let mine = platform.ledger.all_orders()[0].intent.signal.user == user(2);
    assert_eq!(hidden.is_ok(), mine);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_by_risk_is_on_record_with_its_words() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    let order = engine.submit(exit(user(1), "x", "1")).await.unwrap().order;
    assert_eq!((order.state, order.reason.unwrap().code.as_str()), (OrderState::Rejected, "no_position"));
    assert_eq!((platform.ledger.all_orders().len(), venue.placements()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn without_a_venue_every_reason_is_on_record() {
    let (mut platform, ..) = Platform::pair();
    platform.config.limits.max_equity_share = Decimal::ONE_HUNDRED;
    let engine = platform.start().await;
    let big = TradeSignal {
        size: OrderSize::Base(Quantity::new(dec("10")).unwrap()),
        venue: Some(VenueId::new("a").unwrap()),
        ..entry(user(1), "x")
    };
    let order = engine.submit(big).await.unwrap().order;
    let reason = order.reason.unwrap();
    assert_eq!((order.state, reason.code.as_str()), (OrderState::Failed, NO_EXECUTION_VENUE_AVAILABLE));
    assert_eq!(
        reason.text,
        "no venue can take it: a: not enough money there; b: another venue was asked for"
    );
    let records = platform.ledger.records();
    assert!(matches!(records[1].event, JournalEvent::NotRouted { .. }));
}

#[tokio::test(start_paused = true)]
async fn what_orders_on_their_way_hold_cannot_be_spent_twice() {
    let (platform, venue) = Platform::single();
    venue.fund(user(1), 1000);
    venue.world().filling = Filling::Nothing;
    let engine = platform.start().await;
    // Each holds 594 USD and a fee.
    let first = engine.submit(resting(user(1), "one")).await.unwrap().order;
    let second = engine.submit(resting(user(1), "two")).await.unwrap().order;
    assert_eq!((first.state, second.state), (OrderState::Queued, OrderState::Failed));
    state(&engine, user(1), first.id(), OrderState::Working).await;
    engine.cancel(user(1), first.id()).await.unwrap();
    let third = engine.submit(resting(user(1), "three")).await.unwrap().order;
    assert_eq!(third.state, OrderState::Queued);
}

#[tokio::test(start_paused = true)]
async fn what_fills_at_once_in_part_ends_with_the_rest_cancelled() {
    let (platform, venue) = Platform::single();
    venue.world().filling = Filling::Half;
    let engine = platform.start().await;
    let order = engine.submit(entry(user(1), "x")).await.unwrap().order;
    let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
    let reason = order.reason.unwrap();
    assert_eq!((order.state, reason.code.as_str()), (OrderState::Cancelled, "ioc_remainder"));
    assert_eq!(platform.position(user(1), "BTC-USD").await.unwrap().quantity, order.filled.get());
    assert!(!order.filled.is_zero());
}

#[tokio::test(start_paused = true)]
async fn an_answer_without_a_report_is_enough() {
    let (platform, venue) = Platform::single();
    venue.script([Answer::TakenBriefly]);
    let engine = platform.start().await;
    let order = engine.submit(entry(user(1), "x")).await.unwrap().order;
    assert_eq!(engine.settled(user(1), order.id(), LONG).await.unwrap().state, OrderState::Filled);
}

#[tokio::test(start_paused = true)]
async fn a_preview_records_nothing() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    let preview = engine.preview(entry(user(1), "x")).await.unwrap();
    assert_eq!(preview.verdict, Ok(()));
    assert_eq!(preview.decision.unwrap().venue.unwrap().as_str(), "a");
    let refused = engine.preview(exit(user(1), "y", "1")).await.unwrap();
    assert_eq!(refused.verdict.unwrap_err().code, "no_position");
    assert_eq!((platform.ledger.records().len(), venue.placements()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn nonsense_is_refused_before_it_is_taken_up() {
    let (platform, _) = Platform::single();
    let engine = platform.start().await;
    let empty = TradeSignal { size: OrderSize::Base(Quantity::ZERO), ..entry(user(1), "x") };
    let nowhere = TradeSignal { venue: Some(VenueId::new("mars").unwrap()), ..entry(user(1), "x") };
    let wordy = TradeSignal { strategy: Some("x".repeat(100_000)), ..entry(user(1), "x") };
    for signal in [empty, nowhere, wordy] {
        assert!(matches!(engine.submit(signal).await, Err(EngineError::Invalid(_))));
    }
    assert!(platform.ledger.records().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_market_order_never_rests_whatever_it_says() {
    let (platform, venue) = Platform::single();
    venue.world().filling = Filling::Nothing;
    let engine = platform.start().await;
    let signal = TradeSignal { time_in_force: TimeInForce::Gtc, ..entry(user(1), "x") };
    let order = engine.submit(signal.clone()).await.unwrap().order;
    let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
    assert_eq!(order.state, OrderState::Cancelled);
    let limit = Price::new(dec("60306.03")).unwrap();
    assert_eq!(order.leg.unwrap().kind, OrderKind::Limit { price: limit });
    assert!(engine.submit(signal).await.unwrap().replayed);
}

#[tokio::test(start_paused = true)]
async fn a_failing_ledger_sends_nothing() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    platform.ledger.fail_next(1);
    assert!(matches!(engine.submit(entry(user(1), "x")).await, Err(EngineError::Ledger(_))));
    assert_eq!(venue.placements(), 0);
    let again = engine.submit(entry(user(1), "x")).await.unwrap();
    assert_eq!((again.replayed, again.order.state), (false, OrderState::Queued));
}

#[tokio::test(start_paused = true)]
async fn every_record_and_position_reaches_the_users_screens() {
    let (platform, _) = Platform::single();
    let engine = platform.start().await;
    let order = engine.submit(entry(user(1), "x")).await.unwrap().order;
    engine.settled(user(1), order.id(), LONG).await.unwrap();
    let told = platform.bus.of(user(1));
    let journal = told.iter().filter(|kind| matches!(kind, UserEventKind::Journal(_))).count();
    let positions = told.iter().filter(|kind| matches!(kind, UserEventKind::Position(_))).count();
    assert_eq!((journal, positions), (platform.ledger.records().len(), 1));
    assert!(platform.bus.of(user(2)).is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_account_adds_up() {
    let (platform, _) = Platform::single();
    let engine = platform.start().await;
    let order = engine.submit(entry(user(1), "x")).await.unwrap().order;
    let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
    let account = engine.account(user(1)).await.unwrap();
    let cash = dec("10000") - order.filled_notional - order.fees;
    assert_eq!(account.cash, cash);
    // Marked at the bid, 1 basis point below the price of the fill.
    let marked = &account.positions[0];
    assert_eq!(marked.price.unwrap().get(), dec("59994"));
    assert_eq!(account.equity, cash + order.filled.get() * dec("59994"));
    assert_eq!(account.pnl_today, account.equity - dec("10000"));
    assert_eq!(account.pnl_total, account.pnl_today);
}

#[tokio::test(start_paused = true)]
async fn a_venue_that_does_not_count_holds_does_not_free_what_resting_orders_bind() {
    let (platform, venue) = Platform::single();
    venue.fund(user(1), 1000);
    venue.world().filling = Filling::Nothing;
    let engine = platform.start().await;
    let first = engine.submit(resting(user(1), "one")).await.unwrap().order;
    state(&engine, user(1), first.id(), OrderState::Working).await;
    // The balances are read anew and call all of it available.
    venue.reconnect(user(1));
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    let second = engine.submit(resting(user(1), "two")).await.unwrap().order;
    assert!(second.reason.unwrap().text.contains("not enough money there"));
}
