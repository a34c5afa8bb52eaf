//! A stop beside the user's own exits, and beside what is too little to be sold.

use nija_core::{OrderKind, OrderState, Quantity, Side, SignalType, TimeInForce, TradeSignal};
use nija_router::Engine;
use std::time::Duration;

use crate::{
    protection::{guarded, held, opened, over, plan, price, resting, rests, set_price},
    support::{FakeVenue, Filling, LONG, Platform, dec, exit, symbol, until, user},
};

/// The user sells all of it at 65,000, and waits for that.
async fn waits_for_more(engine: &Engine, venue: &FakeVenue) -> nija_core::OrderId {
    let dear = TradeSignal {
        kind: OrderKind::Limit { price: price("65000") },
        time_in_force: TimeInForce::Gtc,
        ..exit(user(1), "dear", "0.01")
    };
    venue.world().filling = Filling::Nothing;
    let order = engine.submit(dear).await.unwrap().order.id();
    until("it to rest", async || resting(venue) == [(Side::Sell, None, dec("0.01"))]).await;
    venue.world().filling = Filling::Whole;
    order
}

#[tokio::test(start_paused = true)]
async fn a_stop_that_goes_off_takes_what_the_users_own_exits_hold() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    opened(&engine, guarded("in", plan(Some("58000"), &[]))).await;
    rests(&venue, "58000", "0.01").await;
    let dear = waits_for_more(&engine, &venue).await;
    set_price(&venue, "57900");
    over(&platform, &venue).await;
    let dear = engine.settled(user(1), dear, LONG).await.unwrap();
    assert_eq!(dear.state, OrderState::Cancelled);
    let why = dear.reason.unwrap().text;
    assert!(why.contains("the stop of its position went off"), "{why}");
    let last = platform.ledger.all_orders().pop().unwrap();
    assert_eq!((last.state, last.intent.signal.signal_type), (OrderState::Filled, SignalType::StopLoss));
}

#[tokio::test(start_paused = true)]
async fn a_take_profit_leaves_the_users_own_exits_what_they_hold_and_takes_what_they_leave() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    opened(&engine, guarded("in", plan(Some("58000"), &[("61000", "0.5")]))).await;
    let dear = waits_for_more(&engine, &venue).await;
    let orders = platform.ledger.all_orders().len();
    set_price(&venue, "61050");
    tokio::time::sleep(Duration::from_secs(120)).await;
    assert_eq!((platform.ledger.all_orders().len(), held(&platform).await), (orders, dec("0.01")));
    engine.cancel(user(1), dear).await.unwrap();
    until("half of it to be sold", async || held(&platform).await == dec("0.005")).await;
    rests(&venue, "58000", "0.005").await;
}

#[tokio::test(start_paused = true)]
async fn what_is_too_little_to_be_sold_is_not_tried_for_ever() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    opened(&engine, guarded("in", plan(Some("58000"), &[]))).await;
    rests(&venue, "58000", "0.01").await;
    // All but 60 cents' worth is sold elsewhere.
    let (quantity, at) = (Quantity::new(dec("0.00999")).unwrap(), nija_core::Clock::now(&platform.clock));
    let (btc, kind) = (symbol("BTC-USD"), OrderKind::Market);
    venue.world().arrive(user(1), None, &btc, Side::Sell, kind, quantity, TimeInForce::Ioc, at);
    until("nothing to rest", async || resting(&venue).is_empty() && held(&platform).await == dec("0.00001"))
        .await;
    let orders = platform.ledger.all_orders().len();
    set_price(&venue, "57900");
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!(platform.ledger.all_orders().len(), orders);
    assert_eq!(engine.venues()[0].detail, None);
    // The stop has done what it could: what is bought next is not its to sell.
    assert_eq!(engine.protections(user(1)).await.unwrap(), []);
    let again = engine.submit(crate::support::entry(user(1), "again")).await.unwrap().order;
    assert_eq!(engine.settled(user(1), again.id(), LONG).await.unwrap().state, OrderState::Filled);
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert!(held(&platform).await > dec("0.001"));
}
