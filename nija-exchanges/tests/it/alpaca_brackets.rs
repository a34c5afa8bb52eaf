//! Brackets of shares: two orders at Alpaca, one here, whoever asks and whichever of them trades.

use nija_core::{
    Effect, ExecutionReport, Executor, Lookup, OrderKind, OrderRef, OrderState, Price, Quantity, Side,
    TimeInForce, Timestamp, VenueError,
};
use nija_exchanges::{
    alpaca::AlpacaExecutor,
    testing::{Harness, Trader, eventually, within},
};
use nija_sim::{Fault, FaultKind};
use rust_decimal::Decimal;
use std::{sync::Arc, time::Duration};

use crate::alpaca_harness::{Alpaca, signed};
use crate::brackets::{self, Holder};
use crate::support::dec;

/// One that knows nothing, as after a restart.
fn fresh(alpaca: &Alpaca) -> Arc<dyn Executor> {
    Arc::new(AlpacaExecutor::new(Alpaca::config(alpaca.venue()), alpaca.clock()).unwrap())
}

fn price(text: &str) -> Price {
    text.parse().unwrap()
}

fn past(trader: &Trader) -> Timestamp {
    trader.now().minus(Duration::from_secs(60))
}

async fn found(executor: &dyn Executor, trader: &Trader, order: &OrderRef) -> ExecutionReport {
    match executor.find(&trader.account, order, past(trader)).await.unwrap() {
        Lookup::Found(report) => report,
        Lookup::Absent => panic!("the bracket is not found"),
    }
}

#[tokio::test]
async fn a_bracket_whose_answer_was_lost_is_found_by_one_who_knows_nothing() {
    let alpaca = Alpaca::stocks().await;
    within(brackets::is_found_by_one_who_knows_nothing(&alpaca, fresh(&alpaca))).await;
}

#[tokio::test]
async fn a_bracket_is_cancelled_by_one_who_knows_nothing() {
    let alpaca = Alpaca::stocks().await;
    within(brackets::is_cancelled_by_one_who_knows_nothing(&alpaca, fresh(&alpaca))).await;
}

#[tokio::test]
async fn a_bracket_ends_once_on_the_stream_whichever_leg_trades() {
    for by_stop in [true, false] {
        let alpaca = Alpaca::stocks().await;
        brackets::ends_once_on_the_stream(&alpaca, alpaca.executor.clone(), by_stop).await;
    }
}

#[tokio::test]
async fn a_bracket_ends_once_on_the_stream_of_one_who_did_not_place_it() {
    for by_stop in [true, false] {
        let alpaca = Alpaca::stocks().await;
        brackets::ends_once_on_the_stream(&alpaca, fresh(&alpaca), by_stop).await;
    }
}

#[tokio::test]
async fn what_the_take_profit_has_sold_the_stop_does_not_sell_again() {
    let alpaca = Alpaca::stocks().await;
    let holder = Holder::of(&alpaca).await;
    let trader = &holder.trader;
    // The take-profit is below the market and trades at once, in part.
    alpaca.venue().fault(Fault::new(FaultKind::PartialFill).on("/v2/orders").fraction(dec("0.4")));
    let kind = holder.bracket(998, 900, 800);
    let (order, placed) = holder.sell(kind).await;
    placed.unwrap();
    let executors = [alpaca.executor.clone() as Arc<dyn Executor>, fresh(&alpaca)];
    for executor in &executors {
        let report = found(&**executor, trader, &order).await;
        assert_eq!((report.state, report.kind), (OrderState::PartialFill, kind));
        assert_eq!(report.filled.get(), holder.quantity.get() * dec("0.4"));
    }
    alpaca.reach(Side::Buy, kind.stop().unwrap()).await;
    for executor in &executors {
        let report = eventually("the stop sells the rest", || async {
            let report = found(&**executor, trader, &order).await;
            report.state.is_final().then_some(report)
        })
        .await;
        assert_eq!((report.state, report.filled), (OrderState::Filled, holder.quantity));
        let fills = executor.fills_since(&trader.account, past(trader)).await.unwrap();
        let sold = fills.iter().filter(|fill| fill.client_id == Some(order.client_id));
        let (count, sum) =
            (sold.clone().count(), sold.clone().map(|fill| fill.quantity.get()).sum::<Decimal>());
        assert!(count >= 2 && sum == holder.quantity.get(), "{fills:?}");
        let average = sold.map(|fill| fill.quantity.get() * fill.price.get()).sum::<Decimal>() / sum;
        let told = report.average_price.unwrap().get();
        assert!((told - average).abs() < dec("0.00000001"), "{told} for {average}");
    }
}

#[tokio::test]
async fn a_stop_that_rests_after_it_was_set_off_is_still_the_bracket_and_is_cancelled_as_it() {
    let alpaca = Alpaca::stocks().await;
    let holder = Holder::of(&alpaca).await;
    let trader = &holder.trader;
    let kind = holder.bracket(1_100, 999, 990);
    let (order, placed) = holder.sell(kind).await;
    placed.unwrap();
    // The market jumps over the stop's limit.
    let below = kind.worst_price().unwrap().get() * dec("0.9");
    alpaca.reach(Side::Buy, Price::new(below.round_dp(2)).unwrap()).await;
    let by_client_id = OrderRef { venue_order_id: None, ..order.clone() };
    for executor in [alpaca.executor.clone() as Arc<dyn Executor>, fresh(&alpaca)] {
        let open = executor.open_orders(&trader.account).await.unwrap();
        assert!(
            matches!(&open[..], [one] if one.client_id == Some(order.client_id) && one.kind == kind
                && one.state == OrderState::Working && one.filled.is_zero()),
            "{open:?}"
        );
        assert_eq!(found(&*executor, trader, &by_client_id).await.state, OrderState::Working);
    }
    fresh(&alpaca).cancel(&trader.account, &by_client_id).await.unwrap();
    let report = found(&*trader.executor, trader, &order).await;
    assert_eq!((report.state, report.filled), (OrderState::Cancelled, Quantity::ZERO));
    assert!(trader.executor.open_orders(&trader.account).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_bracket_counts_once_when_all_is_cancelled() {
    let alpaca = Alpaca::stocks().await;
    let holder = Holder::of(&alpaca).await;
    let trader = &holder.trader;
    holder.sell(holder.bracket(1_100, 900, 800)).await.1.unwrap();
    trader.rest(Side::Buy, trader.quantity().await).await;
    assert_eq!(trader.executor.cancel_all(&trader.account).await.unwrap(), Some(2));
    assert!(trader.executor.open_orders(&trader.account).await.unwrap().is_empty());
}

#[tokio::test]
async fn fractions_of_a_share_have_no_stops_and_are_told_so() {
    let alpaca = Alpaca::trading("AAPL-USD", dec("228")).await;
    let key = alpaca.key();
    let mut trader = Trader::new(&alpaca).await;
    trader.account = signed(&key);
    let half = Quantity::new(dec("0.5")).unwrap();
    let (stop, limit) = (price("200"), price("190"));
    for (kind, says) in [
        (OrderKind::StopLimit { stop, price: limit }, "lives for one day only"),
        (OrderKind::Bracket { take_profit: price("300"), stop, price: limit }, "whole shares only"),
    ] {
        let (_, placed) = trader.place(Side::Sell, kind, half, TimeInForce::Gtc).await;
        let error = placed.unwrap_err();
        assert!(
            matches!(&error, VenueError::Rejected { code, message, .. }
                if code == "fractional_limit" && message.contains(says)),
            "{error}"
        );
        assert_eq!(error.effect(), Effect::None);
    }
    assert!(alpaca.venue().orders(&key.key).is_empty());
}
