//! Another venue, only when the first one's order is provably dead.

use nija_core::{BreakerState, JournalEvent, OrderState, TradeSignal};
use std::time::Duration;

use crate::support::{Answer, LONG, Platform, entry, exit, state, until, user};

#[tokio::test(start_paused = true)]
async fn what_was_certainly_not_done_goes_to_the_next_venue() {
    for answer in [Answer::Unavailable, Answer::NotSent, Answer::RateLimited] {
        let (platform, a, b) = Platform::pair();
        a.script([answer]);
        let engine = platform.start().await;
        let order = engine.submit(entry(user(1), "x")).await.unwrap().order;
        assert_eq!(order.leg.unwrap().venue, a.id);
        let order = engine.settled(user(1), order.intent.id, LONG).await.unwrap();
        assert_eq!((order.state, order.leg.unwrap().venue), (OrderState::Filled, b.id.clone()), "{answer:?}");
        assert_eq!((a.placements(), b.placements()), (1, 1));
        let records = platform.ledger.records();
        let routes = records.iter().filter(|record| matches!(record.event, JournalEvent::Routed { .. }));
        assert_eq!(routes.count(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_never_fails_over_while_the_order_may_live() {
    let (platform, a, b) = Platform::pair();
    a.script([Answer::LostAfter]);
    let engine = platform.start().await;
    let order = engine.submit(entry(user(1), "x")).await.unwrap().order;
    let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
    assert_eq!((order.state, order.leg.unwrap().venue), (OrderState::Filled, a.id.clone()));
    assert_eq!(b.placements(), 0);
}

#[tokio::test(start_paused = true)]
async fn where_there_is_no_other_venue_the_same_one_is_tried_again() {
    let (platform, venue) = Platform::single();
    venue.script([Answer::RateLimited, Answer::NotSent]);
    let engine = platform.start().await;
    let order = engine.submit(entry(user(1), "x")).await.unwrap().order;
    let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
    assert_eq!((order.state, order.leg.unwrap().attempt), (OrderState::Filled, 2));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_the_order_itself_ends_it() {
    for (answer, code) in
        [(Answer::Rejected, "venue_rejected"), (Answer::InsufficientFunds, "insufficient_funds")]
    {
        let (platform, a, b) = Platform::pair();
        a.script([answer]);
        let engine = platform.start().await;
        let order = engine.submit(entry(user(1), "x")).await.unwrap().order;
        let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
        assert_eq!((order.state, order.reason.unwrap().code.as_str()), (OrderState::Rejected, code));
        assert_eq!(b.placements(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn an_entry_tries_three_venues_at_most_and_then_says_why_it_failed() {
    let (platform, a, b) = Platform::pair();
    a.script([Answer::Unavailable; 9]);
    b.script([Answer::Unavailable; 9]);
    let engine = platform.start().await;
    let order = engine.submit(entry(user(1), "x")).await.unwrap().order;
    let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
    assert_eq!((order.state, order.reason.unwrap().code.as_str()), (OrderState::Failed, "venue_unavailable"));
    assert_eq!(a.placements() + b.placements(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_failover_passes_risk_again() {
    let (platform, a, b) = Platform::pair();
    a.script([Answer::Unavailable]);
    let engine = platform.start().await;
    let order = engine.submit(entry(user(1), "x")).await.unwrap().order;
    engine.set_paused(user(1), true).await.unwrap();
    let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
    assert_eq!((order.state, order.reason.unwrap().code.as_str()), (OrderState::Rejected, "trading_paused"));
    assert_eq!(b.placements(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_exit_tries_its_own_venue_again_until_it_goes() {
    let (platform, a, b) = Platform::pair();
    let engine = platform.start().await;
    let order = engine.submit(entry(user(1), "in")).await.unwrap().order;
    engine.settled(user(1), order.id(), LONG).await.unwrap();
    a.script([Answer::Unavailable, Answer::RateLimited, Answer::NotSent]);
    let out = engine.submit(exit(user(1), "out", "1")).await.unwrap().order;
    let out = engine.settled(user(1), out.id(), LONG).await.unwrap();
    assert_eq!((out.state, out.leg.unwrap().attempt), (OrderState::Filled, 3));
    assert_eq!((platform.position(user(1), "BTC-USD").await, b.placements()), (None, 0));
}

#[tokio::test(start_paused = true)]
async fn an_open_breaker_refuses_entries_and_passes_exits_whose_success_closes_it() {
    let (mut platform, venue) = Platform::single();
    platform.config.max_failovers = 0;
    platform.join(user(2), 10_000);
    let engine = platform.start().await;
    let order = engine.submit(entry(user(1), "in")).await.unwrap().order;
    engine.settled(user(1), order.id(), LONG).await.unwrap();
    venue.script([Answer::Unavailable; 5]);
    for n in 0..5 {
        let whose = user(1 + n % 2);
        let order = engine.submit(entry(whose, &format!("bad{n}"))).await.unwrap().order;
        state(&engine, whose, order.id(), OrderState::Failed).await;
    }
    let refused = engine.submit(entry(user(1), "refused")).await.unwrap().order;
    assert!(refused.reason.unwrap().text.contains("paused after errors"));
    assert_eq!(engine.venues()[0].health.breaker, BreakerState::Open);
    let out = engine.submit(exit(user(1), "out", "1")).await.unwrap().order;
    assert_eq!(engine.settled(user(1), out.id(), LONG).await.unwrap().state, OrderState::Filled);
    // Its success shows that the venue is well again.
    until("the breaker to close", async || engine.venues()[0].health.breaker == BreakerState::Closed).await;
}

#[tokio::test(start_paused = true)]
async fn one_users_failures_close_the_venue_to_that_user_alone() {
    let (mut platform, venue) = Platform::single();
    platform.config.max_failovers = 0;
    platform.join(user(2), 10_000);
    let engine = platform.start().await;
    venue.script([Answer::Unavailable; 5]);
    for n in 0..5 {
        let order = engine.submit(entry(user(1), &format!("bad{n}"))).await.unwrap().order;
        state(&engine, user(1), order.id(), OrderState::Failed).await;
    }
    let refused = engine.submit(entry(user(1), "refused")).await.unwrap().order;
    assert!(refused.reason.unwrap().text.contains("paused after errors"));
    let other = engine.submit(entry(user(2), "in")).await.unwrap().order;
    assert_eq!(engine.settled(user(2), other.id(), LONG).await.unwrap().state, OrderState::Filled);
}

#[tokio::test(start_paused = true)]
async fn business_refusals_do_not_open_the_breaker() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    venue.script([Answer::Rejected; 20]);
    for n in 0..20 {
        let order = engine.submit(entry(user(1), &format!("o{n}"))).await.unwrap().order;
        state(&engine, user(1), order.id(), OrderState::Rejected).await;
    }
    assert_eq!(engine.venues()[0].health.breaker, BreakerState::Closed);
}

#[tokio::test(start_paused = true)]
async fn an_order_that_waited_past_its_window_is_not_sent() {
    let (mut platform, venue) = Platform::single();
    platform.config.lane.workers = 1;
    platform.config.max_failovers = 0;
    let engine = platform.start().await;
    venue.script([Answer::TakenSlowly(Duration::from_secs(8))]);
    let first = engine.submit(entry(user(1), "slow")).await.unwrap().order;
    until("the first to be sent", async || venue.placements() == 1).await;
    let second = engine.submit(entry(user(1), "late")).await.unwrap().order;
    let second = engine.settled(user(1), second.id(), LONG).await.unwrap();
    assert_eq!(second.reason.unwrap().code, "expired_before_send");
    assert_eq!((second.state, venue.placements()), (OrderState::Failed, 1));
    assert_eq!(engine.settled(user(1), first.id(), LONG).await.unwrap().state, OrderState::Filled);
}

#[tokio::test(start_paused = true)]
async fn a_user_without_a_key_at_the_best_venue_goes_to_another() {
    let (platform, a, b) = Platform::pair();
    let engine = platform.start().await;
    platform.vault.take_away(user(1), &a.id);
    let order = engine.submit(TradeSignal { ..entry(user(1), "x") }).await.unwrap().order;
    let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
    assert_eq!((order.state, order.leg.unwrap().venue), (OrderState::Filled, b.id.clone()));
    assert_eq!(a.placements(), 0);
}

#[tokio::test(start_paused = true)]
async fn an_exit_that_is_told_to_wait_for_long_is_tried_again_all_the_same() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    let order = engine.submit(entry(user(1), "in")).await.unwrap().order;
    engine.settled(user(1), order.id(), LONG).await.unwrap();
    venue.script([Answer::RateLimitedFor(Duration::from_secs(24 * 60 * 60))]);
    let out = engine.submit(exit(user(1), "out", "1")).await.unwrap().order;
    let out = engine.settled(user(1), out.id(), LONG).await.unwrap();
    assert_eq!((out.state, venue.placements()), (OrderState::Filled, 3));
}

#[tokio::test(start_paused = true)]
async fn an_exit_that_waits_for_another_try_can_be_cancelled_and_gives_up_what_it_holds() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    let order = engine.submit(entry(user(1), "in")).await.unwrap().order;
    engine.settled(user(1), order.id(), LONG).await.unwrap();
    venue.script([Answer::RateLimitedFor(Duration::from_secs(50))]);
    let out = engine.submit(exit(user(1), "out", "1")).await.unwrap().order;
    until("it to be refused", async || venue.placements() == 2).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let cancelled = engine.cancel(user(1), out.id()).await.unwrap();
    assert_eq!((cancelled.state, venue.world().cancels), (OrderState::Cancelled, 0));
    let again = engine.submit(exit(user(1), "again", "1")).await.unwrap().order;
    let again = engine.settled(user(1), again.id(), Duration::from_secs(1)).await.unwrap();
    assert_eq!(again.state, OrderState::Filled, "{:?}", again.reason);
    tokio::time::sleep(LONG).await;
    assert_eq!(venue.placements(), 3);
}
