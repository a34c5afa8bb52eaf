//! Used client ids, pages, deadlines.

use nija_core::{
    Effect, Executor, FilterError, Lookup, OrderKind, OrderRef, OrderState, Quantity, Side, TimeInForce,
    VenueError,
};
use nija_exchanges::{
    coinbase::{CoinbaseConfig, CoinbaseExecutor},
    testing::{Harness, Trader, venue_order},
};
use nija_sim::{Fault, FaultKind};
use std::{sync::Arc, time::Duration};

use super::harness::{Coinbase, ORDERS};
use crate::support::{btc, dec, id};

fn twice(quantity: Quantity) -> Quantity {
    quantity.plus(quantity)
}

#[tokio::test]
async fn a_used_client_id_gives_back_its_order_and_never_passes_another_off_as_it() {
    let coinbase = Coinbase::start().await;
    let trader = Trader::new(&coinbase).await;
    let quantity = trader.quantity().await;
    let first = trader.rest(Side::Buy, quantity).await;
    let kind = OrderKind::Limit { price: trader.far(Side::Buy).await };
    // One that knows nothing of the first order, as after a restart.
    let fresh = CoinbaseExecutor::new(Coinbase::config(coinbase.venue()), coinbase.clock()).unwrap();
    let mut restarted = trader.clone();
    restarted.executor = Arc::new(fresh);
    for trader in [&trader, &restarted] {
        let again =
            trader.place_as(first.client_id, Side::Buy, kind, quantity, TimeInForce::Gtc).await.unwrap();
        assert_eq!(Some(&again.venue_order_id), first.venue_order_id.as_ref());
        assert_eq!(again.report.unwrap().client_id, Some(first.client_id));
        let other =
            trader.place_as(first.client_id, Side::Buy, kind, twice(quantity), TimeInForce::Gtc).await;
        let error = other.unwrap_err();
        assert!(
            matches!(&error, VenueError::Rejected { code, .. } if code == "CLIENT_ORDER_ID_USED"),
            "{error}"
        );
        assert_eq!(error.effect(), Effect::None);
    }
    let open = trader.executor.open_orders(&trader.account).await.unwrap();
    assert!(matches!(&open[..], [one] if one.quantity == quantity));
}

#[tokio::test]
async fn an_order_whose_answer_was_lost_is_found_among_pages_of_others_and_so_are_all_executions() {
    let coinbase = Coinbase::start().await;
    let key = coinbase.key();
    let mut trader = Trader::new(&coinbase).await;
    trader.account = coinbase.signed(&key);
    let since = trader.now();
    let quantity = trader.quantity().await;
    coinbase.venue().fault(Fault::new(FaultKind::DropAfter).on(ORDERS));
    let (lost, placed) = trader.place(Side::Buy, OrderKind::Market, quantity, TimeInForce::Gtc).await;
    assert!(matches!(placed, Err(VenueError::AnswerLost { .. })));
    let mut placed = vec![lost.client_id];
    // More than a page of both.
    for nth in 0..260 {
        let side = if nth % 2 == 0 { Side::Buy } else { Side::Sell };
        placed.push(trader.trade(side, quantity).await.client_id);
    }
    let fresh = CoinbaseExecutor::new(Coinbase::config(coinbase.venue()), coinbase.clock()).unwrap();
    let found = fresh.find(&trader.account, &lost, since).await.unwrap();
    assert!(
        matches!(found, Lookup::Found(report) if report.client_id == Some(lost.client_id) && report.state == OrderState::Filled)
    );
    let fills = fresh.fills_since(&trader.account, since.minus(Duration::from_secs(5))).await.unwrap();
    let mut seen: Vec<_> = fills.iter().map(|fill| fill.client_id.unwrap()).collect();
    seen.sort();
    seen.dedup();
    placed.sort();
    assert_eq!(seen, placed);
    assert_eq!(fills.len(), coinbase.venue().trades(&key.key).len());
}

#[tokio::test]
async fn an_order_that_comes_after_its_deadline_is_turned_away_at_the_door() {
    let coinbase = Coinbase::start().await;
    let trader = Trader::new(&coinbase).await;
    let quantity = trader.quantity().await;
    let price = trader.far(Side::Buy).await;
    let order = venue_order(
        trader.account.user,
        uuid::Uuid::new_v4().to_string().parse().unwrap(),
        btc(),
        Side::Buy,
        OrderKind::Limit { price },
        quantity,
        TimeInForce::Gtc,
        trader.now().plus(Duration::from_millis(2_500)),
    );
    coinbase.venue().fault(Fault::new(FaultKind::Delay).on(ORDERS).ms(3_500));
    let error =
        trader.executor.place(&trader.account, &order, quantity.at(price).unwrap()).await.unwrap_err();
    assert!(matches!(error, VenueError::Unavailable { .. }), "{error}");
    assert!(trader.executor.open_orders(&trader.account).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_order_that_breaks_a_rule_is_not_sent_and_says_which() {
    let coinbase = Coinbase::start().await;
    let trader = Trader::new(&coinbase).await;
    let place = async |quantity: &str| {
        let quantity = Quantity::new(dec(quantity)).unwrap();
        let kind = OrderKind::Limit { price: trader.far(Side::Buy).await };
        trader.place(Side::Buy, kind, quantity, TimeInForce::Gtc).await.1.unwrap_err()
    };
    let small = place("0.00001").await;
    assert!(matches!(small, VenueError::Filter(FilterError::BelowMinNotional { .. })), "{small}");
    assert!(small.to_string().ends_with("USD is below the smallest order at coinbase, 1 USD"), "{small}");
    let large = place("5000").await;
    assert!(matches!(large, VenueError::Filter(FilterError::AboveMaxQuantity { .. })), "{large}");
    assert!(trader.executor.open_orders(&trader.account).await.unwrap().is_empty());
}

#[tokio::test]
async fn cancelling_by_client_id_finds_the_order_and_an_unknown_one_is_gone() {
    let coinbase = Coinbase::start().await;
    let trader = Trader::new(&coinbase).await;
    let quantity = trader.quantity().await;
    for _ in 0..3 {
        trader.rest(Side::Buy, quantity).await;
    }
    let mut order = trader.rest(Side::Buy, quantity).await;
    order.venue_order_id = None;
    trader.executor.cancel(&trader.account, &order).await.unwrap();
    assert_eq!(trader.executor.open_orders(&trader.account).await.unwrap().len(), 3);
    let stranger = OrderRef { venue_order_id: Some("no-such-order".parse().unwrap()), ..order };
    trader.executor.cancel(&trader.account, &stranger).await.unwrap();
}

#[tokio::test]
async fn limits_are_told_as_the_headers_say() {
    let coinbase = Coinbase::start().await;
    let account = coinbase.account().await;
    coinbase.executor.balances(&account).await.unwrap();
    coinbase.executor.quote(&btc()).await.unwrap();
    let used = coinbase.executor.limits_used(Some(account.user));
    let limits: Vec<_> = used.iter().map(|usage| (usage.limit, usage.orders)).collect();
    assert_eq!(limits, [(Some(10), false), (Some(30), true)], "{used:?}");
}

#[test]
fn addresses_that_cannot_be_are_refused_at_the_start() {
    let clock = Arc::new(nija_core::SystemClock);
    let with = |rest: &str, public: &str| {
        CoinbaseExecutor::new(CoinbaseConfig::new(id("coinbase"), rest, public, public), clock.clone())
    };
    assert!(with("https://api.coinbase.com", "wss://advanced-trade-ws.coinbase.com").is_ok());
    assert!(with("ftp://api.coinbase.com", "wss://h").is_err());
    assert!(with("https://api.coinbase.com", "https://h").is_err());
    assert!(CoinbaseExecutor::new(CoinbaseConfig::live(id("coinbase")), clock.clone()).is_ok());
}
