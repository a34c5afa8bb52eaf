//! What guards positions: resting at the venue where it takes stops, watched otherwise, through partial fills, restarts and other exits.

use nija_core::{
    Clock, Ledger, OrderKind, OrderSize, OrderState, Price, ProtectionPlan, Quantity, RestingOrders, Side,
    TakeProfit, TimeInForce, TradeSignal, Trail,
};
use nija_router::{Engine, EngineError, ProtectionStatus};
use rust_decimal::Decimal;
use std::{sync::Arc, time::Duration};

use crate::support::{
    Answer, Crash, FakeVenue, Filling, LONG, Platform, TestClock, dec, entry, exit, symbol, until, user,
};

pub(crate) fn price(text: &str) -> Price {
    text.parse().unwrap()
}

pub(crate) fn plan(stop: Option<&str>, profits: &[(&str, &str)]) -> ProtectionPlan {
    let take_profits =
        profits.iter().map(|(at, share)| TakeProfit { price: price(at), share: dec(share) }).collect();
    ProtectionPlan { stop: stop.map(price), trailing: None, take_profits }
}

/// 0.01 BTC at market, guarded.
pub(crate) fn guarded(id: &str, plan: ProtectionPlan) -> TradeSignal {
    TradeSignal {
        size: OrderSize::Base(Quantity::new(dec("0.01")).unwrap()),
        protection: Some(Box::new(plan)),
        ..entry(user(1), id)
    }
}

fn watching() -> (Platform, Arc<FakeVenue>) {
    let clock = TestClock::new();
    let venue = FakeVenue::new("a", &clock, |contract| {
        contract.resting = RestingOrders { limit: true, stop_limit: false, bracket: false };
    });
    let platform = Platform::new(clock, vec![venue.clone()]);
    platform.join(user(1), 10_000);
    (platform, venue)
}

pub(crate) async fn opened(engine: &Engine, signal: TradeSignal) {
    let order = engine.submit(signal).await.unwrap().order;
    let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
    assert_eq!(order.state, OrderState::Filled, "{:?}", order.reason);
}

/// What is open at the venue: side, stop, base units.
pub(crate) fn resting(venue: &FakeVenue) -> Vec<(Side, Option<Price>, Decimal)> {
    let open = |state| matches!(state, OrderState::Working | OrderState::PartialFill);
    let orders = venue.orders(user(1));
    let open = orders.iter().filter(|order| open(order.state));
    open.map(|order| (order.side, order.kind.stop(), order.quantity.get() - order.filled.get())).collect()
}

pub(crate) fn set_price(venue: &FakeVenue, to: &str) {
    venue.world().prices.insert(symbol("BTC-USD"), dec(to));
}

pub(crate) async fn held(platform: &Platform) -> Decimal {
    platform.position(user(1), "BTC-USD").await.map(|open| open.quantity).unwrap_or_default()
}

pub(crate) async fn status(engine: &Engine) -> ProtectionStatus {
    engine.protections(user(1)).await.unwrap().remove(0)
}

pub(crate) async fn rests(venue: &FakeVenue, stop: &str, quantity: &str) {
    let wanted = [(Side::Sell, Some(price(stop)), dec(quantity))];
    until("the stop to rest", async || resting(venue) == wanted).await;
}

/// Nothing is held, nothing is open, and no more was sold than bought.
pub(crate) async fn over(platform: &Platform, venue: &FakeVenue) {
    until("the position to be closed", async || held(platform).await.is_zero()).await;
    until("the venue to have nothing open", async || resting(venue).is_empty()).await;
    assert_eq!(platform.ledger.protections().await.unwrap(), []);
    let orders = venue.orders(user(1));
    let sum = |side| orders.iter().filter(|o| o.side == side).map(|o| o.filled.get()).sum::<Decimal>();
    assert_eq!(sum(Side::Buy), sum(Side::Sell));
}

#[tokio::test(start_paused = true)]
async fn a_stop_rests_for_the_whole_position_and_escalates_to_market_when_it_does_not_fill() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    opened(&engine, guarded("in", plan(Some("58000"), &[]))).await;
    rests(&venue, "58000", "0.01").await;
    let shown = status(&engine).await;
    assert!(shown.resting.is_some() && shown.note.is_none(), "{shown:?}");
    assert_eq!(shown.stop, Some(price("58000")));
    // The limit is far enough below that a venue with a limit of its own would take it.
    assert_eq!(venue.orders(user(1))[1].kind.worst_price(), Some(price("54520")));
    set_price(&venue, "57900");
    let began = platform.clock.now();
    over(&platform, &venue).await;
    let took = platform.clock.now().since(began);
    assert!(took >= platform.config.protection.escalate_after, "{took:?}");
    let kinds: Vec<_> = venue.orders(user(1)).iter().map(|order| order.kind.as_str()).collect();
    assert_eq!(kinds, ["limit", "stop_limit", "market"]);
}

#[tokio::test(start_paused = true)]
async fn a_stop_that_fills_at_the_venue_ends_it() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    opened(&engine, guarded("in", plan(Some("58000"), &[]))).await;
    rests(&venue, "58000", "0.01").await;
    let (id, at) = (venue.orders(user(1))[1].id.clone(), platform.clock.now());
    venue.world().fill(user(1), &id, Quantity::new(dec("0.01")).unwrap(), at);
    over(&platform, &venue).await;
    assert_eq!(venue.placements(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_resting_stop_that_fills_in_part_is_followed_by_the_market() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    opened(&engine, guarded("in", plan(Some("58000"), &[]))).await;
    rests(&venue, "58000", "0.01").await;
    let (id, at) = (venue.orders(user(1))[1].id.clone(), platform.clock.now());
    venue.world().fill(user(1), &id, Quantity::new(dec("0.004")).unwrap(), at);
    over(&platform, &venue).await;
    assert_eq!(venue.placements(), 3);
}

#[tokio::test(start_paused = true)]
async fn where_the_venue_takes_no_stops_it_is_watched() {
    let (platform, venue) = watching();
    let engine = platform.start().await;
    opened(&engine, guarded("in", plan(Some("58000"), &[]))).await;
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert_eq!((venue.placements(), resting(&venue)), (1, vec![]));
    assert!(status(&engine).await.note.unwrap().contains("takes no stop orders"));
    set_price(&venue, "57900");
    over(&platform, &venue).await;
    let sold = platform.ledger.all_orders().pop().unwrap();
    assert_eq!(sold.intent.signal.signal_type, nija_core::SignalType::StopLoss);
}

#[tokio::test(start_paused = true)]
async fn take_profits_sell_their_shares_and_the_stop_shrinks() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    let profits = [("61000", "0.5"), ("62000", "0.3"), ("63000", "0.2")];
    opened(&engine, guarded("in", plan(Some("58000"), &profits))).await;
    rests(&venue, "58000", "0.01").await;
    set_price(&venue, "61050");
    rests(&venue, "58000", "0.005").await;
    assert_eq!(held(&platform).await, dec("0.005"));
    set_price(&venue, "62100");
    rests(&venue, "58000", "0.002").await;
    // Back and up again: what was taken is not taken again.
    set_price(&venue, "60000");
    tokio::time::sleep(Duration::from_secs(30)).await;
    set_price(&venue, "62500");
    tokio::time::sleep(Duration::from_secs(30)).await;
    rests(&venue, "58000", "0.002").await;
    set_price(&venue, "63100");
    over(&platform, &venue).await;
}

#[tokio::test(start_paused = true)]
async fn one_take_profit_for_all_rests_with_the_stop_as_a_bracket() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    opened(&engine, guarded("in", plan(Some("58000"), &[("61000", "1")]))).await;
    rests(&venue, "58000", "0.01").await;
    assert_eq!(venue.orders(user(1))[1].kind.take_profit(), Some(price("61000")));
    let (id, at) = (venue.orders(user(1))[1].id.clone(), platform.clock.now());
    set_price(&venue, "61000");
    venue.world().fill(user(1), &id, Quantity::new(dec("0.01")).unwrap(), at);
    over(&platform, &venue).await;
    assert_eq!(venue.placements(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_trailing_stop_follows_and_never_goes_back_whatever_restarts() {
    let (platform, venue) = watching();
    let engine = platform.start().await;
    let trailing = Some(Trail::Share(dec("0.02")));
    opened(&engine, guarded("in", ProtectionPlan { trailing, ..ProtectionPlan::default() })).await;
    set_price(&venue, "65000");
    until("it to follow", async || status(&engine).await.stop > Some(price("63600"))).await;
    let high = status(&engine).await.stop.unwrap();
    set_price(&venue, "64000");
    tokio::time::sleep(Duration::from_secs(20)).await;
    engine.stop().await;
    drop(engine);
    let engine = platform.start().await;
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(status(&engine).await.stop, Some(high));
    assert_eq!(held(&platform).await, dec("0.01"));
    set_price(&venue, "63600");
    over(&platform, &venue).await;
}

#[tokio::test(start_paused = true)]
async fn a_resting_trailing_stop_is_replaced_as_it_follows() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    let trailing = Some(Trail::Price(price("1000")));
    opened(&engine, guarded("in", ProtectionPlan { trailing, ..ProtectionPlan::default() })).await;
    until("a stop to rest", async || !resting(&venue).is_empty()).await;
    let first = resting(&venue)[0].1;
    set_price(&venue, "63000");
    until("another in its place", async || {
        let now = resting(&venue);
        now.len() == 1 && now[0].1 > first
    })
    .await;
    assert_eq!(resting(&venue)[0].2, dec("0.01"));
}

#[tokio::test(start_paused = true)]
async fn it_grows_with_the_fills_of_its_entry() {
    let (platform, venue) = Platform::single();
    venue.world().filling = Filling::Half;
    let engine = platform.start().await;
    let limit = TradeSignal {
        kind: OrderKind::Limit { price: price("59400") },
        time_in_force: TimeInForce::Gtc,
        ..guarded("in", plan(Some("58000"), &[]))
    };
    engine.submit(limit).await.unwrap();
    until("half of it to be guarded", async || {
        resting(&venue).contains(&(Side::Sell, Some(price("58000")), dec("0.005")))
    })
    .await;
    let (id, at) = (venue.orders(user(1))[0].id.clone(), platform.clock.now());
    venue.world().fill(user(1), &id, Quantity::new(dec("0.005")).unwrap(), at);
    rests(&venue, "58000", "0.01").await;
}

#[tokio::test(start_paused = true)]
async fn another_exit_gets_the_goods_that_the_stop_holds_and_the_rest_stays_guarded() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    opened(&engine, guarded("in", plan(Some("58000"), &[]))).await;
    rests(&venue, "58000", "0.01").await;
    let out = engine.submit(exit(user(1), "part", "0.004")).await.unwrap().order;
    let out = engine.settled(user(1), out.id(), LONG).await.unwrap();
    assert_eq!((out.state, out.filled.get()), (OrderState::Filled, dec("0.004")));
    rests(&venue, "58000", "0.006").await;
    let open = platform.position(user(1), "BTC-USD").await.unwrap();
    engine.close_position(user(1), &open.id, "all".parse().unwrap()).await.unwrap();
    over(&platform, &venue).await;
}

#[tokio::test(start_paused = true)]
async fn a_position_closed_elsewhere_takes_its_stop_along() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    opened(&engine, guarded("in", plan(Some("58000"), &[]))).await;
    rests(&venue, "58000", "0.01").await;
    let (quantity, at) = (Quantity::new(dec("0.01")).unwrap(), platform.clock.now());
    let btc = symbol("BTC-USD");
    let market = (OrderKind::Market, TimeInForce::Ioc);
    venue.world().arrive(user(1), None, &btc, Side::Sell, market.0, quantity, market.1, at);
    over(&platform, &venue).await;
}

#[tokio::test(start_paused = true)]
async fn an_old_price_sets_nothing_off_and_calls_a_person() {
    let (platform, venue) = watching();
    let engine = platform.start().await;
    opened(&engine, guarded("in", plan(Some("58000"), &[]))).await;
    // The symbol has no price any more.
    venue.world().prices.remove(&symbol("BTC-USD"));
    tokio::time::sleep(Duration::from_secs(120)).await;
    let alarm = || engine.venues()[0].detail.clone().unwrap_or_default();
    assert!(alarm().contains("no fresh price"), "{}", alarm());
    assert_eq!((venue.placements(), held(&platform).await), (1, dec("0.01")));
    set_price(&venue, "57900");
    over(&platform, &venue).await;
    until("the alarm to end", async || !alarm().contains("no fresh price")).await;
}

#[tokio::test(start_paused = true)]
async fn it_is_set_changed_and_taken_away_later() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    let size = OrderSize::Base(Quantity::new(dec("0.01")).unwrap());
    opened(&engine, TradeSignal { size, ..entry(user(1), "in") }).await;
    let id = platform.position(user(1), "BTC-USD").await.unwrap().id;
    let wrong = engine.protect(user(1), &id, plan(Some("61000"), &[])).await;
    assert!(matches!(wrong, Err(EngineError::Invalid(words)) if words.contains("must be below the market")));
    assert_eq!(engine.protect(user(2), &id, plan(Some("1"), &[])).await, Err(EngineError::NoSuchPosition));
    engine.protect(user(1), &id, plan(Some("58000"), &[])).await.unwrap();
    rests(&venue, "58000", "0.01").await;
    engine.protect(user(1), &id, plan(Some("59000"), &[])).await.unwrap();
    rests(&venue, "59000", "0.01").await;
    assert!(engine.unprotect(user(1), &id).await.unwrap());
    until("nothing to rest", async || resting(&venue).is_empty()).await;
    assert!(!engine.unprotect(user(1), &id).await.unwrap());
    set_price(&venue, "50000");
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(held(&platform).await, dec("0.01"));
}

#[tokio::test(start_paused = true)]
async fn an_entry_with_a_stop_on_the_wrong_side_is_refused_on_record() {
    let (platform, _) = Platform::single();
    let engine = platform.start().await;
    let refused = engine.submit(guarded("in", plan(Some("61000"), &[]))).await.unwrap().order;
    assert_eq!(refused.reason.unwrap().code, "protection_invalid");
    let out = TradeSignal { protection: Some(Box::default()), ..exit(user(1), "out", "1") };
    assert!(matches!(engine.submit(out).await, Err(EngineError::Invalid(_))));
}

#[tokio::test(start_paused = true)]
async fn a_key_that_signs_only_while_its_user_is_there_needs_a_stop_that_rests() {
    let (platform, venue) = Platform::single();
    platform.vault.keep_by_session(user(1));
    let engine = platform.start().await;
    let refused = engine.submit(entry(user(1), "bare")).await.unwrap().order;
    assert!(refused.reason.unwrap().text.contains("no stop that rests there"));
    let profit_only = engine.submit(guarded("profit", plan(None, &[("61000", "1")]))).await.unwrap().order;
    assert!(profit_only.reason.unwrap().text.contains("no stop that rests there"));
    opened(&engine, guarded("in", plan(Some("58000"), &[]))).await;
    rests(&venue, "58000", "0.01").await;
    let id = platform.position(user(1), "BTC-USD").await.unwrap().id;
    for refused in [
        engine.unprotect(user(1), &id).await.map(drop),
        engine.protect(user(1), &id, plan(None, &[("61000", "1")])).await.map(drop),
    ] {
        assert!(matches!(refused, Err(EngineError::Invalid(words)) if words.contains("must keep a stop")));
    }
    let (platform, _) = watching();
    platform.vault.keep_by_session(user(1));
    let engine = platform.start().await;
    let refused = engine.submit(guarded("in", plan(Some("58000"), &[]))).await.unwrap().order;
    assert!(refused.reason.unwrap().text.contains("no stop that rests there"));
}

#[tokio::test(start_paused = true)]
async fn a_kill_switch_that_flattens_takes_the_stop_along_and_one_that_does_not_leaves_it() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    opened(&engine, guarded("in", plan(Some("58000"), &[]))).await;
    rests(&venue, "58000", "0.01").await;
    let scope = nija_core::KillScope::User;
    let report = engine.kill(user(1), scope.clone(), false, LONG).await.unwrap();
    assert!(report.done && report.unconfirmed.is_empty(), "{report:?}");
    rests(&venue, "58000", "0.01").await;
    let report = engine.kill(user(1), scope, true, LONG).await.unwrap();
    assert!(report.done && report.flat, "{report:?}");
    over(&platform, &venue).await;
}

#[tokio::test(start_paused = true)]
async fn a_refused_stop_is_watched_and_tried_again() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    venue.script([Answer::Taken, Answer::Rejected]);
    opened(&engine, guarded("in", plan(Some("58000"), &[]))).await;
    until("the refusal", async || venue.placements() == 2).await;
    rests(&venue, "58000", "0.01").await;
    assert_eq!(venue.placements(), 3);
}

/// The process dies before and after each commit in turn: what was guarded is closed once, whatever was on its way.
#[tokio::test(start_paused = true)]
async fn it_survives_a_crash_at_every_commit() {
    for crash in [Crash::BeforeCommit, Crash::AfterCommit] {
        for at in 0..14 {
            let (platform, venue) = Platform::single();
            let engine = platform.start().await;
            let profits = [("61000", "0.5")];
            opened(&engine, guarded("in", plan(Some("58000"), &profits))).await;
            platform.ledger.crash_at(at, crash);
            let life = async {
                set_price(&venue, "61050");
                tokio::time::sleep(Duration::from_secs(40)).await;
                set_price(&venue, "57000");
                tokio::time::sleep(Duration::from_secs(60)).await;
            };
            tokio::select! {
                () = life => {}
                () = platform.ledger.crashed() => {}
            }
            engine.stop().await;
            drop(engine);
            platform.ledger.recover();
            let _engine = platform.start().await;
            set_price(&venue, "57000");
            over(&platform, &venue).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_replaced_leaves_a_resting_stop_and_a_watched_one_as_they_are() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    opened(&engine, guarded("in", plan(Some("58000"), &[("61000", "1")]))).await;
    rests(&venue, "58000", "0.01").await;
    let replace = async |engine: &Engine, platform: &Platform, venue: &FakeVenue| {
        platform.vault.take_away(user(1), &venue.id);
        engine.disconnect(user(1), &venue.id).await;
        platform.vault.grant(user(1), &venue.id, platform.clock.now());
        engine.connect(user(1), &venue.id).await.unwrap();
        tokio::time::sleep(Duration::from_secs(30)).await;
    };
    replace(&engine, &platform, &venue).await;
    assert_eq!(venue.placements(), 2, "the stop that rests is the one that rested");
    rests(&venue, "58000", "0.01").await;
    // What happens to it under the new key is heard: gone, it rests again.
    let id = venue.orders(user(1))[1].id.clone();
    venue.world().end(user(1), &id);
    until("another stop", async || venue.placements() == 3).await;
    rests(&venue, "58000", "0.01").await;
    let (id, at) = (venue.orders(user(1))[2].id.clone(), platform.clock.now());
    venue.world().fill(user(1), &id, Quantity::new(dec("0.01")).unwrap(), at);
    over(&platform, &venue).await;

    let (platform, venue) = watching();
    let engine = platform.start().await;
    opened(&engine, guarded("in", plan(Some("58000"), &[]))).await;
    replace(&engine, &platform, &venue).await;
    set_price(&venue, "57900");
    over(&platform, &venue).await;
}
