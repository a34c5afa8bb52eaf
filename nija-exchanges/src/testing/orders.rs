//! Rules of orders and executions.

use nija_core::{
    Effect, ExecutionReport, Liquidity, Lookup, OrderKind, OrderRef, OrderState, Quantity, RepeatedClientId,
    Side, TimeInForce, VenueClientId, VenueError, VenueFill,
};
use rust_decimal::Decimal;
use std::time::Duration;

use super::{Harness, Trader, eventually, venue_order};

/// A market order is found filled, and its executions account for every digit of the balances.
pub async fn a_market_order_fills_and_moves_exactly_its_money(harness: &dyn Harness) {
    let trader = Trader::new(harness).await;
    let (base, quote) = (trader.symbol().base().to_owned(), trader.symbol().quote().to_owned());
    let before = (trader.balance(&base).await.0, trader.balance(&quote).await.0);
    let since = trader.now();
    let taker = trader.executor.fees(&trader.account, trader.symbol()).await.unwrap().taker;
    let quantity = trader.quantity().await;
    let order = trader.trade(Side::Buy, quantity).await;
    let report = ended(&trader, &order).await;
    assert_eq!((report.state, report.filled), (OrderState::Filled, quantity));
    assert_eq!(
        (report.side, report.kind, report.client_id),
        (Side::Buy, OrderKind::Market, Some(order.client_id))
    );
    let fills = fills_of(&trader, &order, since).await;
    let sum = |value: fn(&VenueFill) -> Decimal| fills.iter().map(value).sum::<Decimal>();
    assert_eq!(sum(|fill| fill.quantity.get()), quantity.get());
    for fill in &fills {
        assert_eq!((fill.side, &fill.symbol, fill.liquidity), (Side::Buy, trader.symbol(), Liquidity::Taker));
        assert_eq!(Some(&fill.venue_order_id), order.venue_order_id.as_ref());
        // Some markets are free; elsewhere a fee is taken from what was paid or from what was bought.
        assert_eq!(fill.fee > Decimal::ZERO, !taker.is_zero());
        assert!(fill.fee_asset == quote || fill.fee_asset == base, "{}", fill.fee_asset);
    }
    let fees = |asset: &str| fills.iter().filter(|fill| fill.fee_asset == asset).map(|fill| fill.fee).sum();
    let (in_base, in_quote): (Decimal, Decimal) = (fees(&base), fees(&quote));
    let cost = sum(|fill| fill.quantity.get() * fill.price.get()) + in_quote;
    // Venues round an execution's cost, and a fee in base, to their own places.
    let bought = trader.balance(&base).await.0 - before.0;
    assert!((quantity.get() - in_base - bought).abs() <= Decimal::new(1, 8), "{bought} of {quantity}");
    assert!(!in_base.is_zero() || bought == quantity.get());
    assert!((before.1 - trader.balance(&quote).await.0 - cost).abs() <= Decimal::new(1, 4));
}

/// A far limit order is open, holds money, and lets go of it when cancelled; cancelling again is no error.
pub async fn a_limit_order_rests_holds_money_and_is_cancelled(harness: &dyn Harness) {
    let trader = Trader::new(harness).await;
    let quote = trader.symbol().quote().to_owned();
    let before = trader.balance(&quote).await;
    let quantity = trader.quantity().await;
    let order = trader.rest(Side::Buy, quantity).await;
    let open = trader.executor.open_orders(&trader.account).await.unwrap();
    assert!(matches!(&open[..], [report] if report.client_id == Some(order.client_id)
        && report.state == OrderState::Working && report.quantity == quantity && report.filled.is_zero()));
    let held = trader.balance(&quote).await;
    assert!(held.0 == before.0 && held.1 < before.1);
    let by_client_id = OrderRef { venue_order_id: None, ..order.clone() };
    for attempt in [&by_client_id, &order] {
        trader.executor.cancel(&trader.account, attempt).await.unwrap();
    }
    let report = ended(&trader, &by_client_id).await;
    assert_eq!((report.state, report.filled), (OrderState::Cancelled, Quantity::ZERO));
    assert!(trader.executor.open_orders(&trader.account).await.unwrap().is_empty());
    assert_eq!(trader.balance(&quote).await, before);
}

/// What an immediate order cannot get at once it gives up.
pub async fn an_immediate_order_never_rests(harness: &dyn Harness) {
    let trader = Trader::new(harness).await;
    let price = trader.far(Side::Buy).await;
    let quantity = trader.quantity().await;
    let (order, placed) =
        trader.place(Side::Buy, OrderKind::Limit { price }, quantity, TimeInForce::Ioc).await;
    placed.unwrap();
    let report = ended(&trader, &order).await;
    assert!(matches!(report.state, OrderState::Cancelled | OrderState::Expired), "{report:?}");
    assert!(report.filled.is_zero());
    assert!(trader.executor.open_orders(&trader.account).await.unwrap().is_empty());
}

/// A resting order fills at its own price when the market comes to it.
pub async fn a_resting_order_fills_as_maker_when_the_market_comes(harness: &dyn Harness) {
    let trader = Trader::new(harness).await;
    let since = trader.now();
    let quote = trader.executor.quote(trader.symbol()).await.unwrap();
    let below = quote.bid.get() * Decimal::new(999, 3);
    let price = nija_core::Price::new(below).unwrap().floor_to(trader.instrument.tick_size).unwrap();
    let quantity = trader.quantity().await;
    let kind = OrderKind::Limit { price };
    let (order, placed) = trader.place(Side::Buy, kind, quantity, TimeInForce::Gtc).await;
    placed.unwrap();
    harness.reach(Side::Buy, price).await;
    let report = ended(&trader, &order).await;
    assert_eq!((report.state, report.filled, report.kind), (OrderState::Filled, quantity, kind));
    assert_eq!(report.average_price, Some(price));
    for fill in fills_of(&trader, &order, since).await {
        assert_eq!((fill.price, fill.liquidity), (price, Liquidity::Maker));
    }
}

/// A client id that is used twice never makes two live orders, and the contract says what happens instead.
pub async fn a_repeated_client_id_does_what_the_contract_says(harness: &dyn Harness) {
    let trader = Trader::new(harness).await;
    let quantity = trader.quantity().await;
    let first = trader.rest(Side::Buy, quantity).await;
    let price = trader.far(Side::Buy).await;
    let id = first.client_id;
    let kind = OrderKind::Limit { price };
    let again = trader.place_as(id, Side::Buy, kind, quantity, TimeInForce::Gtc).await;
    match trader.executor.contract().repeated_client_id {
        RepeatedClientId::ReturnsExisting => {
            assert_eq!(Some(again.unwrap().venue_order_id), first.venue_order_id);
        }
        RepeatedClientId::Rejected | RepeatedClientId::UniqueWhileOpen => {
            // Under this id there is an order of ours: whoever sent it once must not take it for dead.
            let error = again.unwrap_err();
            assert_eq!(error.effect(), Effect::Unknown, "{error}");
        }
    }
    assert_eq!(trader.executor.open_orders(&trader.account).await.unwrap().len(), 1);
    trader.executor.cancel(&trader.account, &first).await.unwrap();
    ended(&trader, &first).await;
    let later = trader.place_as(id, Side::Buy, kind, quantity, TimeInForce::Gtc).await;
    match trader.executor.contract().repeated_client_id {
        RepeatedClientId::ReturnsExisting => {
            assert_eq!(Some(later.unwrap().venue_order_id), first.venue_order_id);
            assert!(trader.executor.open_orders(&trader.account).await.unwrap().is_empty());
        }
        RepeatedClientId::UniqueWhileOpen => {
            assert_ne!(Some(later.unwrap().venue_order_id), first.venue_order_id);
        }
        RepeatedClientId::Rejected => assert_eq!(later.unwrap_err().effect(), Effect::Unknown),
    }
}

/// The venue looks everywhere and says that there is no such order.
pub async fn an_order_that_was_never_sent_is_absent(harness: &dyn Harness) {
    let trader = Trader::new(harness).await;
    let order = nowhere(&trader);
    let found = trader.executor.find(&trader.account, &order, trader.now()).await.unwrap();
    assert_eq!(found, Lookup::Absent);
    trader.executor.cancel(&trader.account, &order).await.unwrap();
}

/// All of one user's orders, and nobody else's.
pub async fn cancelling_all_cancels_all_of_one_user(harness: &dyn Harness) {
    let (trader, other) = (Trader::new(harness).await, Trader::new(harness).await);
    let quantity = trader.quantity().await;
    for _ in 0..3 {
        trader.rest(Side::Buy, quantity).await;
    }
    other.rest(Side::Buy, quantity).await;
    let count = trader.executor.cancel_all(&trader.account).await.unwrap();
    assert!(count.is_none_or(|count| count == 3));
    assert!(trader.executor.open_orders(&trader.account).await.unwrap().is_empty());
    assert_eq!(other.executor.open_orders(&other.account).await.unwrap().len(), 1);
}

/// Oldest first, each once, none from before.
pub async fn fills_come_in_order_from_the_moment_asked_for(harness: &dyn Harness) {
    let trader = Trader::new(harness).await;
    let start = trader.now();
    let quantity = trader.quantity().await;
    let mut orders = Vec::new();
    for side in [Side::Buy, Side::Buy, Side::Sell] {
        let order = trader.trade(side, quantity).await;
        ended(&trader, &order).await;
        orders.push(order);
    }
    let fills = trader.executor.fills_since(&trader.account, start).await.unwrap();
    assert!(fills.windows(2).all(|pair| pair[0].at <= pair[1].at));
    let mut ids: Vec<_> = fills.iter().map(|fill| fill.execution_id.clone()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), fills.len());
    for order in &orders {
        assert!(fills.iter().any(|fill| fill.client_id == Some(order.client_id)));
    }
    let last = fills.last().unwrap().at;
    // Some venues tell time in whole milliseconds, and what happened within the one asked for is told.
    let later = last.plus(Duration::from_millis(1));
    assert!(trader.executor.fills_since(&trader.account, later).await.unwrap().is_empty());
    assert!(!trader.executor.fills_since(&trader.account, last).await.unwrap().is_empty());
}

/// Too little money, too small an order, no such symbol: each has its kind, and none leaves a doubt.
pub async fn refusals_are_definite_and_of_their_kind(harness: &dyn Harness) {
    let trader = Trader::new(harness).await;
    let ask = trader.executor.quote(trader.symbol()).await.unwrap().ask;
    let price = trader.far(Side::Buy).await;
    let too_much = nija_core::Notional::new(Decimal::from(20_000)).unwrap().over(ask).unwrap();
    let too_much = too_much.floor_to(trader.instrument.lot_size);
    let kind = OrderKind::Limit { price };
    let (order, placed) = trader.place(Side::Buy, kind, too_much, TimeInForce::Gtc).await;
    let error = placed.unwrap_err();
    assert!(matches!(error, VenueError::InsufficientFunds { .. }), "{error}");
    assert_absent(&trader, &order).await;

    let tiny = Quantity::new(trader.instrument.lot_size).unwrap();
    // A whole share is both the step and the least.
    if tiny < trader.instrument.min_quantity || tiny.at(ask).unwrap() < trader.instrument.min_notional {
        let (order, placed) = trader.place(Side::Buy, OrderKind::Market, tiny, TimeInForce::Gtc).await;
        let error = placed.unwrap_err();
        assert!(matches!(error, VenueError::Filter(_) | VenueError::Rejected { .. }), "{error}");
        assert!(error.effect() == Effect::None && !error.may_try_again());
        assert_absent(&trader, &order).await;
    }

    let elsewhere = nija_core::Symbol::new("NOSUCH-THING").unwrap();
    let deadline = trader.now().plus(Duration::from_secs(10));
    let id = nowhere(&trader).client_id;
    let quantity = trader.quantity().await;
    let order = venue_order(
        trader.account.user,
        id,
        elsewhere,
        Side::Buy,
        OrderKind::Market,
        quantity,
        TimeInForce::Gtc,
        deadline,
    );
    let notional = quantity.at(ask).unwrap();
    let error = trader.executor.place(&trader.account, &order, notional).await.unwrap_err();
    assert!(matches!(error, VenueError::NotListed { .. }), "{error}");
}

/// An order whose time is over is not sent.
pub async fn an_order_past_its_deadline_is_never_placed(harness: &dyn Harness) {
    let trader = Trader::new(harness).await;
    let quantity = trader.quantity().await;
    let order = nowhere(&trader);
    let late = venue_order(
        trader.account.user,
        order.client_id,
        trader.symbol().clone(),
        Side::Buy,
        OrderKind::Market,
        quantity,
        TimeInForce::Gtc,
        trader.now().minus(Duration::from_secs(1)),
    );
    let notional = nija_core::Notional::new(Decimal::from(50)).unwrap();
    let error = trader.executor.place(&trader.account, &late, notional).await.unwrap_err();
    assert_eq!(error.effect(), Effect::None, "{error}");
    assert_absent(&trader, &order).await;
}

/// One user's orders, executions and money are not another's.
pub async fn users_do_not_see_each_other(harness: &dyn Harness) {
    let (trader, other) = (Trader::new(harness).await, Trader::new(harness).await);
    let since = trader.now();
    let quantity = trader.quantity().await;
    let order = trader.trade(Side::Buy, quantity).await;
    trader.rest(Side::Buy, quantity).await;
    ended(&trader, &order).await;
    assert!(other.executor.open_orders(&other.account).await.unwrap().is_empty());
    assert!(other.executor.fills_since(&other.account, since).await.unwrap().is_empty());
    assert_absent(&other, &order).await;
    assert_eq!(other.balance(other.symbol().quote()).await.0, Decimal::from(10_000));
    // The venue is told one user's order under another's account.
    let mut mixed = trader.clone();
    mixed.account.user = other.account.user;
    let stray = venue_order(
        trader.account.user,
        nowhere(&trader).client_id,
        trader.symbol().clone(),
        Side::Buy,
        OrderKind::Market,
        quantity,
        TimeInForce::Gtc,
        trader.now().plus(Duration::from_secs(10)),
    );
    let notional = nija_core::Notional::new(Decimal::from(50)).unwrap();
    let error = mixed.executor.place(&mixed.account, &stray, notional).await.unwrap_err();
    assert_eq!(error.effect(), Effect::None, "{error}");
}

/// The order's report once it is over.
pub(super) async fn ended(trader: &Trader, order: &OrderRef) -> ExecutionReport {
    let since = trader.now().minus(Duration::from_secs(60));
    eventually("the order ends", || async {
        match trader.executor.find(&trader.account, order, since).await.unwrap() {
            Lookup::Found(report) if report.state.is_final() => Some(report),
            _ => None,
        }
    })
    .await
}

pub(super) async fn fills_of(
    trader: &Trader,
    order: &OrderRef,
    since: nija_core::Timestamp,
) -> Vec<VenueFill> {
    // By the venue's clock, which may show less than ours.
    let since = since.minus(Duration::from_secs(5));
    let mut fills = trader.executor.fills_since(&trader.account, since).await.unwrap();
    fills.retain(|fill| fill.client_id == Some(order.client_id));
    assert!(!fills.is_empty());
    fills
}

pub(super) async fn assert_absent(trader: &Trader, order: &OrderRef) {
    let order = OrderRef { venue_order_id: None, ..order.clone() };
    let since = trader.now().minus(Duration::from_secs(60));
    let found = trader.executor.find(&trader.account, &order, since).await.unwrap();
    assert_eq!(found, Lookup::Absent);
}

/// An order that nobody placed.
pub(super) fn nowhere(trader: &Trader) -> OrderRef {
    OrderRef {
        symbol: trader.symbol().clone(),
        client_id: uuid::Uuid::new_v4().to_string().parse::<VenueClientId>().unwrap(),
        venue_order_id: None,
    }
}
