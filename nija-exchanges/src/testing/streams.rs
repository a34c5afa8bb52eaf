//! Rules of streams.

use futures::{StreamExt, stream::BoxStream};
use nija_core::{AccountEvent, MarketEvent, OrderKind, OrderState, Side, TimeInForce};
use parking_lot::Mutex;
use rust_decimal::Decimal;
use std::sync::Arc;

use super::{Harness, TestLane, Trader, VenueFault, eventually, open_lane, orders::ended};

/// First that it is up, then prices and a sound book.
pub async fn prices_stream(harness: &dyn Harness) {
    let trader = Trader::new(harness).await;
    let unknown = nija_core::Symbol::new("NOSUCH-THING").unwrap();
    let mut stream = trader.executor.market_stream(vec![trader.symbol().clone(), unknown], open_lane());
    assert_eq!(stream.next().await, Some(MarketEvent::Connected));
    let (mut quoted, mut booked) = (false, false);
    while !(quoted && booked) {
        match stream.next().await.unwrap() {
            MarketEvent::Quote { symbol, quote } => {
                assert!(symbol == *trader.symbol() && quote.bid < quote.ask);
                quoted = true;
            }
            MarketEvent::Book { symbol, book } => {
                assert!(symbol == *trader.symbol() && book.bids[0].price < book.asks[0].price);
                booked = true;
            }
            other => panic!("{other:?}"),
        }
    }
}

/// First that it is up, then a fill and a report of the user's own order, and the balances after it.
pub async fn own_orders_and_fills_stream(harness: &dyn Harness) {
    let (trader, other) = (Trader::new(harness).await, Trader::new(harness).await);
    let mut stream = trader.executor.account_stream(trader.account.clone(), open_lane());
    assert_eq!(stream.next().await, Some(AccountEvent::Connected));
    let quantity = trader.quantity().await;
    other.trade(Side::Buy, quantity).await;
    let order = trader.trade(Side::Buy, quantity).await;
    let (mut filled, mut reported, mut balance) = (nija_core::Quantity::ZERO, false, None);
    // Of balances told after the fill none may be older than it: whoever hears them has moved them by the fill already.
    let mut told_after = Vec::new();
    while filled < quantity || !reported || balance.is_none() {
        let event = stream.next().await.unwrap();
        if let AccountEvent::Balance(held) = &event
            && held.asset == trader.symbol().base()
            && filled == quantity
        {
            told_after.push(held.total);
        }
        match event {
            AccountEvent::Fill(fill) => {
                assert_eq!(fill.client_id, Some(order.client_id));
                filled = filled.plus(fill.quantity);
            }
            AccountEvent::Report(report) => {
                assert_eq!(report.client_id, Some(order.client_id));
                reported |= report.state == OrderState::Filled && report.filled == quantity;
            }
            AccountEvent::Balance(held) if held.asset == trader.symbol().base() && !held.total.is_zero() => {
                balance = Some(held.total);
            }
            AccountEvent::Balance(_) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(filled, quantity);
    let total = trader.balance(trader.symbol().base()).await.0;
    assert_eq!(balance, Some(total));
    assert!(
        told_after.iter().all(|told| *told == total),
        "{told_after:?} told after the fill, and {total} held"
    );
}

/// A cut is told, the stream comes back by itself, and what happened meanwhile can be asked for.
pub async fn what_happens_while_the_stream_is_down_is_not_lost(harness: &dyn Harness) {
    let trader = Trader::new(harness).await;
    let since = trader.now();
    let mut stream = trader.executor.account_stream(trader.account.clone(), open_lane());
    assert_eq!(stream.next().await, Some(AccountEvent::Connected));
    let quantity = trader.quantity().await;
    let resting = trader.rest(Side::Buy, quantity).await;
    if !harness.fault(VenueFault::StreamCut) {
        return;
    }
    until(&mut stream, |event| matches!(event, AccountEvent::Disconnected(_))).await;
    let order = trader.trade(Side::Buy, quantity).await;
    until(&mut stream, |event| *event == AccountEvent::Connected).await;
    ended(&trader, &order).await;
    let fills = super::orders::fills_of(&trader, &order, since).await;
    assert_eq!(fills.iter().fold(nija_core::Quantity::ZERO, |sum, fill| sum.plus(fill.quantity)), quantity);
    let open = trader.executor.open_orders(&trader.account).await.unwrap();
    assert!(open.iter().any(|report| report.client_id == Some(resting.client_id)));
}

/// A ban holds streams as well: one that is down asks and opens nothing until it is over, and says that it is down. Then it comes up.
pub async fn nothing_is_sent_while_the_venue_wants_nothing_sent(harness: &dyn Harness) {
    let trader = Trader::new(harness).await;
    let Some(before) = harness.requests() else { return };
    let lane = TestLane::new();
    lane.ban(true);
    let mut account = trader.executor.account_stream(trader.account.clone(), lane.clone());
    let mut market = trader.executor.market_stream(vec![trader.symbol().clone()], lane.clone());
    assert!(matches!(account.next().await, Some(AccountEvent::Disconnected(_))));
    assert_eq!(market.next().await, Some(MarketEvent::Disconnected));
    assert_eq!(harness.requests(), Some(before), "each would have prolonged it");
    lane.ban(false);
    assert_eq!(account.next().await, Some(AccountEvent::Connected));
    assert_eq!(market.next().await, Some(MarketEvent::Connected));
    assert!(lane.passed() >= 2, "what they asked was not counted");
}

/// Nor does one that is up ask anything past its lane, whatever it is told; it stays up, and tells what it had to ask for in the end.
pub async fn a_stream_that_is_up_asks_nothing_past_its_lane(harness: &dyn Harness) {
    let trader = Trader::new(harness).await;
    if harness.requests().is_none() {
        return;
    }
    let quote = trader.executor.quote(trader.symbol()).await.unwrap();
    let price = nija_core::Price::new(quote.bid.get() * Decimal::new(999, 3)).unwrap();
    let price = price.floor_to(trader.instrument.tick_size).unwrap();
    let quantity = trader.quantity().await;
    let lane = TestLane::new();
    let told = Arc::new(Mutex::new(Vec::new()));
    let mut stream = trader.executor.account_stream(trader.account.clone(), lane.clone());
    let heard = told.clone();
    let reader = tokio::spawn(async move {
        while let Some(event) = stream.next().await {
            heard.lock().push(event);
        }
    });
    let has = |wanted: fn(&AccountEvent) -> bool| told.lock().iter().any(wanted);
    eventually("it comes up", || async { has(|event| *event == AccountEvent::Connected).then_some(()) })
        .await;
    let (order, placed) =
        trader.place(Side::Buy, OrderKind::Limit { price }, quantity, TimeInForce::Gtc).await;
    placed.unwrap();
    eventually("its report comes", || async {
        has(|event| matches!(event, AccountEvent::Report(_))).then_some(())
    })
    .await;
    lane.limit(true);
    eventually("all that it asked is answered", || async { (lane.under_way() == 0).then_some(()) }).await;
    let before = harness.requests();
    harness.reach(Side::Buy, price).await;
    eventually("it tells the fill, or wants to ask for it", || async {
        (lane.refused() > 0 || has(|event| matches!(event, AccountEvent::Fill(_)))).then_some(())
    })
    .await;
    assert_eq!(harness.requests(), before, "it asked past its lane");
    lane.limit(false);
    eventually("it tells the fill", || async {
        has(|event| matches!(event, AccountEvent::Fill(_))).then_some(())
    })
    .await;
    assert!(!has(|event| matches!(event, AccountEvent::Disconnected(_))), "a limit is no reason to go down");
    reader.abort();
    ended(&trader, &order).await;
}

async fn until(stream: &mut BoxStream<'static, AccountEvent>, wanted: impl Fn(&AccountEvent) -> bool) {
    while !wanted(&stream.next().await.unwrap()) {}
}
