//! Stops and brackets at Binance beyond the conformance suite: a list of two orders that is one order to us.

use futures::{StreamExt, stream::BoxStream};
use nija_core::{
    AccountEvent, ExecutionReport, Executor, Lookup, OrderKind, OrderRef, OrderState, Price, Quantity, Side,
    TimeInForce, VenueError,
};
use nija_exchanges::{
    binance::BinanceExecutor,
    testing::{Harness, Trader, eventually, open_lane, within},
};
use nija_sim::{Fault, FaultKind};
use std::time::Duration;

use crate::binance::Binance;

fn price(text: &str) -> Price {
    text.parse().unwrap()
}

fn bracket(take_profit: &str, stop: &str, limit: &str) -> OrderKind {
    OrderKind::Bracket { take_profit: price(take_profit), stop: price(stop), price: price(limit) }
}

/// One who knows nothing of any order, as after a restart.
fn fresh(binance: &Binance) -> BinanceExecutor {
    BinanceExecutor::new(Binance::config(binance.venue()), binance.clock()).unwrap()
}

/// A user who owns this many times the smallest sensible order, and that order's quantity.
async fn owner(binance: &Binance, times: u32) -> (Trader, Quantity) {
    let trader = Trader::new(binance).await;
    let quantity = trader.quantity().await;
    // What was bought is a little more than what can be sold.
    let bought = (0..=times).fold(Quantity::ZERO, |sum, _| sum.plus(quantity));
    let order = trader.trade(Side::Buy, bought).await;
    eventually("the market order is filled", || async {
        let found = find(&trader, &order).await;
        found.is_some_and(|report| report.state == OrderState::Filled).then_some(())
    })
    .await;
    (trader, quantity)
}

async fn find(trader: &Trader, order: &OrderRef) -> Option<ExecutionReport> {
    match trader.executor.find(&trader.account, order, trader.now()).await.unwrap() {
        Lookup::Found(report) => Some(report),
        Lookup::Absent => None,
    }
}

async fn placed(trader: &Trader, side: Side, kind: OrderKind, quantity: Quantity) -> OrderRef {
    let (order, placed) = trader.place(side, kind, quantity, TimeInForce::Gtc).await;
    let placed = placed.unwrap();
    let report = placed.report.unwrap();
    assert_eq!((report.client_id, report.state), (Some(order.client_id), OrderState::Working));
    assert_eq!(report.venue_order_id, placed.venue_order_id);
    order
}

#[tokio::test]
async fn a_bracket_is_found_followed_and_cancelled_by_one_who_remembers_nothing() {
    let binance = Binance::start().await;
    let (mut trader, quantity) = owner(&binance, 2).await;
    let kind = bracket("66000", "54000", "48000");
    let first = placed(&trader, Side::Sell, kind, quantity).await;
    let second = placed(&trader, Side::Sell, bracket("61000", "50000", "48000"), quantity).await;
    trader.executor = std::sync::Arc::new(fresh(&binance));
    let nameless = |order: &OrderRef| OrderRef { venue_order_id: None, ..order.clone() };
    for order in [&first, &nameless(&first)] {
        let report = find(&trader, order).await.unwrap();
        assert_eq!((report.kind, report.state), (kind, OrderState::Working));
        assert_eq!((report.client_id, report.quantity), (Some(first.client_id), quantity));
        assert_eq!(Some(&report.venue_order_id), first.venue_order_id.as_ref());
    }
    assert_eq!(trader.executor.open_orders(&trader.account).await.unwrap().len(), 2);
    // The second wins: told under its client id and the id that it was placed with, with nothing remembered.
    binance.reach(Side::Sell, price("61000")).await;
    let report = find(&trader, &nameless(&second)).await.unwrap();
    assert_eq!((report.state, report.filled), (OrderState::Filled, quantity));
    let since = trader.now().minus(Duration::from_secs(60));
    let unknowing = fresh(&binance);
    drop(unknowing.market_stream(vec![trader.symbol().clone()], open_lane()));
    let fills = unknowing.fills_since(&trader.account, since).await.unwrap();
    let of_second: Vec<_> = fills.iter().filter(|fill| fill.client_id == Some(second.client_id)).collect();
    assert!(!of_second.is_empty() && of_second.iter().all(|fill| fill.price >= price("61000")));
    assert!(of_second.iter().all(|fill| Some(&fill.venue_order_id) == second.venue_order_id.as_ref()));
    // The first is cancelled by its client id, and once more.
    for _ in 0..2 {
        trader.executor.cancel(&trader.account, &nameless(&first)).await.unwrap();
    }
    assert_eq!(find(&trader, &nameless(&first)).await.unwrap().state, OrderState::Cancelled);
    assert!(trader.executor.open_orders(&trader.account).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_bracket_whose_answer_was_lost_is_looked_up_like_any_order() {
    let binance = Binance::start().await;
    let (trader, quantity) = owner(&binance, 1).await;
    let kind = bracket("66000", "54000", "48000");
    let on_list = |kind| Fault::new(kind).on("/api/v3/orderList/oco");
    binance.venue().fault(on_list(FaultKind::DropBefore));
    let (order, placed) = trader.place(Side::Sell, kind, quantity, TimeInForce::Gtc).await;
    let error = placed.unwrap_err();
    assert!(matches!(error, VenueError::AnswerLost { .. }), "{error}");
    assert_eq!(find(&trader, &order).await, None);
    binance.venue().fault(on_list(FaultKind::DropAfter));
    let (order, placed) = trader.place(Side::Sell, kind, quantity, TimeInForce::Gtc).await;
    let error = placed.unwrap_err();
    assert!(matches!(error, VenueError::AnswerLost { .. }), "{error}");
    let report = find(&trader, &order).await.unwrap();
    assert_eq!(
        (report.kind, report.state, report.client_id),
        (kind, OrderState::Working, Some(order.client_id))
    );
    assert_eq!(trader.executor.open_orders(&trader.account).await.unwrap(), [report]);
    // Sent again while it is open, there is never a second one, and the first is not taken for dead.
    let again = trader.place_as(order.client_id, Side::Sell, kind, quantity, TimeInForce::Gtc).await;
    assert!(matches!(again, Err(VenueError::AnswerLost { .. })), "{again:?}");
    // Found late, it has been matched meanwhile.
    binance.reach(Side::Buy, price("54000")).await;
    let report = find(&trader, &order).await.unwrap();
    assert_eq!((report.state, report.filled), (OrderState::Filled, quantity));
}

/// Reports of an order up to its final one, and how much of it was told to be sold.
async fn until_final(
    stream: &mut BoxStream<'static, AccountEvent>,
    order: &OrderRef,
) -> (Vec<ExecutionReport>, Quantity) {
    let (mut reports, mut sold) = (Vec::new(), Quantity::ZERO);
    loop {
        match stream.next().await.unwrap() {
            AccountEvent::Fill(fill) if fill.client_id == Some(order.client_id) => {
                assert_eq!(Some(&fill.venue_order_id), order.venue_order_id.as_ref());
                sold = sold.plus(fill.quantity);
            }
            AccountEvent::Report(report) if report.client_id == Some(order.client_id) => {
                assert_eq!(Some(&report.venue_order_id), order.venue_order_id.as_ref());
                reports.push(report);
                if reports.last().is_some_and(|report| report.state.is_final()) {
                    return (reports, sold);
                }
            }
            AccountEvent::Disconnected(reason) => panic!("{reason}"),
            _ => {}
        }
    }
}

#[tokio::test]
async fn the_stream_of_a_bracket_ends_with_exactly_one_final_report_however_it_ends() {
    let binance = Binance::start().await;
    let (trader, quantity) = owner(&binance, 3).await;
    within(async {
        let mut stream = trader.executor.account_stream(trader.account.clone(), open_lane());
        assert_eq!(stream.next().await, Some(AccountEvent::Connected));
        let kind = bracket("66000", "54000", "48000");
        for (reach, state) in [
            (None, OrderState::Cancelled),
            (Some((Side::Sell, "66000")), OrderState::Filled),
            (Some((Side::Buy, "54000")), OrderState::Filled),
        ] {
            assert!(binance.venue().set_price("BTC-USDT", 60_000.into()));
            let order = placed(&trader, Side::Sell, kind, quantity).await;
            match reach {
                Some((side, limit)) => binance.reach(side, price(limit)).await,
                None => trader.executor.cancel(&trader.account, &order).await.unwrap(),
            }
            let (reports, sold) = until_final(&mut stream, &order).await;
            assert!(
                reports.iter().all(|report| report.kind == kind && report.quantity == quantity),
                "{reports:?}"
            );
            let filled = if state == OrderState::Filled { quantity } else { Quantity::ZERO };
            let last = reports.last().unwrap();
            assert_eq!((last.state, last.filled, sold), (state, filled, filled));
            // All that is told up to the next order's beginning is about others.
            let next = trader.rest(Side::Buy, quantity).await;
            loop {
                if let AccountEvent::Report(report) = stream.next().await.unwrap() {
                    assert_eq!(report.client_id, Some(next.client_id), "{report:?}");
                    break;
                }
            }
            trader.executor.cancel(&trader.account, &next).await.unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn prices_of_stops_and_brackets_go_out_on_the_tick() {
    let binance = Binance::start().await;
    let (trader, quantity) = owner(&binance, 2).await;
    let stop = |stop, limit| OrderKind::StopLimit { stop: price(stop), price: price(limit) };
    // A sell's prices are rounded up, a buy's down. A buy wins below the market and stops above it.
    for (side, raw, kind) in [
        (Side::Sell, stop("54000.001", "48000.009"), stop("54000.01", "48000.01")),
        (Side::Buy, stop("66000.009", "66600.001"), stop("66000.00", "66600.00")),
        (
            Side::Sell,
            bracket("66000.001", "54000.002", "48000.003"),
            bracket("66000.01", "54000.01", "48000.01"),
        ),
        (
            Side::Buy,
            bracket("54000.009", "66000.008", "66600.007"),
            bracket("54000.00", "66000.00", "66600.00"),
        ),
    ] {
        let order = placed(&trader, side, raw, quantity).await;
        let open = trader.executor.open_orders(&trader.account).await.unwrap();
        assert!(matches!(&open[..], [report] if report.kind == kind && report.side == side), "{open:?}");
        trader.executor.cancel(&trader.account, &order).await.unwrap();
        assert!(trader.executor.open_orders(&trader.account).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_buying_bracket_stops_when_the_market_rises() {
    let binance = Binance::start().await;
    let (trader, quantity) = owner(&binance, 0).await;
    let order = placed(&trader, Side::Buy, bracket("54000", "66000", "70000"), quantity).await;
    binance.reach(Side::Sell, price("66000")).await;
    let report = find(&trader, &order).await.unwrap();
    assert_eq!((report.state, report.side, report.filled), (OrderState::Filled, Side::Buy, quantity));
}

#[tokio::test]
async fn one_stop_too_many_is_refused_in_words_and_cancelling_all_counts_a_bracket_once() {
    let binance = Binance::start().await;
    let (trader, quantity) = owner(&binance, 6).await;
    let stop = OrderKind::StopLimit { stop: price("54000"), price: price("48000") };
    for _ in 0..4 {
        placed(&trader, Side::Sell, stop, quantity).await;
    }
    // The simulator's filter: five that wait for a price. A bracket holds one of them.
    placed(&trader, Side::Sell, bracket("66000", "54000", "48000"), quantity).await;
    let (_, refused) = trader.place(Side::Sell, stop, quantity, TimeInForce::Gtc).await;
    let error = refused.unwrap_err();
    assert!(matches!(&error, VenueError::Rejected { code, .. } if code == "-1013"), "{error}");
    assert!(error.to_string().contains("too many stops and brackets are open in this symbol"), "{error}");
    assert_eq!(trader.executor.cancel_all(&trader.account).await.unwrap(), Some(5));
    assert!(trader.executor.open_orders(&trader.account).await.unwrap().is_empty());
}

#[tokio::test]
async fn where_no_lists_are_known_there_are_no_brackets_and_stops_remain() {
    let binance =
        Binance::start_with(|venue| Binance::open_with(venue, |config| config.order_lists = false)).await;
    let (trader, quantity) = owner(&binance, 1).await;
    assert!(trader.instrument.resting.stop_limit && !trader.instrument.resting.bracket);
    assert!(!trader.executor.contract().resting.bracket);
    let kind = bracket("66000", "54000", "48000");
    let (_, refused) = trader.place(Side::Sell, kind, quantity, TimeInForce::Gtc).await;
    assert!(matches!(refused, Err(VenueError::Filter(_))), "{refused:?}");
}
