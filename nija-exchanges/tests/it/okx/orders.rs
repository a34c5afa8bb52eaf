//! What is particular to orders, keys and fees at OKX.

use nija_core::{
    Clock, Executor, Lookup, OrderKind, OrderState, Price, Quantity, Side, SystemClock, TimeInForce,
    VenueError,
};
use nija_exchanges::{
    okx::{OkxConfig, OkxExecutor},
    testing::{Harness, Trader},
};
use nija_sim::{Fault, FaultKind, NewAccount};
use std::{sync::Arc, time::Duration};

use super::harness::{ORDER, Okx, usdt};
use crate::support::{dec, id};

#[tokio::test]
async fn a_key_that_may_withdraw_is_known_as_one() {
    let okx = Okx::start().await;
    let permissions = ["read_only", "trade", "withdraw"].map(str::to_owned);
    let new = NewAccount { permissions: Some(permissions.into()), ..NewAccount::default() };
    let rights = okx.executor.key_rights(&okx.signed(&okx.venue().add_account(new))).await.unwrap();
    assert_eq!((rights.can_trade, rights.can_withdraw), (Some(true), Some(true)));
    assert_eq!(rights.names.len(), 3);
}

#[tokio::test]
async fn a_wrong_secret_or_passphrase_is_the_keys_fault() {
    let okx = Okx::start().await;
    let (mut secret, mut passphrase) = (okx.key(), okx.key());
    secret.secret = okx.key().secret;
    passphrase.passphrase = Some("wrong".to_owned());
    for key in [secret, passphrase] {
        let error = okx.executor.balances(&okx.signed(&key)).await.unwrap_err();
        assert!(matches!(error, VenueError::KeyRefused { .. }), "{error}");
    }
}

#[tokio::test]
async fn an_order_that_reaches_the_venue_after_its_time_is_not_taken() {
    let okx = Okx::start().await;
    let trader = Trader::new(&okx).await;
    let quantity = trader.quantity().await;
    let price = trader.far(Side::Buy).await;
    let order = nija_exchanges::testing::venue_order(
        trader.account.user,
        uuid::Uuid::new_v4().to_string().parse().unwrap(),
        usdt(),
        Side::Buy,
        OrderKind::Limit { price },
        quantity,
        TimeInForce::Gtc,
        trader.now().plus(Duration::from_secs(1)),
    );
    okx.venue().fault(Fault::new(FaultKind::Delay).on(ORDER).ms(2_000));
    let error =
        trader.executor.place(&trader.account, &order, quantity.at(price).unwrap()).await.unwrap_err();
    assert!(matches!(error, VenueError::NonceRefused { .. }), "{error}");
    assert!(trader.executor.open_orders(&trader.account).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_clock_that_goes_off_is_followed_after_the_first_refusal() {
    let okx = Okx::start().await;
    let trader = Trader::new(&okx).await;
    let quantity = trader.quantity().await;
    for skew in [40_000, -40_000, 0] {
        okx.venue().fault(Fault::new(FaultKind::ClockSkew).ms(skew));
        let price = trader.far(Side::Buy).await;
        let kind = OrderKind::Limit { price };
        let (_, refused) = trader.place(Side::Buy, kind, quantity, TimeInForce::Gtc).await;
        let error = refused.unwrap_err();
        assert!(matches!(error, VenueError::NonceRefused { .. }) && error.may_try_again(), "{error}");
        let order = trader.rest(Side::Buy, quantity).await;
        trader.executor.cancel(&trader.account, &order).await.unwrap();
    }
}

#[tokio::test]
async fn what_the_venue_calls_unknown_is_in_doubt_and_found() {
    let okx = Okx::start().await;
    let trader = Trader::new(&okx).await;
    let quantity = trader.quantity().await;
    let price = trader.far(Side::Buy).await;
    // 50004: time ran out, which "does not mean that the request was successful or failed".
    okx.venue().fault(Fault::new(FaultKind::Unavailable).on(ORDER).processed(true));
    let kind = OrderKind::Limit { price };
    let (order, placed) = trader.place(Side::Buy, kind, quantity, TimeInForce::Gtc).await;
    let error = placed.unwrap_err();
    assert!(matches!(error, VenueError::AnswerLost { .. }), "{error}");
    let found = trader.executor.find(&trader.account, &order, trader.now()).await.unwrap();
    assert!(matches!(found, Lookup::Found(report) if report.state == OrderState::Working));
}

#[tokio::test]
async fn fees_come_out_of_what_is_received() {
    let okx = Okx::start().await;
    let trader = Trader::new(&okx).await;
    let since = trader.now().minus(Duration::from_secs(5));
    let taker = trader.executor.fees(&trader.account, &usdt()).await.unwrap().taker;
    let quantity = trader.quantity().await;
    let bought = trader.trade(Side::Buy, quantity).await;
    // All that was received can be sold, and not more.
    let held = trader.balance("BTC").await.1;
    assert!(held < quantity.get());
    let rest = Quantity::new(held).unwrap().floor_to(trader.instrument.lot_size);
    let sold = trader.trade(Side::Sell, rest).await;
    let fills = trader.executor.fills_since(&trader.account, since).await.unwrap();
    let of = |order: &nija_core::OrderRef| {
        fills.iter().filter(|fill| fill.client_id == Some(order.client_id)).collect::<Vec<_>>()
    };
    assert!(
        of(&bought).iter().all(|fill| fill.fee_asset == "BTC" && fill.fee == fill.quantity.get() * taker)
    );
    assert!(!of(&sold).is_empty() && of(&sold).iter().all(|fill| fill.fee_asset == "USDT"));
}

#[tokio::test]
async fn a_market_order_beyond_the_balance_is_refused_and_not_made_smaller() {
    let okx = Okx::start().await;
    let trader = okx.trader(&okx.key_with(1_000)).await;
    let quantity = Quantity::new(dec("0.1")).unwrap();
    let (order, placed) = trader.place(Side::Buy, OrderKind::Market, quantity, TimeInForce::Gtc).await;
    let error = placed.unwrap_err();
    assert!(matches!(error, VenueError::InsufficientFunds { .. }), "{error}");
    let found = trader.executor.find(&trader.account, &order, trader.now()).await.unwrap();
    assert_eq!(found, Lookup::Absent);
}

#[tokio::test]
async fn fills_of_many_pages_all_come_once_with_their_client_ids() {
    let okx = Okx::start().await;
    let key = okx.key();
    let trader = okx.trader(&key).await;
    let since = trader.now().minus(Duration::from_secs(5));
    let quantity = trader.quantity().await;
    let mut placed = Vec::new();
    for nth in 0..260 {
        let side = if nth % 2 == 0 { Side::Buy } else { Side::Sell };
        // What was bought is a little more than what can be sold.
        let quantity = if side == Side::Buy {
            quantity
        } else {
            Quantity::new(trader.balance("BTC").await.1).unwrap().floor_to(trader.instrument.lot_size)
        };
        placed.push(trader.trade(side, quantity).await.client_id);
    }
    // One that knows nothing of these orders, as after a restart.
    let fresh = OkxExecutor::new(Okx::config(okx.venue()), okx.clock()).unwrap();
    let fills = fresh.fills_since(&trader.account, since).await.unwrap();
    let mut seen: Vec<_> = fills.iter().map(|fill| fill.client_id.unwrap()).collect();
    seen.sort();
    seen.dedup();
    placed.sort();
    assert_eq!(seen, placed);
    assert_eq!(fills.len(), okx.venue().trades(&key.key).len());
    assert!(fills.windows(2).all(|pair| pair[0].at <= pair[1].at));
}

#[tokio::test]
async fn more_orders_than_a_page_holds_are_all_listed_and_all_cancelled() {
    let okx = Okx::start().await;
    let trader = okx.trader(&okx.key_with(1_000_000)).await;
    let quantity = trader.quantity().await;
    for _ in 0..130 {
        trader.rest(Side::Buy, quantity).await;
    }
    assert_eq!(trader.executor.open_orders(&trader.account).await.unwrap().len(), 130);
    assert_eq!(trader.executor.cancel_all(&trader.account).await.unwrap(), Some(130));
    assert!(trader.executor.open_orders(&trader.account).await.unwrap().is_empty());
}

#[tokio::test]
async fn two_users_who_trade_with_each_other_have_executions_of_their_own() {
    let okx = Okx::start().await;
    let (one, other) = (Trader::new(&okx).await, Trader::new(&okx).await);
    let quantity = one.quantity().await;
    let since = one.now().minus(Duration::from_secs(5));
    one.trade(Side::Buy, quantity).await;
    let sell = Quantity::new(one.balance("BTC").await.1).unwrap().floor_to(one.instrument.lot_size);
    // Inside the spread, so that the other takes from this one.
    let (bid, ask) = okx.venue().best("BTC-USDT").unwrap();
    let price = Price::new(((bid + ask) / dec("2")).round_dp(1)).unwrap();
    let (_, placed) = one.place(Side::Sell, OrderKind::Limit { price }, sell, TimeInForce::Gtc).await;
    placed.unwrap();
    other.trade(Side::Buy, sell).await;
    let of = async |trader: &Trader| trader.executor.fills_since(&trader.account, since).await.unwrap();
    let (mine, others) = (of(&one).await, of(&other).await);
    let number = |id: &nija_core::ExecutionId| id.as_str().split(':').nth(1).unwrap().to_owned();
    let (sold, bought) = (mine.last().unwrap(), &others[0]);
    assert_eq!(number(&sold.execution_id), number(&bought.execution_id), "one trade");
    assert_ne!(sold.execution_id, bought.execution_id, "two executions");
}

#[test]
fn addresses_that_cannot_be_are_refused_at_the_start() {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let with =
        |rest: &str, ws: &str| OkxExecutor::new(OkxConfig::new(id("okx"), rest, ws, ws), clock.clone());
    assert!(with("https://openapi.okx.com", "wss://ws.okx.com:8443").is_ok());
    assert!(with("https://openapi.okx.com", "wss://ws.okx.com:8443/ws/v5/private").is_ok());
    assert!(with("ftp://openapi.okx.com", "wss://ws.okx.com:8443").is_err());
    assert!(with("https://openapi.okx.com", "https://ws.okx.com:8443").is_err());
    for config in
        [OkxConfig::live(id("a")), OkxConfig::eea(id("b")), OkxConfig::us(id("c")), OkxConfig::demo(id("d"))]
    {
        assert!(OkxExecutor::new(config, clock.clone()).is_ok());
    }
}
