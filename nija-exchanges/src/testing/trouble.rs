//! Rules of what goes wrong around an order that is not lost: it ends as it should, and is counted once.

use futures::{StreamExt, stream::BoxStream};
use nija_core::{
    AccountEvent, ExecutionId, Lookup, OrderKind, OrderRef, OrderState, Price, Quantity, Side, TimeInForce,
};
use rust_decimal::Decimal;
use std::collections::BTreeMap;

use super::{
    Harness, Trader, VenueFault, open_lane,
    orders::{assert_absent, ended, fills_of},
};

/// What there was is taken, the rest stays, and cancelling it leaves what was taken.
pub async fn an_order_that_fills_in_part_rests_with_what_is_left(harness: &dyn Harness) {
    let trader = Trader::new(harness).await;
    let since = trader.now();
    let quantity = trader.quantity().await;
    let ask = trader.executor.quote(trader.symbol()).await.unwrap().ask;
    let price = Price::new(ask.get() * Decimal::new(1_002, 3)).unwrap();
    let kind = OrderKind::Limit { price: price.floor_to(trader.instrument.tick_size).unwrap() };
    if !harness.fault(VenueFault::PartialFill) {
        return;
    }
    let (order, placed) = trader.place(Side::Buy, kind, quantity, TimeInForce::Gtc).await;
    placed.unwrap();
    trader.executor.cancel(&trader.account, &order).await.unwrap();
    let report = ended(&trader, &order).await;
    assert_eq!((report.state, report.quantity), (OrderState::Cancelled, quantity));
    assert!(!report.filled.is_zero() && report.filled < quantity, "{report:?}");
    let fills = fills_of(&trader, &order, since).await;
    assert_eq!(fills.iter().fold(Quantity::ZERO, |sum, fill| sum.plus(fill.quantity)), report.filled);
}

/// A request that is refused for its time is refused for certain, and after a few the venue's clock is known.
pub async fn a_clock_that_moved_costs_no_order(harness: &dyn Harness) {
    let trader = Trader::new(harness).await;
    let quantity = trader.quantity().await;
    if !harness.fault(VenueFault::ClockSkew) {
        return;
    }
    for attempt in 0..3 {
        let (order, placed) = trader.place(Side::Buy, OrderKind::Market, quantity, TimeInForce::Gtc).await;
        let Err(error) = placed else {
            assert_eq!(ended(&trader, &order).await.state, OrderState::Filled);
            return;
        };
        assert!(error.may_try_again() && attempt < 2, "attempt {attempt}: {error}");
    }
}

/// What was done after a moment of ours may be before it by the venue's clock. An order that is not found for that would be sent twice, and
/// an execution lost.
pub async fn what_a_venue_did_by_a_clock_that_is_behind_is_found(harness: &dyn Harness) {
    if !harness.fault(VenueFault::ClockBehind) {
        return;
    }
    // Reads the instruments, and the clock with them.
    let trader = Trader::new(harness).await;
    let (since, quantity) = (trader.now(), trader.quantity().await);
    for attempt in 0..3 {
        let (order, placed) = trader.place(Side::Buy, OrderKind::Market, quantity, TimeInForce::Gtc).await;
        if let Err(error) = placed {
            assert!(error.may_try_again() && attempt < 2, "attempt {attempt}: {error}");
            continue;
        }
        ended(&trader, &order).await;
        let ours = OrderRef { venue_order_id: None, ..order };
        let found = trader.executor.find(&trader.account, &ours, since).await.unwrap();
        let Lookup::Found(report) = found else { panic!("the order is not found") };
        assert_eq!((report.state, report.filled), (OrderState::Filled, quantity));
        let fills = trader.executor.fills_since(&trader.account, since).await.unwrap();
        let mine = fills.iter().filter(|fill| fill.client_id == Some(ours.client_id));
        assert_eq!(mine.fold(Quantity::ZERO, |sum, fill| sum.plus(fill.quantity)), quantity);
        return;
    }
}

/// Nonces only grow, whatever the venue remembers.
pub async fn a_nonce_that_the_venue_forgot_costs_no_order(harness: &dyn Harness) {
    let trader = Trader::new(harness).await;
    let quantity = trader.quantity().await;
    if harness.fault(VenueFault::NonceForgotten) {
        let order = trader.trade(Side::Buy, quantity).await;
        assert_eq!(ended(&trader, &order).await.state, OrderState::Filled);
    }
}

/// Executions are known by their ids: told twice, they are one.
pub async fn reports_that_come_twice_are_one(harness: &dyn Harness) {
    told_once(harness, VenueFault::RepeatedReports).await;
}

/// They come in the end, each once.
pub async fn reports_that_come_late_are_not_lost(harness: &dyn Harness) {
    told_once(harness, VenueFault::LateReports).await;
}

/// What the stream did not bring is at the venue all the same.
pub async fn what_a_stream_swallowed_can_be_asked_for(harness: &dyn Harness) {
    let trader = Trader::new(harness).await;
    let since = trader.now();
    let mut stream = trader.executor.account_stream(trader.account.clone(), open_lane());
    assert_eq!(stream.next().await, Some(AccountEvent::Connected));
    let quantity = trader.quantity().await;
    if !harness.fault(VenueFault::LostReports) {
        return;
    }
    let order = trader.trade(Side::Buy, quantity).await;
    harness.heal();
    assert!(harness.fault(VenueFault::StreamCut));
    until(&mut stream, |event| *event == AccountEvent::Connected).await;
    assert_eq!(ended(&trader, &order).await.filled, quantity);
    let fills = fills_of(&trader, &order, since).await;
    assert_eq!(fills.iter().fold(Quantity::ZERO, |sum, fill| sum.plus(fill.quantity)), quantity);
}

/// A stream that shows an old book does not hide the market from who asks.
pub async fn a_book_that_stands_still_can_be_asked_for(harness: &dyn Harness) {
    let trader = Trader::new(harness).await;
    let quote = trader.executor.quote(trader.symbol()).await.unwrap();
    let below = Price::new(quote.bid.get() * Decimal::new(990, 3)).unwrap();
    if !harness.fault(VenueFault::StaleBook) {
        return;
    }
    harness.reach(Side::Buy, below).await;
    let book = trader.executor.book(trader.symbol(), 5).await.unwrap();
    assert!(book.asks.first().unwrap().price <= below, "{book:?} is not below {below}");
}

/// An order sent to a venue that is down is a failure of the venue, and no order; its streams come back when it does.
pub async fn a_venue_that_was_down_took_nothing_and_comes_back(harness: &dyn Harness) {
    let trader = Trader::new(harness).await;
    let quantity = trader.quantity().await;
    let price = trader.far(Side::Buy).await;
    let mut stream = trader.executor.account_stream(trader.account.clone(), open_lane());
    assert_eq!(stream.next().await, Some(AccountEvent::Connected));
    if !harness.fault(VenueFault::Down) {
        return;
    }
    until(&mut stream, |event| matches!(event, AccountEvent::Disconnected(_))).await;
    let order = super::orders::nowhere(&trader);
    let deadline = trader.now().plus(std::time::Duration::from_secs(10));
    let (user, symbol) = (trader.account.user, trader.symbol().clone());
    let kind = OrderKind::Limit { price };
    let sent = super::venue_order(
        user,
        order.client_id,
        symbol,
        Side::Buy,
        kind,
        quantity,
        TimeInForce::Gtc,
        deadline,
    );
    let notional = quantity.at(price).unwrap();
    let error = trader.executor.place(&trader.account, &sent, notional).await.unwrap_err();
    assert!(error.is_failure(), "{error}");
    harness.heal();
    until(&mut stream, |event| *event == AccountEvent::Connected).await;
    assert_absent(&trader, &order).await;
    let filled = trader.trade(Side::Buy, quantity).await;
    assert_eq!(ended(&trader, &filled).await.state, OrderState::Filled);
}

/// An order filled under a fault of the stream; a second one behind it shows that nothing more comes of the first.
async fn told_once(harness: &dyn Harness, fault: VenueFault) {
    let trader = Trader::new(harness).await;
    let mut stream = trader.executor.account_stream(trader.account.clone(), open_lane());
    assert_eq!(stream.next().await, Some(AccountEvent::Connected));
    let quantity = trader.quantity().await;
    if !harness.fault(fault) {
        return;
    }
    let mut fills: BTreeMap<ExecutionId, Quantity> = BTreeMap::new();
    for _ in 0..2 {
        let order = trader.trade(Side::Buy, quantity).await;
        let mut of_order = Quantity::ZERO;
        let mut ended = false;
        while of_order < quantity || !ended {
            match stream.next().await.unwrap() {
                AccountEvent::Fill(fill) => {
                    let told = fills.insert(fill.execution_id.clone(), fill.quantity);
                    assert!(told.is_none_or(|told| told == fill.quantity), "{fill:?} was {told:?}");
                    if told.is_none() && fill.client_id == Some(order.client_id) {
                        of_order = of_order.plus(fill.quantity);
                    }
                }
                AccountEvent::Report(report) if report.client_id == Some(order.client_id) => {
                    ended |= report.state == OrderState::Filled;
                }
                _ => {}
            }
        }
    }
    harness.heal();
    let all = fills.values().fold(Quantity::ZERO, |sum, one| sum.plus(*one));
    assert_eq!(all, quantity.plus(quantity));
}

async fn until(stream: &mut BoxStream<'static, AccountEvent>, wanted: impl Fn(&AccountEvent) -> bool) {
    while !wanted(&stream.next().await.unwrap()) {}
}
