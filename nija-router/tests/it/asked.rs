//! What a platform asks of its engine besides orders.

use nija_core::{CandleInterval, Order, OrderKind, OrderState, Price, Symbol, TradeSignal, VenueId};
use nija_router::{Engine, EngineError};
use std::{collections::BTreeSet, time::Duration};

use crate::support::{
    Answer, Filling, LONG, Platform, dec, entry, exit, resting, state, symbol, until, user,
};

async fn filled(engine: &Engine, signal: TradeSignal) -> Order {
    let user = signal.user;
    let order = engine.submit(signal).await.unwrap().order;
    engine.settled(user, order.id(), LONG).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn what_is_held_and_what_is_asked_for_is_at_stake_until_it_is_over() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    let at_stake = async || engine.at_stake(user(1)).await.unwrap();
    let pairs = |names: &[&str]| names.iter().map(|name| symbol(name)).collect::<BTreeSet<Symbol>>();
    assert_eq!(at_stake().await, pairs(&[]));
    filled(&engine, entry(user(1), "in")).await;
    assert_eq!(at_stake().await, pairs(&["BTC-USD"]));

    venue.world().filling = Filling::Nothing;
    let price = Price::new(dec("2970")).unwrap();
    let waits = TradeSignal {
        symbol: symbol("ETH-USD"),
        kind: OrderKind::Limit { price },
        ..resting(user(1), "waits")
    };
    let order = engine.submit(waits).await.unwrap().order.id();
    state(&engine, user(1), order, OrderState::Working).await;
    assert_eq!(at_stake().await, pairs(&["BTC-USD", "ETH-USD"]));
    assert_eq!(engine.at_stake(user(2)).await.unwrap(), pairs(&[]), "another's");

    engine.cancel(user(1), order).await.unwrap();
    engine.settled(user(1), order, LONG).await.unwrap();
    assert_eq!(at_stake().await, pairs(&["BTC-USD"]));
    venue.world().filling = Filling::Whole;
    filled(&engine, exit(user(1), "out", "1")).await;
    assert_eq!(at_stake().await, pairs(&[]));
}

#[tokio::test(start_paused = true)]
async fn an_order_is_acknowledged_once_its_venue_took_it_filled_or_not() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    venue.world().filling = Filling::Nothing;
    venue.world().streaming = false;
    venue.script([Answer::TakenSlowly(Duration::from_secs(3))]);
    let order = engine.submit(resting(user(1), "x")).await.unwrap().order.id();
    let early = engine.acknowledged(user(1), order, Duration::from_secs(1)).await.unwrap();
    assert_eq!(early.state, OrderState::Queued, "on its way, and perhaps there");
    let began = tokio::time::Instant::now();
    let taken = engine.acknowledged(user(1), order, LONG).await.unwrap();
    assert_eq!((taken.state, began.elapsed().as_secs()), (OrderState::Working, 2));
    let strangers = engine.acknowledged(user(2), order, LONG).await;
    assert!(matches!(strangers, Err(EngineError::NoSuchOrder)), "{strangers:?}");
}

#[tokio::test(start_paused = true)]
async fn candles_come_from_the_venue_asked_for_or_the_first_that_lists_the_pair() {
    let (platform, _, b) = Platform::pair();
    b.world().prices.insert(symbol("SOL-USD"), dec("150"));
    let engine = platform.start().await;
    let ask = async |venue: Option<&str>, pair: &str| {
        let venue = venue.map(|venue| VenueId::new(venue).unwrap());
        engine.candles(venue.as_ref(), &symbol(pair), CandleInterval::OneHour, 5).await
    };
    assert!(ask(Some("b"), "BTC-USD").await.is_ok() && ask(None, "SOL-USD").await.is_ok());
    let words = |answer: Result<_, EngineError>| answer.map(|_: Vec<_>| ()).unwrap_err().to_string();
    assert!(words(ask(None, "XRP-USD").await).contains("no venue lists XRP-USD"));
    assert!(words(ask(Some("c"), "BTC-USD").await).contains("there is no venue c on this platform"));
}

#[tokio::test(start_paused = true)]
async fn fees_are_the_users_own_or_the_published_ones_and_none_of_no_venue() {
    let (platform, _) = Platform::single();
    let engine = platform.start().await;
    let fees = |of, venue: &str| engine.fees(of, &VenueId::new(venue).unwrap(), &symbol("BTC-USD"));
    filled(&engine, entry(user(1), "x")).await;
    until("the user's own are known", async || fees(user(1), "a").from_venue).await;
    let published = fees(user(2), "a");
    assert_eq!((published.taker, published.from_venue), (dec("0.0026"), false));
    assert_eq!(fees(user(1), "nowhere").taker, dec("0"));
}

#[tokio::test(start_paused = true)]
async fn a_position_of_old_is_told_at_todays_price() {
    let (platform, venue) = Platform::single();
    let engine = platform.start().await;
    filled(&engine, entry(user(1), "x")).await;
    let held = platform.position(user(1), "BTC-USD").await.unwrap();
    venue.world().prices.insert(symbol("BTC-USD"), dec("66000"));
    // A long is closed at the bid.
    let bid = Price::new(dec("65993.4")).unwrap();
    until("the price comes", async || engine.marked(&held).await.unwrap().price == Some(bid)).await;
    let marked = engine.marked(&held).await.unwrap();
    assert_eq!(marked.unrealised, Some(held.unrealised_pnl(bid)));
    assert!(!marked.dust && marked.rate == Some(dec("1")));
}
