//! Keys that sign only while their user is present: a position is opened only together with a stop that rests, and nothing that could open one
//! is left behind when the key is locked.

use nija_core::{
    Clock, HitCause, JournalEvent, Order, OrderKind, OrderSize, OrderState, ProtectionPart, Quantity, Side,
    TimeInForce, TradeSignal,
};
use nija_router::Engine;
use std::{sync::Arc, time::Duration};

use crate::protection::{guarded, held, opened, over, plan, price, resting, rests, set_price};
use crate::support::{Answer, FakeVenue, Filling, LONG, Platform, dec, exit, state, until, user};

async fn attended() -> (Platform, Arc<FakeVenue>, Arc<Engine>) {
    let (platform, venue) = Platform::single();
    platform.vault.keep_by_session(user(1));
    let engine = platform.start().await;
    (platform, venue, engine)
}

fn entry(id: &str) -> TradeSignal {
    guarded(id, plan(Some("58000"), &[]))
}

fn limit(id: &str, at: &str, time_in_force: TimeInForce) -> TradeSignal {
    TradeSignal { kind: OrderKind::Limit { price: price(at) }, time_in_force, ..entry(id) }
}

async fn settled(engine: &Engine, signal: TradeSignal) -> Order {
    let order = engine.submit(signal).await.unwrap().order;
    engine.settled(user(1), order.id(), LONG).await.unwrap()
}

fn why(order: &Order) -> &str {
    order.reason.as_ref().map_or("", |reason| reason.text.as_str())
}

/// What set stops off, in order.
fn causes(platform: &Platform) -> Vec<HitCause> {
    let stops = platform.ledger.records().into_iter().filter_map(|record| match record.event {
        JournalEvent::ProtectionHit { part: ProtectionPart::Stop, cause, .. } => Some(cause),
        _ => None,
    });
    stops.collect()
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_might_fill_later_is_refused() {
    let (_, venue, engine) = attended().await;
    let stop = OrderKind::StopLimit { stop: price("61000"), price: price("61100") };
    for waits in [limit("gtc", "60100", TimeInForce::Gtc), TradeSignal { kind: stop, ..entry("stop") }] {
        let refused = settled(&engine, waits).await;
        assert!(refused.state.is_final() && refused.filled.is_zero(), "{refused:?}");
        assert!(why(&refused).contains("fills at once or not at all"), "{}", why(&refused));
    }
    assert_eq!(venue.placements(), 0);
    let crosses = settled(&engine, limit("ioc", "60100", TimeInForce::Ioc)).await;
    assert_eq!(crosses.state, OrderState::Filled, "{}", why(&crosses));
    rests(&venue, "58000", "0.01").await;
}

#[tokio::test(start_paused = true)]
async fn an_entry_whose_stop_the_venue_would_refuse_is_not_sent() {
    let (platform, venue, engine) = attended().await;
    // 1.20 USD are an order there, and 0.75 are none.
    let size = OrderSize::Base(Quantity::new(dec("0.00002")).unwrap());
    let small = TradeSignal { size, ..guarded("small", plan(Some("40000"), &[])) };
    let refused = settled(&engine, small).await;
    assert!(why(&refused).contains("its stop would not rest at a"), "{}", why(&refused));
    assert_eq!((venue.placements(), refused.state), (0, OrderState::Rejected));
    // With what is there already the stop would be larger than any order.
    opened(&engine, entry("first")).await;
    rests(&venue, "58000", "0.01").await;
    engine.stop().await;
    drop(engine);
    venue.world().largest = Some(Quantity::new(dec("0.015")).unwrap());
    let engine = platform.start().await;
    let refused = settled(&engine, entry("second")).await;
    assert!(why(&refused).contains("its stop would not rest at a"), "{}", why(&refused));
    rests(&venue, "58000", "0.01").await;
}

#[tokio::test(start_paused = true)]
async fn an_entry_whose_stop_is_refused_is_undone_at_once_and_on_record() {
    let (platform, venue, engine) = attended().await;
    venue.script([Answer::Taken, Answer::Rejected]);
    opened(&engine, entry("in")).await;
    over(&platform, &venue).await;
    assert_eq!(venue.placements(), 3);
    let kinds: Vec<_> = venue.orders(user(1)).iter().map(|order| (order.side, order.kind.as_str())).collect();
    assert_eq!(kinds, [(Side::Buy, "limit"), (Side::Sell, "market")]);
    assert_eq!(causes(&platform), [HitCause::CannotRest]);
    let undone = platform.ledger.all_orders().pop().unwrap();
    let strategy = undone.intent.signal.strategy.unwrap();
    assert!(strategy.contains("undone: its stop does not rest at a"), "{strategy}");
}

/// The stop is refused and so is the first try to undo it: it goes on, and a restart goes on with it.
#[tokio::test(start_paused = true)]
async fn an_undoing_that_is_refused_goes_on_whatever_restarts() {
    let (platform, venue, engine) = attended().await;
    venue.script([Answer::Taken, Answer::Rejected, Answer::Rejected, Answer::Rejected]);
    opened(&engine, entry("in")).await;
    until("the undoing to be refused", async || venue.placements() == 3).await;
    engine.stop().await;
    drop(engine);
    let _engine = platform.start().await;
    over(&platform, &venue).await;
    assert_eq!(causes(&platform), [HitCause::CannotRest]);
}

/// The owner narrowed the order policy and confirmed it: what it shuts in is told at once, whatever wanted to close it.
#[tokio::test(start_paused = true)]
async fn an_exit_that_the_order_policy_refuses_calls_a_person() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    let size = OrderSize::Base(Quantity::new(dec("0.01")).unwrap());
    opened(&engine, TradeSignal { size, protection: None, ..entry("in") }).await;
    let alarm = || engine.venues()[0].detail.clone().unwrap_or_default();
    venue.script([Answer::AgainstPolicy]);
    let refused = settled(&engine, exit(user(1), "out", "0.01")).await;
    assert_eq!(refused.reason.as_ref().unwrap().code, "order_policy");
    assert!(alarm().contains("an exit of BTC-USD at a was not signed"), "{}", alarm());
    assert_eq!(settled(&engine, exit(user(1), "again", "0.01")).await.state, OrderState::Filled);
    until("the alarm to end", async || alarm().is_empty()).await;
    // An entry that it refuses is the policy at work.
    venue.script([Answer::AgainstPolicy]);
    let refused = settled(&engine, TradeSignal { size, protection: None, ..entry("more") }).await;
    assert_eq!((refused.reason.unwrap().code.as_str(), alarm().as_str()), ("order_policy", ""));
}

/// A key that signs at any time goes on watching, and a protection that came later undoes nothing.
#[tokio::test(start_paused = true)]
async fn nothing_else_is_undone_for_a_stop_that_is_refused() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    venue.script([Answer::Taken, Answer::Rejected]);
    opened(&engine, entry("in")).await;
    rests(&venue, "58000", "0.01").await;
    assert_eq!((held(&platform).await, causes(&platform)), (dec("0.01"), vec![]));

    let (platform, venue, engine) = attended().await;
    opened(&engine, entry("in")).await;
    rests(&venue, "58000", "0.01").await;
    let id = platform.position(user(1), "BTC-USD").await.unwrap().id;
    venue.script([Answer::Rejected]);
    engine.protect(user(1), &id, plan(Some("59000"), &[])).await.unwrap();
    rests(&venue, "59000", "0.01").await;
    assert_eq!((held(&platform).await, causes(&platform)), (dec("0.01"), vec![]));
    // And one that could never rest is refused before it takes the place of one that does.
    let lost = engine.protect(user(1), &id, plan(Some("0.001"), &[])).await;
    assert!(lost.unwrap_err().to_string().contains("would not rest there"));
    rests(&venue, "59000", "0.01").await;
}

#[tokio::test(start_paused = true)]
async fn a_stop_that_is_taken_in_part_by_another_exit_undoes_nothing() {
    let (platform, venue, engine) = attended().await;
    opened(&engine, entry("in")).await;
    rests(&venue, "58000", "0.01").await;
    let out = settled(&engine, exit(user(1), "part", "0.004")).await;
    assert_eq!(out.state, OrderState::Filled);
    rests(&venue, "58000", "0.006").await;
    assert_eq!(causes(&platform), []);
    set_price(&venue, "57000");
    over(&platform, &venue).await;
    assert_eq!(causes(&platform), [HitCause::Price]);
}

/// An entry that rests from the time when the key signed at any time.
async fn with_an_entry_that_rests() -> (Platform, Arc<FakeVenue>, Arc<Engine>, Order) {
    let (platform, venue) = Platform::single();
    venue.world().filling = Filling::Nothing;
    let engine = platform.start().await;
    let order = engine.submit(limit("gtc", "59000", TimeInForce::Gtc)).await.unwrap().order;
    state(&engine, user(1), order.id(), OrderState::Working).await;
    engine.stop().await;
    drop(engine);
    platform.vault.keep_by_session(user(1));
    venue.world().filling = Filling::Whole;
    let engine = platform.start().await;
    (platform, venue, engine, order)
}

#[tokio::test(start_paused = true)]
async fn before_the_key_is_locked_entries_are_cancelled_and_nothing_is_opened_any_more() {
    let (platform, venue, engine, order) = with_an_entry_that_rests().await;
    opened(&engine, entry("in")).await;
    let left = engine.close_account(user(1), &venue.id, Duration::from_secs(5)).await.unwrap();
    assert_eq!((left.entries, left.unguarded), (vec![], vec![]));
    assert_eq!(left.resting.len(), 1, "the stop");
    assert_eq!(resting(&venue), [(Side::Sell, Some(price("58000")), dec("0.01"))]);
    let cancelled = state(&engine, user(1), order.id(), OrderState::Cancelled).await;
    assert!(why(&cancelled).contains("the key that it needs is being locked"), "{}", why(&cancelled));
    let late = settled(&engine, entry("late")).await;
    assert!(why(&late).contains("its key is being locked"), "{}", why(&late));
    // The way out stays open.
    assert_eq!(settled(&engine, exit(user(1), "out", "0.01")).await.state, OrderState::Filled);
    over(&platform, &venue).await;
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_cancelled_in_time_is_told() {
    let (_platform, venue, engine, order) = with_an_entry_that_rests().await;
    venue.world().cancels_lost = 1_000;
    let left = engine.close_account(user(1), &venue.id, Duration::from_secs(5)).await.unwrap();
    assert_eq!(left.entries, [order.id()]);
    let alarm = engine.venues()[0].detail.clone().unwrap_or_default();
    assert!(alarm.contains("may still fill at a while the key there is locked"), "{alarm}");
}

#[tokio::test(start_paused = true)]
async fn an_unlock_that_ends_by_its_time_is_prepared_for() {
    let (platform, venue, engine, order) = with_an_entry_that_rests().await;
    let now = nija_core::Clock::now(&platform.clock);
    let until = now.plus(Duration::from_secs(600));
    engine.connect_until(user(1), &venue.id, now, until).await.unwrap();
    tokio::time::sleep(Duration::from_secs(500)).await;
    assert_eq!(resting(&venue).len(), 1, "it rests for as long as the key is open");
    opened(&engine, entry("early")).await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    let cancelled = state(&engine, user(1), order.id(), OrderState::Cancelled).await;
    assert!(nija_core::Clock::now(&platform.clock) < until, "while the key is open");
    assert!(why(&cancelled).contains("is being locked"), "{}", why(&cancelled));
    let late = settled(&engine, entry("late")).await;
    assert!(why(&late).contains("its key is being locked"), "{}", why(&late));
    // Unlocked anew before it ended.
    engine.connect_until(user(1), &venue.id, now, until.plus(Duration::from_secs(600))).await.unwrap();
    opened(&engine, entry("again")).await;
    rests(&venue, "58000", "0.02").await;
}

#[tokio::test(start_paused = true)]
async fn a_position_that_is_locked_away_without_a_stop_is_told() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    opened(&engine, entry("in")).await;
    rests(&venue, "58000", "0.01").await;
    let at = venue.orders(user(1))[1].id.clone();
    engine.disconnect(user(1), &venue.id).await;
    // The venue ends the stop while nobody looks; the next unlock finds it and places it anew.
    venue.world().end(user(1), &at);
    assert_eq!(resting(&venue), []);
    engine.connect(user(1), &venue.id).await.unwrap();
    rests(&venue, "58000", "0.01").await;
    let id = platform.position(user(1), "BTC-USD").await.unwrap().id;
    venue.world().reads_fail = false;
    engine.unprotect(user(1), &id).await.unwrap();
    until("nothing to rest", async || resting(&venue).is_empty()).await;
    engine.disconnect(user(1), &venue.id).await;
    engine.protect(user(1), &id, plan(Some("58000"), &[])).await.unwrap();
    until("a person to be called", async || {
        engine.venues()[0].detail.as_ref().is_some_and(|it| it.contains("is guarded by nothing"))
    })
    .await;
    engine.connect(user(1), &venue.id).await.unwrap();
    rests(&venue, "58000", "0.01").await;
    until("the alarm to end", async || {
        engine.venues()[0].detail.as_ref().is_none_or(|it| !it.contains("is guarded by nothing"))
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_stop_is_sized_by_what_is_there_when_its_account_has_been_read() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    opened(&engine, TradeSignal { protection: None, ..entry("in") }).await;
    let id = platform.position(user(1), "BTC-USD").await.unwrap().id;
    platform.vault.keep_by_session(user(1));
    engine.disconnect(user(1), &venue.id).await;
    // Closed by hand while the key is locked.
    let (symbol, quantity) = (crate::support::symbol("BTC-USD"), Quantity::new(dec("0.004")).unwrap());
    let now = platform.clock.now();
    let ioc = TimeInForce::Ioc;
    venue.world().arrive(user(1), None, &symbol, Side::Sell, OrderKind::Market, quantity, ioc, now);
    venue.world().reads_hang = true;
    let (unlocked, at) = (engine.clone(), venue.id.clone());
    let unlocks = tokio::spawn(async move { unlocked.connect(user(1), &at).await });
    // The guard looks meanwhile: for no longer than an order waits for its account.
    tokio::time::sleep(Duration::from_secs(1)).await;
    engine.protect(user(1), &id, plan(Some("58000"), &[])).await.unwrap();
    tokio::time::sleep(Duration::from_secs(3)).await;
    venue.world().reads_hang = false;
    unlocks.await.unwrap().unwrap();
    rests(&venue, "58000", "0.006").await;
    let stops = platform.ledger.all_orders().into_iter();
    let stops = stops.filter(|order| matches!(order.intent.signal.kind, OrderKind::StopLimit { .. }));
    let asked: Vec<_> = stops.map(|order| order.intent.signal.size).collect();
    assert_eq!(asked, [OrderSize::Base(Quantity::new(dec("0.006")).unwrap())]);
}
