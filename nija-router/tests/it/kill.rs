//! The kill switch: nothing is opened, everything is cancelled until the venue confirms it, positions are closed where wanted, and the
//! answer names what could not be confirmed.

use nija_core::{
    AmbiguityBound, Clock, KillScope, Ledger, OrderKind, OrderState, Quantity, Side, TimeInForce, Timestamp,
    TradeSignal, UserId,
};
use nija_router::{Engine, KillReport, SlicingConfig};
use rust_decimal::Decimal;
use std::{sync::Arc, time::Duration};

use crate::protection::{plan, rests};
use crate::support::{
    Answer, FakeVenue, Filling, LONG, Pace, Platform, TestClock, dec, entry, exit, resting, state, symbol,
    until, user,
};

async fn throw(engine: &Engine, scope: KillScope, flatten: bool) -> KillReport {
    engine.kill(user(1), scope, flatten, LONG).await.unwrap()
}

async fn bought(engine: &Arc<Engine>, whose: UserId, id: &str) {
    let order = engine.submit(entry(whose, id)).await.unwrap().order;
    assert_eq!(engine.settled(whose, order.id(), LONG).await.unwrap().state, OrderState::Filled);
}

#[tokio::test(start_paused = true)]
async fn it_cancels_what_works_closes_what_is_held_and_shows_what_the_venue_said() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    bought(&engine, user(1), "in").await;
    venue.world().filling = Filling::Nothing;
    let rests = engine.submit(resting(user(1), "rests")).await.unwrap().order;
    state(&engine, user(1), rests.id(), OrderState::Working).await;
    venue.world().filling = Filling::Whole;
    let report = throw(&engine, KillScope::User, true).await;
    assert!(report.done && report.flat, "{report:?}");
    assert_eq!(report.unconfirmed, []);
    let proof = &report.proof[0];
    assert_eq!((proof.venue.as_str(), proof.open_orders, proof.positions), ("a", 0, 0));
    assert!(proof.balances.iter().all(|balance| balance.asset == "USD"), "{proof:?}");
    assert!(platform.position(user(1), "BTC-USD").await.is_none());
    let rests = engine.settled(user(1), rests.id(), LONG).await.unwrap();
    assert_eq!(rests.state, OrderState::Cancelled);
    let refused = engine.submit(entry(user(1), "no")).await.unwrap().order;
    assert_eq!(refused.reason.unwrap().code, "trading_halted");
    assert!(engine.release_kill(user(1), KillScope::User).await.unwrap());
    assert!(!engine.release_kill(user(1), KillScope::User).await.unwrap());
    bought(&engine, user(1), "again").await;
}

#[tokio::test(start_paused = true)]
async fn without_flatten_positions_stay_and_exits_go_on() {
    let (platform, _) = Platform::single();
    let engine = platform.start().await;
    bought(&engine, user(1), "in").await;
    let report = throw(&engine, KillScope::User, false).await;
    assert!(report.done && !report.flat && report.unconfirmed.is_empty(), "{report:?}");
    assert_eq!(report.proof[0].positions, 1);
    let out = engine.submit(exit(user(1), "out", "1")).await.unwrap().order;
    assert_eq!(engine.settled(user(1), out.id(), LONG).await.unwrap().state, OrderState::Filled);
}

#[tokio::test(start_paused = true)]
async fn what_is_too_small_to_be_closed_is_named_as_dust_and_holds_nothing_up() {
    let (mut platform, venue) = Platform::single();
    platform.config.limits.basic.positions = Some(1);
    let engine = platform.start().await;
    bought(&engine, user(1), "in").await;
    // All but 30 cents' worth.
    let held = platform.position(user(1), "BTC-USD").await.unwrap().quantity;
    let most = (held - dec("0.000005")).to_string();
    let out = engine.submit(exit(user(1), "out", &most)).await.unwrap().order;
    assert_eq!(engine.settled(user(1), out.id(), LONG).await.unwrap().state, OrderState::Filled);
    let dust = platform.position(user(1), "BTC-USD").await.unwrap();
    assert_eq!(dust.quantity, dec("0.000005"));
    assert!(engine.account(user(1)).await.unwrap().positions[0].dust);
    let placed = venue.placements();
    let close = engine.close_position(user(1), &dust.id, "close".parse().unwrap()).await.unwrap().order;
    assert_eq!((close.state, close.reason.unwrap().code.as_str()), (OrderState::Rejected, "dust"));
    let report = throw(&engine, KillScope::User, true).await;
    assert!(report.done && !report.flat && report.flat_except_dust(), "{report:?}");
    assert_eq!(report.unconfirmed, []);
    let named: Vec<_> = report.dust.iter().map(|it| (it.symbol.as_str(), it.quantity)).collect();
    assert_eq!(named, [("BTC-USD", dec("0.000005"))]);
    assert_eq!(venue.placements(), placed, "nothing is tried for it");
    engine.release_kill(user(1), KillScope::User).await.unwrap();
    // It takes no place among the positions of the plan, and is joined with what is bought next.
    let other = TradeSignal { symbol: symbol("ETH-USD"), ..entry(user(1), "other") };
    let other = engine.submit(other).await.unwrap().order;
    assert_eq!(engine.settled(user(1), other.id(), LONG).await.unwrap().state, OrderState::Filled);
    platform.config.limits.basic.positions = Some(2);
    engine.stop().await;
    let engine = platform.start().await;
    assert_eq!(engine.kill_switches(None), []);
    bought(&engine, user(1), "again").await;
    let joined = platform.position(user(1), "BTC-USD").await.unwrap();
    assert_eq!(joined.id, dust.id);
    let close = engine.close_position(user(1), &joined.id, "all".parse().unwrap()).await.unwrap().order;
    engine.settled(user(1), close.id(), LONG).await.unwrap();
    assert!(platform.position(user(1), "BTC-USD").await.is_none());
}

#[tokio::test(start_paused = true)]
async fn an_exit_that_is_too_small_says_whether_other_exits_hold_the_rest() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    bought(&engine, user(1), "in").await;
    let tiny = engine.submit(exit(user(1), "tiny", "0.000001")).await.unwrap().order;
    assert_eq!(
        (tiny.state, tiny.reason.unwrap().code.as_str()),
        (OrderState::Rejected, "below_min_notional")
    );
    venue.world().filling = Filling::Nothing;
    let held = platform.position(user(1), "BTC-USD").await.unwrap().quantity;
    let most = (held - dec("0.000005")).to_string();
    let rests = TradeSignal {
        kind: OrderKind::Limit { price: nija_core::Price::new(dec("70000")).unwrap() },
        time_in_force: TimeInForce::Gtc,
        ..exit(user(1), "dear", &most)
    };
    let rests = engine.submit(rests).await.unwrap().order;
    state(&engine, user(1), rests.id(), OrderState::Working).await;
    let rest = engine.submit(exit(user(1), "rest", "1")).await.unwrap().order;
    let why = rest.reason.unwrap();
    assert_eq!(why.code, "held_by_exits");
    assert!(why.text.contains(&format!("other exits hold {most} BTC at a")), "{}", why.text);
}

/// To try beside it would use up the tries before anybody knows what became of it.
#[tokio::test(start_paused = true)]
async fn an_exit_in_doubt_that_leaves_only_dust_is_waited_for() {
    let clock = TestClock::new();
    let venue = FakeVenue::new("a", &clock, |contract| {
        contract.ambiguity_bound = AmbiguityBound::Deadline(Duration::from_secs(60));
    });
    let platform = Platform::new(clock, vec![venue.clone()]);
    platform.join(user(1), 10_000);
    let engine = platform.start().await;
    bought(&engine, user(1), "in").await;
    let held = platform.position(user(1), "BTC-USD").await.unwrap().quantity;
    venue.script([Answer::LostBefore]);
    let most = (held - dec("0.000005")).to_string();
    let lost = engine.submit(exit(user(1), "lost", &most)).await.unwrap().order;
    state(&engine, user(1), lost.id(), OrderState::Unknown).await;
    let report = engine.kill(user(1), KillScope::User, true, 3 * LONG).await.unwrap();
    assert!(report.done && report.flat, "{report:?}");
    assert!(platform.position(user(1), "BTC-USD").await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_position_that_is_larger_than_one_order_may_be_is_closed_in_parts() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    for n in 0..3 {
        bought(&engine, user(1), &format!("in-{n}")).await;
    }
    engine.stop().await;
    venue.world().largest = Some(Quantity::new(dec("0.0002")).unwrap());
    let engine = platform.start().await;
    let big = engine.submit(entry(user(1), "big")).await.unwrap().order;
    assert_eq!(big.state, OrderState::Failed);
    assert!(big.reason.as_ref().unwrap().text.contains("above its largest order"), "{:?}", big.reason);
    let report = throw(&engine, KillScope::User, true).await;
    assert!(report.done && report.flat, "{report:?}");
    assert!(platform.position(user(1), "BTC-USD").await.is_none());
}

#[tokio::test(start_paused = true)]
async fn an_order_that_waits_in_its_lane_is_never_sent() {
    let (mut platform, venue) = Platform::single();
    platform.config.lane.workers = 1;
    let engine = platform.start().await;
    venue.world().filling = Filling::Nothing;
    venue.script([Answer::TakenSlowly(Duration::from_secs(2))]);
    let slow = engine.submit(resting(user(1), "slow")).await.unwrap().order;
    until("it to be sent", async || venue.placements() == 1).await;
    let waiting = engine.submit(entry(user(1), "waiting")).await.unwrap().order;
    let report = throw(&engine, KillScope::User, false).await;
    assert!(report.done && report.flat, "{report:?}");
    for order in [slow, waiting] {
        let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
        assert_eq!(order.state, OrderState::Cancelled);
    }
    assert_eq!(venue.placements(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_the_venue_does_not_confirm_is_named_until_it_does() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    venue.script([Answer::LostAfter]);
    venue.world().filling = Filling::Nothing;
    venue.world().reads_fail = true;
    venue.world().streaming = false;
    let order = engine.submit(resting(user(1), "lost")).await.unwrap().order;
    state(&engine, user(1), order.id(), OrderState::Unknown).await;
    let wait = Duration::from_secs(3);
    let report = engine.kill(user(1), KillScope::User, true, wait).await.unwrap();
    assert!(!report.done && !report.flat);
    let left = &report.unconfirmed[0];
    let named = (left.user, left.venue.as_ref().unwrap().as_str(), left.order);
    assert_eq!(named, (user(1), "a", Some(order.id())));
    assert!(left.why.contains("never answered"), "{}", left.why);
    venue.world().reads_fail = false;
    until("all to be confirmed", async || engine.kill_switches(Some(user(1)))[0].done).await;
    let report = &engine.kill_switches(Some(user(1)))[0];
    assert!(report.flat && report.unconfirmed.is_empty(), "{report:?}");
    assert_eq!(venue.orders(user(1))[0].state, OrderState::Cancelled);
}

#[tokio::test(start_paused = true)]
async fn an_order_made_by_hand_is_left_alone_and_named() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    venue.world().filling = Filling::Nothing;
    let (price, quantity) = ("50000".parse().unwrap(), Quantity::new(dec("0.01")).unwrap());
    let at = platform.clock.now();
    venue.world().arrive(
        user(1),
        None,
        &symbol("BTC-USD"),
        Side::Buy,
        OrderKind::Limit { price },
        quantity,
        TimeInForce::Gtc,
        at,
    );
    let report = throw(&engine, KillScope::User, true).await;
    assert!(report.done && !report.flat);
    assert!(report.unconfirmed[0].why.contains("past this platform"), "{report:?}");
    assert_eq!(venue.orders(user(1))[0].state, OrderState::Working);
}

#[tokio::test(start_paused = true)]
async fn a_position_that_is_dust_from_its_beginning_is_named() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    let at = platform.clock.now();
    by_hand(&venue, Side::Buy, dec("0.000002"), at);
    until("the position", async || platform.position(user(1), "BTC-USD").await.is_some()).await;
    let report = throw(&engine, KillScope::User, true).await;
    assert!(report.done && report.flat_except_dust(), "{report:?}");
    assert_eq!(report.dust[0].quantity, dec("0.000002"));
}

/// It stays on, and what is opened by hand since is guarded at its venue.
#[tokio::test(start_paused = true)]
async fn a_switch_that_has_done_its_work_keeps_no_stop_from_resting() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    bought(&engine, user(1), "in").await;
    let report = throw(&engine, KillScope::User, true).await;
    assert!(report.done && report.flat, "{report:?}");
    let (symbol, quantity) = (symbol("BTC-USD"), Quantity::new(dec("0.01")).unwrap());
    let (ioc, now) = (TimeInForce::Ioc, platform.clock.now());
    venue.world().arrive(user(1), None, &symbol, Side::Buy, OrderKind::Market, quantity, ioc, now);
    until("it to be on record", async || platform.position(user(1), "BTC-USD").await.is_some()).await;
    let id = platform.position(user(1), "BTC-USD").await.unwrap().id;
    engine.protect(user(1), &id, plan(Some("58000"), &[])).await.unwrap();
    rests(&venue, "58000", "0.01").await;
    assert!(engine.kill_switches(None)[0].done);
}

#[tokio::test(start_paused = true)]
async fn a_venues_switch_stops_that_venue_for_everybody_and_no_other() {
    let (platform, a, b) = Platform::pair();
    platform.join(user(2), 10_000);
    let engine = platform.start().await;
    bought(&engine, user(2), "in").await;
    assert_eq!((a.placements(), b.placements()), (1, 0));
    let report = throw(&engine, KillScope::Venue(a.id.clone()), true).await;
    assert!(report.done && report.flat, "{report:?}");
    assert!(platform.position(user(2), "BTC-USD").await.is_none());
    bought(&engine, user(1), "elsewhere").await;
    assert_eq!(b.placements(), 1);
    let only = nija_core::TradeSignal { venue: Some(a.id.clone()), ..entry(user(1), "there") };
    let refused = engine.submit(only).await.unwrap().order;
    assert!(refused.reason.unwrap().text.contains("its kill switch is on"));
    // Of others nobody hears more than of themselves.
    let mine = &engine.kill_switches(Some(user(1)))[0];
    assert!(mine.proof.iter().all(|proof| proof.user == user(1)));
}

#[tokio::test(start_paused = true)]
async fn a_venues_switch_leaves_alone_what_is_sliced_at_others() {
    for (venue, goes_on) in [(Some("b"), true), (None, true), (Some("a"), false)] {
        let (mut platform, a, _) = Platform::pair();
        platform.config.slicing =
            SlicingConfig { above: Some("1000".parse().unwrap()), slices: 4, every: Duration::from_secs(10) };
        let engine = platform.start().await;
        let large = nija_core::TradeSignal {
            size: nija_core::OrderSize::Base(Quantity::new(dec("0.04")).unwrap()),
            venue: venue.map(|name| name.parse().unwrap()),
            ..entry(user(1), "large")
        };
        let order = engine.submit(large).await.unwrap().order;
        let placed = || platform.venues.iter().map(|venue| venue.placements()).sum::<usize>();
        until("the first slice", async || placed() == 1).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        throw(&engine, KillScope::Venue(a.id.clone()), false).await;
        let at_a = a.placements();
        let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
        let wanted = if goes_on { OrderState::Filled } else { OrderState::Cancelled };
        assert_eq!(order.state, wanted, "{venue:?}: {:?}", order.reason);
        assert_eq!(a.placements(), at_a, "{venue:?}");
    }
}

/// The user trades at the market past the platform.
fn by_hand(venue: &FakeVenue, side: Side, quantity: Decimal, now: Timestamp) {
    let (symbol, quantity) = (symbol("BTC-USD"), Quantity::new(quantity).unwrap());
    venue.world().arrive(user(1), None, &symbol, side, OrderKind::Market, quantity, TimeInForce::Ioc, now);
}

/// A switch waits for one user's order in doubt, and what was confirmed of another changes meanwhile: the position of a trade by hand comes up,
/// and an exit of it rests.
async fn what_comes_up_meanwhile(flatten: bool) -> (Arc<FakeVenue>, KillReport, OrderState) {
    let (platform, venue) = Platform::single();
    platform.join(user(2), 10_000);
    let engine = platform.start().await;
    venue.script([Answer::LostBefore]);
    let lost = engine.submit(entry(user(2), "lost")).await.unwrap().order;
    state(&engine, user(2), lost.id(), OrderState::Unknown).await;
    let scope = KillScope::Venue(venue.id.clone());
    let report = engine.kill(user(1), scope, flatten, Duration::from_secs(1)).await.unwrap();
    assert!(!report.done && report.proof.iter().any(|proof| proof.user == user(1)), "{report:?}");
    by_hand(&venue, Side::Buy, dec("0.01"), platform.clock.now());
    until("the position", async || platform.position(user(1), "BTC-USD").await.is_some()).await;
    let dear = TradeSignal {
        kind: OrderKind::Limit { price: nija_core::Price::new(dec("70000")).unwrap() },
        time_in_force: TimeInForce::Gtc,
        ..exit(user(1), "dear", "0.01")
    };
    venue.world().filling = Filling::Nothing;
    let dear = engine.submit(dear).await.unwrap().order;
    state(&engine, user(1), dear.id(), OrderState::Working).await;
    venue.world().filling = Filling::Whole;
    assert!(!engine.kill_switches(None)[0].done);
    until("its work to be done", async || engine.kill_switches(None)[0].done).await;
    let dear = engine.settled(user(1), dear.id(), Duration::ZERO).await.unwrap();
    assert_eq!(platform.position(user(1), "BTC-USD").await.is_none(), flatten);
    (venue, engine.kill_switches(None).remove(0), dear.state)
}

#[tokio::test(start_paused = true)]
async fn it_is_not_flat_where_something_came_up_since_the_venue_was_asked() {
    let (venue, report, exit) = what_comes_up_meanwhile(false).await;
    assert!(!report.flat && report.unconfirmed.is_empty(), "{report:?}");
    assert_eq!(
        (exit, venue.orders(user(1)).last().unwrap().state),
        (OrderState::Working, OrderState::Working)
    );
}

#[tokio::test(start_paused = true)]
async fn what_came_up_since_the_venue_was_asked_is_closed_before_it_is_done() {
    let (venue, report, exit) = what_comes_up_meanwhile(true).await;
    assert!(report.flat && report.unconfirmed.is_empty(), "{report:?}");
    assert_eq!(exit, OrderState::Cancelled);
    assert!(venue.orders(user(1)).iter().all(|order| order.state.is_final()));
}

/// Its position was closed by hand, and the exit that came after the switch rests there yet.
#[tokio::test(start_paused = true)]
async fn it_is_not_flat_where_an_exit_rests_that_it_spared() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    bought(&engine, user(1), "in").await;
    // Nothing is asked for a while: the exit comes after the switch and before the proof.
    venue.world().reads_fail = true;
    let scope = || KillScope::Venue(venue.id.clone());
    let report = engine.kill(user(1), scope(), false, Duration::from_secs(1)).await.unwrap();
    assert!(!report.done, "{report:?}");
    venue.world().filling = Filling::Nothing;
    let held = platform.position(user(1), "BTC-USD").await.unwrap().quantity;
    let dear = TradeSignal {
        kind: OrderKind::Limit { price: nija_core::Price::new(dec("70000")).unwrap() },
        time_in_force: TimeInForce::Gtc,
        ..exit(user(1), "dear", &held.to_string())
    };
    let dear = engine.submit(dear).await.unwrap().order;
    state(&engine, user(1), dear.id(), OrderState::Working).await;
    venue.world().filling = Filling::Whole;
    by_hand(&venue, Side::Sell, held, platform.clock.now());
    until("it to be closed", async || platform.position(user(1), "BTC-USD").await.is_none()).await;
    venue.world().reads_fail = false;
    until("its work to be done", async || engine.kill_switches(None)[0].done).await;
    let report = engine.kill_switches(None).remove(0);
    assert_eq!(
        (report.flat, report.proof[0].open_orders, report.proof[0].positions),
        (false, 1, 0),
        "{report:?}"
    );
}

/// Its first commit fails, the next one takes a second.
#[derive(Default)]
struct SlowSecond(std::sync::atomic::AtomicUsize);

impl Pace for SlowSecond {
    fn before(&self) -> (Duration, bool) {
        match self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
            0 => (Duration::ZERO, true),
            1 => (Duration::from_secs(1), false),
            _ => (Duration::ZERO, false),
        }
    }

    fn after(&self) -> Duration {
        Duration::ZERO
    }
}

#[tokio::test(start_paused = true)]
async fn a_switch_that_was_taken_off_stays_off_however_late_its_throwing_went_on_record() {
    let (platform, _) = Platform::single();
    let engine = platform.start().await;
    platform.ledger.set_pace(Arc::new(SlowSecond::default()));
    let wait = Duration::from_millis(500);
    let report = engine.kill(user(1), KillScope::User, false, wait).await.unwrap();
    assert!(!report.done);
    assert!(engine.release_kill(user(1), KillScope::User).await.unwrap());
    tokio::time::sleep(LONG).await;
    assert_eq!(platform.ledger.kill_switches().await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn the_platforms_switch_outlives_a_restart_and_its_work_goes_on() {
    let clock = TestClock::new();
    let venue = FakeVenue::new("a", &clock, |_| {});
    let platform = Platform::new(clock, vec![venue.clone()]);
    for n in 1..4 {
        platform.join(user(n), 10_000);
    }
    let engine = platform.start().await;
    for n in 1..4 {
        bought(&engine, user(n), "in").await;
    }
    venue.world().reads_fail = true;
    let wait = Duration::from_millis(5);
    let report = engine.kill(user(1), KillScope::Platform, true, wait).await.unwrap();
    assert!(!report.done);
    engine.stop().await;
    drop(engine);
    venue.world().reads_fail = false;
    let engine = platform.start().await;
    let refused = engine.submit(entry(user(2), "no")).await.unwrap().order;
    assert_eq!(refused.reason.unwrap().code, "trading_halted");
    until("its work to be done", async || engine.kill_switches(None)[0].done).await;
    assert!(engine.kill_switches(None)[0].flat);
    for n in 1..4 {
        assert!(platform.position(user(n), "BTC-USD").await.is_none());
        let orders = venue.orders(user(n));
        let sold: nija_core::Quantity =
            orders.iter().filter(|o| o.side == Side::Sell).fold(Quantity::ZERO, |sum, o| sum.plus(o.filled));
        let got =
            orders.iter().filter(|o| o.side == Side::Buy).fold(Quantity::ZERO, |sum, o| sum.plus(o.filled));
        assert_eq!(sold, got);
    }
    engine.stop().await;
    drop(engine);
    // Done work is not done again.
    let placed = venue.placements();
    let engine = platform.start().await;
    assert!(engine.kill_switches(None)[0].done);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(venue.placements(), placed);
    assert!(engine.release_kill(user(9), KillScope::Platform).await.unwrap());
    assert_eq!(platform.ledger.kill_switches().await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn a_journal_that_fails_does_not_keep_orders_from_being_cancelled() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    venue.world().filling = Filling::Nothing;
    let rests = engine.submit(resting(user(1), "rests")).await.unwrap().order;
    state(&engine, user(1), rests.id(), OrderState::Working).await;
    platform.ledger.fail_next(1);
    let wait = Duration::ZERO;
    let report = engine.kill(user(1), KillScope::User, false, wait).await.unwrap();
    assert!(report.unconfirmed.iter().any(|left| left.why.contains("a restart would forget")), "{report:?}");
    until("all to be confirmed", async || engine.kill_switches(None)[0].done).await;
    assert_eq!(venue.orders(user(1))[0].state, OrderState::Cancelled);
    let on = platform.ledger.kill_switches().await.unwrap();
    assert!(on[0].outcome.as_ref().unwrap().flat);
}

#[tokio::test(start_paused = true)]
async fn nobody_uses_the_platforms_own_names() {
    let (platform, _) = Platform::single();
    let engine = platform.start().await;
    let refused = engine.submit(entry(user(1), "nija:k1:0")).await;
    assert!(matches!(refused, Err(nija_router::EngineError::Invalid(_))));
}
