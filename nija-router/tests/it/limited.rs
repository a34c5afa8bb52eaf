//! Venues that limit requests: whom it concerns waits, and nobody else; exits no longer than they have to; and a limit is no sign of health.

use nija_core::{BreakerState, LimitScope, LimitUsage, OrderState, TradeSignal, UserId, VenueError};
use nija_router::{Engine, EngineError};
use std::time::Duration;
use tokio::time::Instant;

use crate::support::{Answer, FakeVenue, Filling, LONG, Platform, entry, exit, resting, state, until, user};

const SECOND: Duration = Duration::from_secs(1);

/// Two users at one venue, each with a position.
async fn two() -> (Platform, std::sync::Arc<FakeVenue>, std::sync::Arc<Engine>) {
    let (platform, venue) = Platform::single();
    platform.join(user(2), 10_000);
    let engine = platform.start().await;
    for who in [user(1), user(2)] {
        filled(&engine, who, "in").await;
    }
    (platform, venue, engine)
}

/// An entry from its submission to its end; how long it took.
async fn filled(engine: &Engine, who: UserId, id: &str) -> Duration {
    let began = Instant::now();
    let order = engine.submit(entry(who, id)).await.unwrap().order;
    let order = engine.settled(who, order.id(), LONG).await.unwrap();
    assert_eq!(order.state, OrderState::Filled, "{:?}", order.reason);
    began.elapsed()
}

async fn retry_after(engine: &Engine, who: UserId, id: &str) -> Duration {
    match engine.submit(entry(who, id)).await {
        Err(EngineError::Busy { retry_after }) => retry_after,
        other => panic!("{other:?}"),
    }
}

fn used(venue: &FakeVenue, who: UserId, used: u64, orders: bool) {
    let usage = LimitUsage { scope: LimitScope::Key, name: "calls".into(), used, limit: Some(100), orders };
    venue.world().used.insert(who, usage);
}

#[tokio::test(start_paused = true)]
async fn what_one_user_used_up_slows_that_user_alone() {
    let (_platform, venue, engine) = two().await;
    used(&venue, user(1), 95, true);
    // The venue's figure comes with the answer.
    filled(&engine, user(1), "told").await;
    let mut slow = Vec::new();
    for n in 0..3 {
        assert!(filled(&engine, user(2), &format!("b{n}")).await < SECOND / 5);
        slow.push(filled(&engine, user(1), &format!("a{n}")).await);
        assert!(filled(&engine, user(2), &format!("c{n}")).await < SECOND / 5);
    }
    assert!(slow.iter().all(|took| *took > SECOND / 2), "{slow:?}");
    // Whose call ends does not matter: what it brings is the caller's own.
    used(&venue, user(1), 5, true);
    filled(&engine, user(1), "told-again").await;
    assert!(filled(&engine, user(1), "free").await < SECOND / 5);
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_no_order_counts_against_slows_no_order() {
    let (_platform, venue, engine) = two().await;
    used(&venue, user(1), 100, false);
    for n in 0..3 {
        assert!(filled(&engine, user(1), &n.to_string()).await < SECOND / 5);
    }
}

#[tokio::test(start_paused = true)]
async fn a_users_own_limit_refuses_that_users_entries_with_the_time_and_lets_exits_and_others_go() {
    let (_platform, venue, engine) = two().await;
    venue.script([Answer::RateLimitedFor(25 * SECOND)]);
    let first = engine.submit(entry(user(1), "first")).await.unwrap().order;
    until("it to be refused", async || venue.placements() == 3).await;
    tokio::time::sleep(SECOND).await;
    let wait = retry_after(&engine, user(1), "second").await;
    assert!(wait > 23 * SECOND && wait < 25 * SECOND, "{wait:?}");
    assert!(filled(&engine, user(2), "other").await < SECOND / 5);
    let began = Instant::now();
    let out = engine.submit(exit(user(1), "out", "1")).await.unwrap().order;
    assert_eq!(engine.settled(user(1), out.id(), LONG).await.unwrap().state, OrderState::Filled);
    assert!(began.elapsed() <= SECOND + SECOND / 10, "{:?}", began.elapsed());
    // What was refused goes once its user may send again.
    assert_eq!(engine.settled(user(1), first.id(), LONG).await.unwrap().state, OrderState::Filled);
    assert!(began.elapsed() >= 24 * SECOND - SECOND / 5);
    assert!(filled(&engine, user(1), "second").await < SECOND / 5);
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_the_address_concerns_all_and_sends_them_elsewhere() {
    let (platform, a, b) = Platform::pair();
    platform.join(user(2), 10_000);
    let engine = platform.start().await;
    a.script([Answer::AddressLimitedFor(40 * SECOND)]);
    for (who, id) in [(user(1), "x"), (user(2), "y")] {
        let order = engine.submit(entry(who, id)).await.unwrap().order;
        let order = engine.settled(who, order.id(), LONG).await.unwrap();
        assert_eq!((order.state, order.leg.unwrap().venue), (OrderState::Filled, b.id.clone()));
    }
    assert_eq!((a.placements(), b.placements()), (1, 2));
    let health = engine.venues().into_iter().find(|venue| venue.venue == a.id).unwrap();
    assert!(health.detail.is_some_and(|detail| detail.contains("limiting requests")));
    tokio::time::sleep(40 * SECOND).await;
    let there = TradeSignal { venue: Some(a.id.clone()), ..entry(user(2), "z") };
    let order = engine.submit(there).await.unwrap().order;
    assert_eq!(engine.settled(user(2), order.id(), LONG).await.unwrap().state, OrderState::Filled);
}

#[tokio::test(start_paused = true)]
async fn nothing_at_all_is_sent_during_a_ban_and_everything_goes_after_it() {
    let (_platform, venue, engine) = two().await;
    venue.world().filling = Filling::Nothing;
    let rests = engine.submit(resting(user(2), "rests")).await.unwrap().order;
    state(&engine, user(2), rests.id(), OrderState::Working).await;
    venue.world().filling = Filling::Whole;
    venue.script([Answer::Banned(120 * SECOND)]);
    let out = engine.submit(exit(user(1), "out", "1")).await.unwrap().order;
    until("it to be refused", async || venue.placements() == 4).await;
    tokio::time::sleep(SECOND).await;
    let (banned, sent) =
        (Instant::now(), |world: &crate::support::World| (world.placed.len(), world.cancels, world.reads));
    let before = sent(&venue.world());
    assert!(retry_after(&engine, user(2), "in2").await > 118 * SECOND);
    let other = engine.submit(exit(user(2), "out2", "1")).await.unwrap().order;
    let cancel = engine.cancel(user(2), rests.id()).await;
    let told = matches!(&cancel, Err(EngineError::Venue(VenueError::RateLimited { retry_after: Some(wait), .. })) if *wait > 110 * SECOND);
    assert!(told, "{cancel:?}");
    tokio::time::sleep(115 * SECOND).await;
    assert_eq!(sent(&venue.world()), before, "each would have prolonged it");
    for (who, order, wanted) in [
        (user(1), out.id(), OrderState::Filled),
        (user(2), other.id(), OrderState::Filled),
        // The wish to cancel stood.
        (user(2), rests.id(), OrderState::Cancelled),
    ] {
        assert_eq!(engine.settled(who, order, LONG).await.unwrap().state, wanted);
    }
    assert!(banned.elapsed() < 135 * SECOND, "{:?}", banned.elapsed());
}

#[tokio::test(start_paused = true)]
async fn an_absurd_ban_holds_an_exit_for_minutes_at_most_and_an_answer_ends_it_for_all() {
    let (_platform, venue, engine) = two().await;
    venue.script([Answer::Banned(Duration::from_secs(10 * 365 * 24 * 60 * 60))]);
    let began = Instant::now();
    let out = engine.submit(exit(user(1), "out", "1")).await.unwrap().order;
    let out = engine.settled(user(1), out.id(), LONG * 5).await.unwrap();
    assert_eq!((out.state, venue.placements()), (OrderState::Filled, 4), "{:?}", out.reason);
    assert!(began.elapsed() < 320 * SECOND, "{:?}", began.elapsed());
    // The stream tells of the fill a moment before the answer is there.
    tokio::time::sleep(SECOND).await;
    assert!(filled(&engine, user(2), "again").await < SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_limit_neither_closes_a_breaker_nor_looks_like_a_quick_success() {
    let (mut platform, venue) = Platform::single();
    platform.config.max_failovers = 0;
    platform.join(user(2), 10_000);
    let engine = platform.start().await;
    let trouble = [Answer::Unavailable; 4].into_iter().chain([Answer::RateLimited, Answer::Unavailable]);
    venue.script(trouble);
    for n in 0..6 {
        let whose = user(1 + n % 2);
        let order = engine.submit(entry(whose, &format!("bad{n}"))).await.unwrap().order;
        state(&engine, whose, order.id(), OrderState::Failed).await;
        tokio::time::sleep(2 * SECOND).await;
    }
    let health = engine.venues()[0].health;
    assert_eq!((health.breaker, health.success_rate), (BreakerState::Open, rust_decimal::Decimal::ZERO));
    assert_eq!(health.latency, None, "nothing was answered as it should be");
}

/// All at one venue that is away for a moment: their next tries are spread.
#[tokio::test(start_paused = true)]
async fn exits_that_one_outage_hit_do_not_come_back_all_at_once() {
    let (platform, venue) = Platform::single();
    let users: Vec<_> = (1..=20).map(user).collect();
    for who in &users {
        platform.join(*who, 10_000);
    }
    let engine = platform.start().await;
    for who in &users {
        filled(&engine, *who, "in").await;
    }
    venue.script(vec![Answer::Unavailable; users.len()]);
    let mut outs = Vec::new();
    for who in &users {
        outs.push((*who, engine.submit(exit(*who, "out", "1")).await.unwrap().order.id()));
    }
    for (who, order) in outs {
        assert_eq!(engine.settled(who, order, LONG).await.unwrap().state, OrderState::Filled);
    }
    let again = venue.world().placed_at.split_off(2 * users.len());
    let (first, last) = (again.iter().min().unwrap(), again.iter().max().unwrap());
    assert_eq!(again.len(), users.len());
    assert!(last.duration_since(*first) > Duration::from_millis(60), "{:?}", last.duration_since(*first));
}
