//! A ban outlives the process that was told of it: what the next one sends at once would prolong it.

use nija_core::{Clock, Ledger, OrderId, OrderState, UserId, VenueBan, VenueError};
use nija_router::Engine;
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

use crate::support::{Answer, FakeVenue, LONG, Platform, entry, exit, state, until, user};

const SECOND: Duration = Duration::from_secs(1);
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

async fn kept(platform: &Platform) -> Vec<VenueBan> {
    platform.ledger.bans().await.unwrap()
}

/// Requests of any kind that arrived.
fn arrived(venue: &FakeVenue) -> (usize, usize, usize, usize) {
    let world = venue.world();
    (world.turned_away, world.placed.len(), world.cancels, world.reads)
}

async fn filled(engine: &Engine, who: UserId, order: OrderId) {
    let order = engine.settled(who, order, LONG).await.unwrap();
    assert_eq!(order.state, OrderState::Filled, "{:?}", order.reason);
}

/// A position, and an exit of it that met a ban.
async fn banned(time: Duration, told: bool) -> (Platform, Arc<FakeVenue>, Arc<Engine>, OrderId) {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    let bought = engine.submit(entry(user(1), "in")).await.unwrap().order;
    filled(&engine, user(1), bought.id()).await;
    tokio::time::sleep(SECOND).await;
    assert_eq!(kept(&platform).await, []);
    venue.ban(time, told);
    let out = engine.submit(exit(user(1), "out", "1")).await.unwrap().order;
    until("the ban to be met", async || venue.world().turned_away > 0).await;
    (platform, venue, engine, out.id())
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_starts_during_a_ban_sends_nothing_until_it_ends() {
    let (platform, venue, engine, out) = banned(120 * SECOND, true).await;
    let began = Instant::now();
    until("it to be kept", async || !kept(&platform).await.is_empty()).await;
    engine.stop().await;
    let ban = kept(&platform).await.remove(0);
    assert_eq!((&ban.venue, ban.until.map(|until| until.since(ban.at).as_secs())), (&venue.id, Some(119)));
    assert!(ban.reason.contains("turned this address away"), "{}", ban.reason);
    let before = arrived(&venue);
    // More than one restart, as where something keeps failing.
    let mut engine = engine;
    for pause in [0, 7, 30] {
        tokio::time::sleep(pause * SECOND).await;
        engine = platform.start_unheard().await;
        let detail = engine.venues()[0].detail.clone();
        assert!(detail.is_some_and(|detail| detail.contains("limiting") || detail.contains("turned")));
        let lanes: Vec<_> = venue.world().lanes.iter().map(|(who, lane)| (*who, lane.clone())).collect();
        assert!(lanes.iter().all(|(who, lane)| lane.held(*who).is_some()), "streams wait with it");
        tokio::time::sleep(SECOND).await;
        if pause < 30 {
            engine.stop().await;
        }
    }
    tokio::time::sleep((119 * SECOND).saturating_sub(began.elapsed())).await;
    assert_eq!(arrived(&venue), before, "each would have prolonged it");
    assert_eq!(kept(&platform).await, [ban]);
    filled(&engine, user(1), out).await;
    assert!(began.elapsed() < 160 * SECOND, "{:?}", began.elapsed());
    assert_eq!((kept(&platform).await, venue.world().turned_away), (vec![], before.0));
}

#[tokio::test(start_paused = true)]
async fn a_ban_that_ended_meanwhile_holds_nothing_up_and_is_lifted() {
    let (platform, venue, engine, out) = banned(60 * SECOND, true).await;
    engine.stop().await;
    assert_eq!(kept(&platform).await.len(), 1, "a clean end waits for the ledger");
    tokio::time::sleep(61 * SECOND).await;
    let began = Instant::now();
    let engine = platform.start().await;
    assert!(began.elapsed() < SECOND, "{:?}", began.elapsed());
    filled(&engine, user(1), out).await;
    assert_eq!((kept(&platform).await, venue.world().turned_away), (vec![], 1));
}

#[tokio::test(start_paused = true)]
async fn of_a_ban_without_an_end_one_request_finds_out_whether_it_still_stands() {
    let (platform, venue, engine, out) = banned(YEAR, false).await;
    engine.stop().await;
    assert_eq!(kept(&platform).await[0].until, None);
    tokio::time::sleep(3600 * SECOND).await;
    let before = arrived(&venue);
    let engine = platform.start_unheard().await;
    tokio::time::sleep(4 * SECOND).await;
    assert_eq!(
        arrived(&venue),
        before,
        "not in the first moment: a process that keeps dying would keep asking"
    );
    // Now the venue says for how long.
    venue.ban(200 * SECOND, true);
    let began = Instant::now();
    until("one to ask", async || venue.world().turned_away > before.0).await;
    assert!(began.elapsed() < 35 * SECOND, "{:?}", began.elapsed());
    tokio::time::sleep((199 * SECOND).saturating_sub(began.elapsed())).await;
    assert_eq!(venue.world().turned_away, before.0 + 1, "one, and no other after what it was told");
    assert!(kept(&platform).await[0].until.is_some(), "the newer word is kept");
    filled(&engine, user(1), out).await;
    assert_eq!(kept(&platform).await, []);
}

#[tokio::test(start_paused = true)]
async fn an_absurd_ban_holds_an_exit_over_a_restart_no_longer_than_without_one() {
    let (platform, venue, engine, out) = banned(10 * YEAR, true).await;
    let began = Instant::now();
    engine.stop().await;
    tokio::time::sleep(100 * SECOND).await;
    let engine = platform.start_unheard().await;
    let before = arrived(&venue);
    tokio::time::sleep((298 * SECOND).saturating_sub(began.elapsed())).await;
    assert_eq!(arrived(&venue), before);
    // It was more likely wrong than meant.
    venue.world().banned = None;
    filled(&engine, user(1), out).await;
    assert!(began.elapsed() < 340 * SECOND, "{:?}", began.elapsed());
    tokio::time::sleep(SECOND).await;
    assert_eq!(kept(&platform).await, [], "the venue answered");
}

#[tokio::test(start_paused = true)]
async fn a_ledger_that_fails_keeps_it_later_and_a_ban_that_ends_is_lifted_without_a_restart() {
    let (platform, _venue, engine, out) = {
        let (platform, venue) = Platform::single();
        let engine = platform.start().await;
        let bought = engine.submit(entry(user(1), "in")).await.unwrap().order;
        filled(&engine, user(1), bought.id()).await;
        venue.ban(120 * SECOND, true);
        let out = engine.submit(exit(user(1), "out", "1")).await.unwrap().order;
        // The order is on record by then; what follows is the ban's.
        until("it to leave", async || venue.placements() == 2).await;
        platform.ledger.fail_next(4);
        (platform, venue, engine, out.id())
    };
    let told_at = platform.clock.now();
    let began = Instant::now();
    until("it to be kept", async || !kept(&platform).await.is_empty()).await;
    assert!(began.elapsed() > SECOND / 2 && began.elapsed() < 10 * SECOND, "{:?}", began.elapsed());
    // From the venue's word on, and not from when it could be kept: a restart would hold exits that much longer.
    let ban = kept(&platform).await.remove(0);
    assert!(
        ban.at.since(told_at) < SECOND / 10 && ban.until.unwrap().since(ban.at) >= 119 * SECOND,
        "{ban:?} {told_at}"
    );
    tokio::time::sleep((119 * SECOND).saturating_sub(began.elapsed())).await;
    assert_eq!(kept(&platform).await.len(), 1);
    tokio::time::sleep(2 * SECOND).await;
    assert_eq!(kept(&platform).await, []);
    filled(&engine, user(1), out).await;
}

/// What the platform asks beside the engine, as which rights a key has by now, is due at a start of all times.
#[tokio::test(start_paused = true)]
async fn what_the_host_asks_of_a_venue_waits_for_the_end_of_a_ban_as_well() {
    let (platform, venue, engine, _) = banned(120 * SECOND, true).await;
    engine.stop().await;
    let engine = platform.start_unheard().await;
    let mut called = false;
    let call = async {
        called = true;
        Ok::<_, VenueError>(())
    };
    let told = engine.ask(&venue.id, user(1), call).await;
    assert!(
        matches!(told, Err(VenueError::RateLimited { retry_after: Some(wait), .. }) if wait > 100 * SECOND)
    );
    assert!(!called);
    tokio::time::sleep(121 * SECOND).await;
    assert_eq!(engine.ask(&venue.id, user(1), async { Ok::<_, VenueError>(7) }).await, Ok(7));
}

#[tokio::test(start_paused = true)]
async fn a_limit_is_no_ban() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    venue.script([crate::support::Answer::AddressLimitedFor(60 * SECOND)]);
    engine.submit(entry(user(1), "in")).await.unwrap();
    until("it to be refused", async || venue.placements() == 1).await;
    tokio::time::sleep(SECOND).await;
    engine.stop().await;
    assert_eq!(kept(&platform).await, []);
}

/// Each of its requests would prolong the ban, and only the first one left before it.
#[tokio::test(start_paused = true)]
async fn a_question_of_several_requests_ends_when_a_ban_is_heard() {
    let (platform, venue) = Platform::single();
    platform.join(user(2), 10_000);
    let engine = platform.start().await;
    venue.world().find_again = Some(10 * SECOND);
    venue.script([Answer::LostBefore]);
    let lost = engine.submit(entry(user(1), "lost")).await.unwrap().order;
    state(&engine, user(1), lost.id(), OrderState::Unknown).await;
    // The look-up of it is under way.
    tokio::time::sleep(3 * SECOND).await;
    venue.ban(60 * SECOND, true);
    engine.submit(entry(user(2), "in")).await.unwrap();
    until("the ban to be kept", async || !kept(&platform).await.is_empty()).await;
    let before = arrived(&venue);
    assert_eq!(before.0, 1);
    tokio::time::sleep(50 * SECOND).await;
    assert_eq!(arrived(&venue), before);
    let lost = engine.settled(user(1), lost.id(), LONG).await.unwrap();
    assert!(lost.state.is_final(), "{lost:?}");
}

#[tokio::test(start_paused = true)]
async fn an_order_whose_key_is_being_opened_when_a_ban_is_heard_does_not_leave() {
    let (platform, venue) = Platform::single();
    platform.join(user(2), 10_000);
    let engine = platform.start().await;
    platform.vault.open_slowly(user(1), SECOND);
    let slow = engine.submit(entry(user(1), "slow")).await.unwrap().order;
    tokio::time::sleep(SECOND / 2).await;
    venue.ban(60 * SECOND, true);
    engine.submit(entry(user(2), "in")).await.unwrap();
    until("the ban to be kept", async || !kept(&platform).await.is_empty()).await;
    let before = arrived(&venue);
    tokio::time::sleep(50 * SECOND).await;
    assert_eq!(arrived(&venue), before);
    let slow = engine.settled(user(1), slow.id(), LONG).await.unwrap();
    assert!(slow.state.is_final() && venue.orders(user(1)).is_empty(), "{slow:?}");
}
