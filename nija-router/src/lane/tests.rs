//! The lane as a whole: places, budgets, and what its venue imposes.

use super::*;
use futures::FutureExt;
use nija_core::{
    AmbiguityBound, BreakerState, LimitScope, ManualClock, OrderLookup, PriceReach, RepeatedClientId,
    RestingOrders, SeededEntropy, Timestamp, VenueId,
};
use std::pin::pin;
use tokio::time::Instant;

struct Named(&'static str, Symbol);

impl LaneJob for Named {
    fn symbol(&self) -> &Symbol {
        &self.1
    }

    fn is_late(&self, _: Timestamp) -> bool {
        self.0 == "late"
    }
}

fn job(name: &'static str) -> Named {
    Named(name, Symbol::new("BTC-USD").unwrap())
}

fn contract() -> VenueContract {
    VenueContract {
        venue: VenueId::new("kraken").unwrap(),
        name: "Kraken",
        needs_credential: true,
        repeated_client_id: RepeatedClientId::Rejected,
        lookup: OrderLookup::ByClientId,
        ambiguity_bound: AmbiguityBound::Unbounded,
        limit_scopes: Vec::new(),
        resting: RestingOrders::ALL,
        ordered_nonces: false,
        reach: PriceReach::UNBOUNDED,
    }
}

fn lane(capacity: usize, workers: usize) -> Arc<Lane<Named>> {
    let config = LaneConfig { capacity, workers, ..LaneConfig::default() };
    Arc::new(Lane::new(&contract(), &config, Arc::new(ManualClock::default())))
}

fn ids(seed: u64) -> (UserId, OrderId) {
    let (entropy, at) = (SeededEntropy::new(seed), Timestamp::from_micros(0));
    (UserId::generate(at, &entropy), OrderId::generate(at, &entropy))
}

/// While the address has nothing left, a cancel that waits eats nothing of its user's own share.
#[tokio::test(start_paused = true)]
async fn a_cancel_that_waits_for_the_address_takes_of_its_users_budget_once() {
    let mut contract = contract();
    contract.limit_scopes = vec![nija_core::LimitScope::Ip, nija_core::LimitScope::Account];
    let one = std::num::NonZeroU32::MIN;
    let config = LaneConfig {
        rate_per_second: one,
        account_rate_per_second: std::num::NonZeroU32::new(100),
        exit_reserve_percent: 50,
        ..LaneConfig::default()
    };
    let lane = Arc::new(Lane::<Named>::new(&contract, &config, Arc::new(ManualClock::default())));
    let (user, symbol) = (ids(1).0, Symbol::new("BTC-USD").unwrap());
    // The address lets two go at once, and then two a second.
    for _ in 0..2 {
        lane.cancel_token(user, &symbol).await.unwrap();
    }
    let waits: Vec<_> = (0..40).map(|_| lane.cancel_token(user, &symbol)).collect();
    let began = tokio::time::Instant::now();
    futures::future::join_all(waits).await;
    // Forty took forty of the user's hundred. Had they taken anew at each try, the user's own share would have held them up as well.
    assert!(began.elapsed() < Duration::from_secs(41), "{:?}", began.elapsed());
    let mut waiting = lane.waiting.lock();
    let left = (0..100).take_while(|_| waiting.limiter.own(user, &symbol, true).is_ok()).count();
    assert_eq!(left, 100, "a second later it is whole again");
}

#[tokio::test]
async fn a_full_lane_refuses_entries_and_takes_exits() {
    let lane = lane(1, 8);
    let (user, order) = ids(1);
    let slot = lane.reserve(user, false).unwrap();
    assert!(lane.reserve(user, false).is_none());
    drop(slot);
    lane.reserve(user, false).unwrap().fill(3, order, job("entry"));
    assert!(lane.reserve(user, false).is_none());
    let (user, order) = ids(2);
    lane.reserve(user, true).unwrap().fill(2, order, job("exit"));
    assert_eq!((lane.next(true).await.job.0, lane.next(false).await.job.0), ("exit", "entry"));
}

#[tokio::test]
async fn a_loud_user_leaves_places_and_workers_to_a_quiet_one() {
    let lane = lane(8, 4);
    let ((loud, _), (quiet, order)) = (ids(1), ids(2));
    let mut taken = 0;
    while let Some(slot) = lane.reserve(loud, false) {
        slot.fill(3, ids(10 + taken).1, job("loud"));
        taken += 1;
    }
    assert_eq!(taken, 4, "half of the places");
    assert_eq!(lane.health_for(loud).queue_depth, 8, "full for who has them");
    assert!(lane.health_for(quiet).queue_depth < 8);
    let _held = (lane.next(false).await, lane.next(false).await);
    assert!(futures::poll!(std::pin::pin!(lane.next(false))).is_pending(), "half of the workers");
    lane.reserve(quiet, false).unwrap().fill(3, order, job("quiet"));
    assert_eq!(lane.next(false).await.job.0, "quiet");
    drop(_held);
    assert_eq!(lane.next(false).await.job.0, "loud");
}

#[tokio::test]
async fn one_users_failures_close_the_venue_to_that_user_alone() {
    let lane = lane(8, 4);
    let ((bad, _), (good, _)) = (ids(1), ids(2));
    for _ in 0..20 {
        lane.note_call(bad, Heard::Failure, Instant::now(), &[]);
    }
    assert_eq!((lane.admit_entry(bad), lane.admit_entry(good)), (false, true));
    assert_eq!(lane.health_for(bad).breaker, BreakerState::Open);
    lane.note_call(good, Heard::Failure, Instant::now(), &[]);
    assert!(!lane.admit_entry(good), "two users' failures in a row are the venue's");
}

#[tokio::test]
async fn it_is_drained_when_the_last_job_is_done() {
    let lane = lane(8, 4);
    let (user, order) = ids(1);
    lane.reserve(user, false).unwrap().fill(3, order, job("entry"));
    let taken = lane.next(false).await;
    let mut drained = tokio::spawn({
        let lane = lane.clone();
        async move { lane.drained().await }
    });
    assert!(futures::poll!(&mut drained).is_pending());
    drop(taken);
    drained.await.unwrap();
}

fn limited(scope: LimitScope, banned: bool, seconds: u64) -> Heard {
    let retry_after = Some(Duration::from_secs(seconds));
    Heard::Limited(scope, told::Limited { banned, retry_after })
}

#[tokio::test(start_paused = true)]
async fn too_many_requests_are_neither_a_success_nor_a_failure() {
    let lane = lane(8, 4);
    let ((one, _), (two, _)) = (ids(1), ids(2));
    for n in 0..4 {
        lane.note_call(if n % 2 == 0 { one } else { two }, Heard::Failure, Instant::now(), &[]);
    }
    let before = lane.health();
    assert_eq!(before.success_rate, rust_decimal::Decimal::ZERO);
    lane.note_call(one, limited(LimitScope::Ip, false, 1), Instant::now(), &[]);
    lane.note_call(one, Heard::Nothing, Instant::now(), &[]);
    assert_eq!(lane.health(), before, "no fast answer, no success");
    lane.note_call(two, Heard::Failure, Instant::now(), &[]);
    assert_eq!(lane.health().breaker, BreakerState::Open, "the count of failures went on");
    lane.note_call(one, limited(LimitScope::Ip, true, 1), Instant::now(), &[]);
    assert_eq!(lane.health().breaker, BreakerState::Open, "and nothing closed it");
}

/// Exits one a second after a 429, and not at all during a ban.
#[tokio::test(start_paused = true)]
async fn the_venues_word_holds_entries_and_lets_exits_through_unless_it_is_a_ban() {
    let lane = lane(8, 4);
    let (user, _) = ids(1);
    let put = |priority, seed, name| {
        lane.reserve(user, priority < 3).unwrap().fill(priority, ids(seed).1, job(name));
    };
    lane.note_call(user, limited(LimitScope::Ip, false, 30), Instant::now(), &[]);
    assert_eq!(lane.retry_after(user), Duration::from_secs(30));
    let began = Instant::now();
    put(3, 10, "entry");
    put(2, 11, "exit 1");
    put(2, 12, "exit 2");
    assert_eq!((lane.next(true).await.job.0, lane.next(true).await.job.0), ("exit 1", "exit 2"));
    assert_eq!(began.elapsed(), Duration::from_secs(2));
    assert_eq!(lane.next(false).await.job.0, "entry");
    assert_eq!(began.elapsed().as_secs(), 30);
    lane.note_call(user, limited(LimitScope::Ip, true, 120), Instant::now(), &[]);
    assert!(lane.imposed().is_some());
    let symbol = Symbol::new("BTC-USD").unwrap();
    assert_eq!(lane.cancel_token(user, &symbol).await, Err(Duration::from_secs(120)));
    let read = lane.read_token(Some(user), Sending::Urgent).await;
    assert_eq!(read.err(), Some(Duration::from_secs(120)));
    let began = Instant::now();
    put(2, 13, "exit 3");
    assert_eq!(lane.next(true).await.job.0, "exit 3");
    assert_eq!(began.elapsed().as_secs(), 120);
}

#[tokio::test(start_paused = true)]
async fn who_is_asking_hears_of_a_ban_of_the_address_and_of_nothing_else() {
    let lane = lane(8, 4);
    let ((user, _), (other, _)) = (ids(1), ids(2));
    let mut banned = pin!(lane.read_token(Some(other), Sending::Urgent).await.unwrap());
    lane.note_call(user, limited(LimitScope::Account, true, 300), Instant::now(), &[]);
    lane.note_call(user, limited(LimitScope::Ip, false, 1), Instant::now(), &[]);
    assert!(banned.as_mut().now_or_never().is_none(), "neither is a ban of this address");
    lane.note_call(user, limited(LimitScope::Ip, true, 60), Instant::now(), &[]);
    assert!(banned.now_or_never().is_some());
    tokio::time::sleep(Duration::from_secs(61)).await;
    let later = lane.read_token(Some(other), Sending::Urgent).await.unwrap();
    assert!(later.now_or_never().is_none(), "it was over when this one went");
}

#[tokio::test(start_paused = true)]
async fn what_is_too_late_does_not_wait_for_the_venue() {
    let lane = lane(8, 4);
    let ((user, order), (held, other)) = (ids(1), ids(2));
    lane.note_call(user, limited(LimitScope::Ip, false, 300), Instant::now(), &[]);
    let began = Instant::now();
    lane.reserve(held, false).unwrap().fill(3, other, job("waits"));
    lane.reserve(user, false).unwrap().fill(3, order, job("late"));
    assert_eq!(lane.next(false).await.job.0, "late");
    assert!(began.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn one_users_limit_holds_nobody_else() {
    let lane = lane(8, 4);
    let ((user, _), (other, order)) = (ids(1), ids(2));
    lane.note_call(user, limited(LimitScope::Account, true, 300), Instant::now(), &[]);
    lane.reserve(user, false).unwrap().fill(3, ids(3).1, job("own"));
    lane.reserve(other, false).unwrap().fill(3, order, job("other"));
    assert_eq!(lane.next(false).await.job.0, "other");
    assert_eq!((lane.held(other, Sending::Entry), lane.imposed()), (None, None));
    lane.cancel_token(other, &Symbol::new("BTC-USD").unwrap()).await.unwrap();
    drop(lane.read_token(Some(other), Sending::Read).await.unwrap());
}
