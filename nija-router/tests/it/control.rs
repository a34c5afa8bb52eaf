//! Pausing, cancelling, a full lane, draining, tiers, accounts that come and go.

use nija_core::{OrderState, Quantity, Tier, TradeSignal, VenueId};
use nija_router::{EngineError, RiskLimits};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use crate::support::{
    Answer, FakeVenue, Filling, LONG, Platform, TestClock, dec, entry, exit, resting, state, symbol, until,
    user,
};

#[tokio::test(start_paused = true)]
async fn a_pause_refuses_entries_and_lets_exits_through_and_outlives_a_restart() {
    let (platform, _) = Platform::single();
    let engine = platform.start().await;
    let order = engine.submit(entry(user(1), "in")).await.unwrap().order;
    engine.settled(user(1), order.id(), LONG).await.unwrap();
    let since = engine.set_paused(user(1), true).await.unwrap();
    assert!(since.is_some());
    engine.stop().await;
    let engine = platform.start().await;
    let refused = engine.submit(entry(user(1), "no")).await.unwrap().order;
    assert_eq!(refused.reason.unwrap().code, "trading_paused");
    let out = engine.submit(exit(user(1), "out", "1")).await.unwrap().order;
    assert_eq!(engine.settled(user(1), out.id(), LONG).await.unwrap().state, OrderState::Filled);
    assert_eq!(engine.set_paused(user(1), true).await.unwrap(), since);
    assert_eq!(engine.set_paused(user(1), false).await.unwrap(), None);
    let again = engine.submit(entry(user(1), "yes")).await.unwrap().order;
    assert_eq!(again.state, OrderState::Queued);
}

#[tokio::test(start_paused = true)]
async fn a_full_lane_says_so_before_anything_is_taken_up_and_still_takes_exits() {
    let (mut platform, venue) = Platform::single();
    // One user has half of it at most.
    platform.config.lane.capacity = 4;
    platform.config.lane.workers = 1;
    let engine = platform.start().await;
    let order = engine.submit(entry(user(1), "in")).await.unwrap().order;
    engine.settled(user(1), order.id(), LONG).await.unwrap();
    venue.script([Answer::TakenSlowly(Duration::from_secs(2))]);
    let slow = engine.submit(entry(user(1), "slow")).await.unwrap().order;
    until("it to be sent", async || venue.placements() == 2).await;
    let first = engine.submit(entry(user(1), "1")).await.unwrap().order;
    engine.submit(entry(user(1), "2")).await.unwrap();
    let records = platform.ledger.records().len();
    let busy = engine.submit(entry(user(1), "3")).await;
    assert!(matches!(busy, Err(EngineError::Busy { retry_after }) if !retry_after.is_zero()));
    assert_eq!(platform.ledger.records().len(), records);
    // What was taken up is answered all the same.
    assert!(engine.submit(entry(user(1), "1")).await.unwrap().replayed);
    assert!(engine.submit(entry(user(1), "in")).await.unwrap().replayed);
    let out = engine.submit(exit(user(1), "out", "1")).await.unwrap().order;
    assert_eq!(out.state, OrderState::Queued);
    for order in [slow, first, out] {
        assert_eq!(engine.settled(user(1), order.id(), LONG).await.unwrap().state, OrderState::Filled);
    }
    assert_eq!(engine.submit(entry(user(1), "3")).await.unwrap().order.state, OrderState::Queued);
}

#[tokio::test(start_paused = true)]
async fn an_exit_overtakes_entries_that_wait() {
    let (mut platform, venue) = Platform::single();
    platform.config.lane.workers = 1;
    let engine = platform.start().await;
    let order = engine.submit(entry(user(1), "in")).await.unwrap().order;
    engine.settled(user(1), order.id(), LONG).await.unwrap();
    venue.script([Answer::TakenSlowly(Duration::from_secs(1))]);
    engine.submit(entry(user(1), "slow")).await.unwrap();
    until("it to be sent", async || venue.placements() == 2).await;
    let waiting = engine.submit(entry(user(1), "waiting")).await.unwrap().order;
    let out = engine.submit(exit(user(1), "out", "0.0001")).await.unwrap().order;
    engine.settled(user(1), waiting.id(), LONG).await.unwrap();
    let placed = venue.world().placed.clone();
    let place = |order: nija_core::OrderId| {
        placed.iter().position(|id| *id == nija_core::VenueClientId::derive(order, 0)).unwrap()
    };
    assert!(place(out.id()) < place(waiting.id()));
}

#[tokio::test(start_paused = true)]
async fn an_order_that_waits_is_cancelled_without_the_venue() {
    let (mut platform, venue) = Platform::single();
    platform.config.lane.workers = 1;
    let engine = platform.start().await;
    venue.script([Answer::TakenSlowly(Duration::from_secs(1))]);
    engine.submit(entry(user(1), "slow")).await.unwrap();
    until("it to be sent", async || venue.placements() == 1).await;
    let order = engine.submit(entry(user(1), "x")).await.unwrap().order;
    let order = engine.cancel(user(1), order.id()).await.unwrap();
    assert_eq!((order.state, order.reason.unwrap().code.as_str()), (OrderState::Cancelled, "cancelled"));
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert_eq!((venue.placements(), venue.world().cancels), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_cancel_that_was_lost_is_sent_again_until_the_order_is_gone() {
    let (platform, venue) = Platform::single();
    venue.world().filling = Filling::Nothing;
    let engine = platform.start().await;
    let order = engine.submit(resting(user(1), "x")).await.unwrap().order;
    state(&engine, user(1), order.id(), OrderState::Working).await;
    venue.world().cancels_lost = 3;
    let lost = engine.cancel(user(1), order.id()).await;
    assert!(matches!(lost, Err(EngineError::Venue(_))), "{lost:?}");
    // The account is reconciled meanwhile: that must not make it forgotten.
    venue.world().reads_fail = true;
    venue.reconnect(user(1));
    tokio::time::sleep(Duration::from_secs(5)).await;
    venue.world().reads_fail = false;
    let ended = engine.settled(user(1), order.id(), LONG).await.unwrap();
    assert_eq!((ended.state, venue.world().cancels), (OrderState::Cancelled, 4));
}

#[tokio::test(start_paused = true)]
async fn a_cancel_that_could_not_be_signed_is_tried_again() {
    let (platform, venue) = Platform::single();
    venue.world().filling = Filling::Nothing;
    let engine = platform.start().await;
    let order = engine.submit(resting(user(1), "x")).await.unwrap().order;
    state(&engine, user(1), order.id(), OrderState::Working).await;
    // Long enough that nobody looks at it for another reason.
    tokio::time::sleep(LONG * 3).await;
    let fails = Arc::new(AtomicBool::new(true));
    let told = fails.clone();
    platform.vault.fail_when(move || told.load(Ordering::SeqCst));
    let failed = engine.cancel(user(1), order.id()).await;
    assert!(matches!(failed, Err(EngineError::Vault(_))), "{failed:?}");
    tokio::time::sleep(Duration::from_secs(10)).await;
    fails.store(false, Ordering::SeqCst);
    let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
    assert_eq!(order.state, OrderState::Cancelled);
}

#[tokio::test(start_paused = true)]
async fn an_exit_waits_for_no_account_but_its_own() {
    let clock = TestClock::new();
    let venues: Vec<_> = ["a", "b", "c"].map(|id| FakeVenue::new(id, &clock, |_| {})).into();
    let platform = Platform::new(clock, venues);
    platform.join(user(1), 10_000);
    let engine = platform.start().await;
    let there = Some(platform.venues[2].id.clone());
    let order = engine.submit(TradeSignal { venue: there, ..entry(user(1), "in") }).await.unwrap().order;
    engine.settled(user(1), order.id(), LONG).await.unwrap();
    for venue in &platform.venues[..2] {
        venue.world().reads_hang = true;
        let (engine, venue) = (engine.clone(), venue.id.clone());
        tokio::spawn(async move { engine.connect(user(1), &venue).await });
    }
    tokio::time::sleep(Duration::from_millis(10)).await;
    let began = tokio::time::Instant::now();
    let out = engine.submit(exit(user(1), "out", "1")).await.unwrap().order;
    assert_eq!(began.elapsed(), Duration::ZERO, "held up");
    assert_eq!(engine.settled(user(1), out.id(), LONG).await.unwrap().state, OrderState::Filled);
    // An entry needs to know what there is, and waits for all of them together.
    let began = tokio::time::Instant::now();
    engine.submit(entry(user(1), "more")).await.unwrap();
    assert!(began.elapsed() <= platform.config.connect_wait, "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_resting_order_is_cancelled_at_its_venue_and_an_ended_one_left_alone() {
    let (platform, venue) = Platform::single();
    venue.world().filling = Filling::Nothing;
    let engine = platform.start().await;
    let order = engine.submit(resting(user(1), "x")).await.unwrap().order;
    state(&engine, user(1), order.id(), OrderState::Working).await;
    engine.cancel(user(1), order.id()).await.unwrap();
    let ended = engine.settled(user(1), order.id(), LONG).await.unwrap();
    assert_eq!((ended.state, venue.world().cancels), (OrderState::Cancelled, 1));
    assert_eq!(engine.cancel(user(1), order.id()).await.unwrap(), ended);
    assert_eq!(venue.world().cancels, 1);
    let nobodys = engine.cancel(user(2), order.id()).await;
    assert_eq!(nobodys, Err(EngineError::NoSuchOrder));
}

#[tokio::test(start_paused = true)]
async fn a_cancel_on_the_heels_of_its_order_catches_it() {
    let (platform, venue) = Platform::single();
    venue.world().filling = Filling::Nothing;
    venue.script([Answer::TakenSlowly(Duration::from_secs(1))]);
    let engine = platform.start().await;
    let order = engine.submit(resting(user(1), "x")).await.unwrap().order;
    until("it to be sent", async || venue.placements() == 1).await;
    engine.cancel(user(1), order.id()).await.unwrap();
    let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
    assert_eq!(order.state, OrderState::Cancelled);
    assert_eq!(venue.orders(user(1))[0].state, OrderState::Cancelled);
}

#[tokio::test(start_paused = true)]
async fn draining_takes_nothing_new_and_waits_for_what_is_being_sent() {
    let (platform, venue) = Platform::single();
    venue.script([Answer::TakenSlowly(Duration::from_secs(2))]);
    let engine = platform.start().await;
    let order = engine.submit(entry(user(1), "x")).await.unwrap().order;
    engine.drain().await;
    let order = engine.settled(user(1), order.id(), Duration::from_millis(500)).await.unwrap();
    assert_eq!(order.state, OrderState::Filled);
    assert_eq!(engine.submit(entry(user(1), "y")).await, Err(EngineError::Draining));
    assert!(engine.submit(entry(user(1), "x")).await.unwrap().replayed);
}

#[tokio::test(start_paused = true)]
async fn a_plan_sets_the_size_and_the_number_of_venues() {
    let clock = TestClock::new();
    let venues: Vec<_> = ["a", "b", "c"].map(|id| FakeVenue::new(id, &clock, |_| {})).into();
    let mut platform = Platform::new(clock, venues);
    platform.config.limits = RiskLimits { entry_interval: Duration::ZERO, ..RiskLimits::default() };
    platform.join(user(1), 10_000);
    let engine = platform.start().await;
    let preview = engine.preview(entry(user(1), "x")).await.unwrap();
    let decision = preview.decision.unwrap();
    let last = decision.candidates.last().unwrap();
    assert_eq!((last.venue.as_str(), last.rejections[0].as_str()), ("c", "tier_venue_limit"));
    let order = engine.submit(entry(user(1), "basic")).await.unwrap().order;
    let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
    assert!(order.filled_notional <= crate::support::dec("50"));
    engine.set_tier(user(1), Tier::Pro);
    let order = engine.submit(entry(user(1), "pro")).await.unwrap().order;
    let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
    assert!(order.filled_notional > crate::support::dec("99"));
}

#[tokio::test(start_paused = true)]
async fn an_account_connected_later_is_read_and_used_and_a_disconnected_one_is_not() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    let refused = engine.submit(entry(user(2), "early")).await.unwrap().order;
    assert!(refused.reason.unwrap().text.contains("not connected"));
    platform.join(user(2), 500);
    engine.connect(user(2), &venue.id).await.unwrap();
    assert_eq!(engine.account(user(2)).await.unwrap().cash, crate::support::dec("500"));
    let order = engine.submit(entry(user(2), "x")).await.unwrap().order;
    assert_eq!(engine.settled(user(2), order.id(), LONG).await.unwrap().state, OrderState::Filled);
    engine.disconnect(user(2), &venue.id).await;
    let refused = engine.submit(entry(user(2), "late")).await.unwrap().order;
    assert!(refused.reason.unwrap().text.contains("not connected"));
    let unknown = engine.connect(user(2), &VenueId::new("mars").unwrap()).await;
    assert!(matches!(unknown, Err(EngineError::Invalid(_))));
}

#[tokio::test(start_paused = true)]
async fn a_venue_without_keys_is_there_for_everyone() {
    let clock = TestClock::new();
    let paper = FakeVenue::new("paper", &clock, |contract| contract.needs_credential = false);
    let platform = Platform::new(clock, vec![paper.clone()]);
    paper.fund(user(5), 1000);
    let engine = platform.start().await;
    let order = engine.submit(entry(user(5), "x")).await.unwrap().order;
    assert_eq!(engine.settled(user(5), order.id(), LONG).await.unwrap().state, OrderState::Filled);
}

#[tokio::test(start_paused = true)]
async fn holders_hear_of_moving_prices_and_others_do_not() {
    let (platform, _) = Platform::single();
    platform.join(user(2), 500);
    let engine = platform.start().await;
    let order = engine.submit(entry(user(1), "x")).await.unwrap().order;
    engine.settled(user(1), order.id(), LONG).await.unwrap();
    let before = platform.bus.marks(user(1));
    tokio::time::sleep(Duration::from_secs(60)).await;
    let marks = platform.bus.marks(user(1)) - before;
    // Prices move every five seconds here.
    assert!((10..=13).contains(&marks), "{marks}");
    assert_eq!(platform.bus.marks(user(2)), 0);
}

#[tokio::test(start_paused = true)]
async fn closing_a_position_twice_closes_it_once() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    let order = engine.submit(entry(user(1), "in")).await.unwrap().order;
    engine.settled(user(1), order.id(), LONG).await.unwrap();
    let position = platform.position(user(1), "BTC-USD").await.unwrap();
    let first = engine.close_position(user(1), &position.id, "out".parse().unwrap()).await.unwrap();
    engine.settled(user(1), first.order.id(), LONG).await.unwrap();
    let again = engine.close_position(user(1), &position.id, "out".parse().unwrap()).await.unwrap();
    assert_eq!((again.replayed, again.order.id()), (true, first.order.id()));
    let other = engine.close_position(user(1), &position.id, "out2".parse().unwrap()).await;
    assert_eq!(other, Err(EngineError::NoSuchPosition));
    let taken = engine.close_position(user(1), &position.id, "in".parse().unwrap()).await;
    assert_eq!(taken, Err(EngineError::ClientOrderIdReused { order: order.id() }));
    assert_eq!(venue.placements(), 2);
}

#[tokio::test(start_paused = true)]
async fn another_users_position_cannot_be_closed() {
    let (platform, _) = Platform::single();
    platform.join(user(2), 500);
    let engine = platform.start().await;
    let order = engine.submit(entry(user(1), "in")).await.unwrap().order;
    engine.settled(user(1), order.id(), LONG).await.unwrap();
    let position = platform.position(user(1), "BTC-USD").await.unwrap();
    let stolen = engine.close_position(user(2), &position.id, "x".parse().unwrap()).await;
    assert_eq!(stolen, Err(EngineError::NoSuchPosition));
}

#[tokio::test(start_paused = true)]
async fn a_venue_s_rules_are_read_again_while_its_stream_stays_up() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    let btc = symbol("BTC-USD");
    let largest = || {
        let listed = engine.instruments();
        listed.iter().find(|rules| rules.symbol == btc).and_then(|rules| rules.max_quantity)
    };
    assert_eq!(largest(), None);
    venue.world().largest = Some(Quantity::new(dec("0.5")).unwrap());
    tokio::time::sleep(platform.config.instruments_interval * 2).await;
    assert_eq!(largest(), Some(Quantity::new(dec("0.5")).unwrap()));
    // A pair that is listed later is traded and priced from then on.
    let sol = symbol("SOL-USD");
    venue.world().prices.insert(sol.clone(), dec("150"));
    tokio::time::sleep(platform.config.instruments_interval * 2).await;
    let priced = engine.market().markets.get(&(venue.id.clone(), sol)).and_then(|view| view.quote);
    assert!(priced.is_some());
}
