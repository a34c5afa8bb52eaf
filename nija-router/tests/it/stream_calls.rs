//! What streams ask over HTTP by themselves leaves by their venue's lane: it is held and counted as all else is, and what it meets holds all else.

use nija_core::{LimitScope, OrderState, StreamLane, UserId, VenueError};
use nija_router::{Engine, EngineError};
use std::{num::NonZeroU32, sync::Arc, time::Duration};
use tokio::time::Instant;

use crate::support::{Answer, FakeVenue, LONG, Platform, entry, exit, until, user};

const SECOND: Duration = Duration::from_secs(1);

/// A user at one venue, whose stream is there.
async fn streaming(platform: &Platform, venue: &Arc<FakeVenue>) -> Arc<Engine> {
    let engine = platform.start().await;
    until("the streams to be there", async || venue.world().lanes.len() == 2).await;
    engine
}

fn lane(venue: &FakeVenue, who: Option<UserId>) -> Arc<dyn StreamLane> {
    venue.world().lanes[&who].clone()
}

/// A stream asks, and is told this.
async fn asks(
    venue: &FakeVenue,
    who: Option<UserId>,
    answer: Result<(), VenueError>,
) -> Result<(), VenueError> {
    lane(venue, who).ask(who, async { answer }).await
}

fn limited(venue: &FakeVenue, scope: LimitScope, banned: bool, wait: Duration) -> Result<(), VenueError> {
    Err(VenueError::RateLimited { venue: venue.id.clone(), scope, banned, retry_after: Some(wait) })
}

/// For how long an entry is refused.
async fn refused(engine: &Engine, who: UserId, id: &str) -> Option<Duration> {
    match engine.submit(entry(who, id)).await {
        Err(EngineError::Busy { retry_after }) => Some(retry_after),
        Ok(_) => None,
        Err(other) => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_ban_that_a_streams_own_call_meets_holds_orders_and_streams_alike() {
    let (platform, venue) = Platform::single();
    let engine = streaming(&platform, &venue).await;
    let order = engine.submit(entry(user(1), "in")).await.unwrap().order;
    assert_eq!(engine.settled(user(1), order.id(), LONG).await.unwrap().state, OrderState::Filled);
    let banned = limited(&venue, LimitScope::Account, true, 120 * SECOND);
    // Bans are of the address, whatever else is said.
    let VenueError::RateLimited { venue: name, banned, retry_after, .. } = banned.unwrap_err() else {
        panic!()
    };
    let ban = VenueError::RateLimited { venue: name, scope: LimitScope::Ip, banned, retry_after };
    asks(&venue, None, Err(ban)).await.unwrap_err();
    let began = Instant::now();
    let wait = refused(&engine, user(1), "more").await;
    assert!(wait.is_some_and(|wait| wait > 118 * SECOND), "{wait:?}");
    for who in [None, Some(user(1))] {
        let held = lane(&venue, who).held(who);
        assert!(held.is_some_and(|held| held > 118 * SECOND), "{held:?}");
        let asked = asks(&venue, who, Ok(())).await;
        assert!(matches!(asked, Err(VenueError::RateLimited { .. })), "{asked:?}");
    }
    let out = engine.submit(exit(user(1), "out", "1")).await.unwrap().order;
    let out = engine.settled(user(1), out.id(), LONG * 5).await.unwrap();
    assert_eq!(out.state, OrderState::Filled);
    assert!(began.elapsed() >= 119 * SECOND, "each request would have prolonged it: {:?}", began.elapsed());
    assert_eq!(lane(&venue, None).held(None), None);
    asks(&venue, None, Ok(())).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_one_users_stream_holds_that_user_and_its_end_is_told_to_none_but_who_waits() {
    let (platform, venue) = Platform::single();
    platform.join(user(2), 10_000);
    let engine = platform.start().await;
    until("the streams to be there", async || venue.world().lanes.len() == 3).await;
    let own = limited(&venue, LimitScope::Key, false, 30 * SECOND);
    asks(&venue, Some(user(1)), own).await.unwrap_err();
    assert!(refused(&engine, user(1), "a").await.is_some_and(|wait| wait > 28 * SECOND));
    assert_eq!(refused(&engine, user(2), "b").await, None);
    asks(&venue, Some(user(2)), Ok(())).await.unwrap();
    asks(&venue, Some(user(1)), Ok(())).await.unwrap_err();
    // Too many connections, say: nobody's key, and nobody's order.
    let nobody = limited(&venue, LimitScope::Account, false, 30 * SECOND);
    asks(&venue, None, nobody).await.unwrap_err();
    assert_eq!(refused(&engine, user(2), "c").await, None);
    assert!(lane(&venue, None).held(None).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_ban_that_an_order_meets_holds_streams() {
    let (platform, venue) = Platform::single();
    let engine = streaming(&platform, &venue).await;
    venue.script([Answer::Banned(120 * SECOND)]);
    engine.submit(entry(user(1), "in")).await.unwrap();
    until("it to be refused", async || venue.placements() == 1).await;
    tokio::time::sleep(SECOND).await;
    for who in [None, Some(user(1))] {
        asks(&venue, who, Ok(())).await.unwrap_err();
        assert!(lane(&venue, who).held(who).is_some_and(|held| held > 117 * SECOND));
    }
}

#[tokio::test(start_paused = true)]
async fn what_streams_ask_counts_in_the_venues_budget() {
    let (mut platform, venue) = Platform::single();
    platform.config.lane.rate_per_second = NonZeroU32::new(10).unwrap();
    let _engine = streaming(&platform, &venue).await;
    tokio::time::sleep(2 * SECOND).await;
    let began = Instant::now();
    for _ in 0..24 {
        asks(&venue, Some(user(1)), Ok(())).await.unwrap();
    }
    // Eight of ten a second are for all but exits; the first eight were saved up.
    assert!(began.elapsed() > SECOND + SECOND / 2, "{:?}", began.elapsed());
}
