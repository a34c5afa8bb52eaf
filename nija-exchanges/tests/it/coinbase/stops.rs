//! Brackets: one order there as here, whose stop has a limit of Coinbase's own.

use nija_core::{Effect, Executor, Lookup, OrderKind, OrderState, Price, Side, VenueError};
use nija_exchanges::{
    coinbase::CoinbaseExecutor,
    testing::{Harness, within},
};
use std::sync::Arc;

use super::harness::Coinbase;
use crate::brackets::{self, Holder};
use crate::support::dec;

/// One that knows nothing, as after a restart.
fn fresh(coinbase: &Coinbase) -> Arc<dyn Executor> {
    Arc::new(CoinbaseExecutor::new(Coinbase::config(coinbase.venue()), coinbase.clock()).unwrap())
}

#[tokio::test]
async fn a_bracket_whose_answer_was_lost_is_found_by_one_who_knows_nothing() {
    let coinbase = Coinbase::start().await;
    within(brackets::is_found_by_one_who_knows_nothing(&coinbase, fresh(&coinbase))).await;
}

#[tokio::test]
async fn a_bracket_is_cancelled_by_one_who_knows_nothing() {
    let coinbase = Coinbase::start().await;
    within(brackets::is_cancelled_by_one_who_knows_nothing(&coinbase, fresh(&coinbase))).await;
}

#[tokio::test]
async fn a_bracket_ends_once_on_the_stream_whichever_leg_trades() {
    for by_stop in [true, false] {
        let coinbase = Coinbase::start().await;
        brackets::ends_once_on_the_stream(&coinbase, coinbase.executor.clone(), by_stop).await;
    }
}

#[tokio::test]
async fn a_bracket_whose_limit_coinbase_would_not_keep_is_refused_in_words() {
    let coinbase = Coinbase::start().await;
    let holder = Holder::of(&coinbase).await;
    let (_, placed) = holder.sell(holder.bracket(1_100, 900, 890)).await;
    let error = placed.unwrap_err();
    assert!(matches!(&error, VenueError::Rejected { code, .. } if code == "bracket_limit"), "{error}");
    assert!(error.to_string().contains("5 % below its trigger"), "{error}");
    assert_eq!(error.effect(), Effect::None);
    assert!(holder.trader.executor.open_orders(&holder.trader.account).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_market_that_jumps_over_the_stops_limit_leaves_it_resting_there() {
    let coinbase = Coinbase::start().await;
    let holder = Holder::of(&coinbase).await;
    let kind = holder.bracket(1_100, 999, 800);
    let (order, placed) = holder.sell(kind).await;
    placed.unwrap();
    // A tenth below the stop, beyond the 5 % that Coinbase allows.
    coinbase.reach(Side::Buy, Price::new(kind.stop().unwrap().get() * dec("0.9")).unwrap()).await;
    let trader = &holder.trader;
    let open = trader.executor.open_orders(&trader.account).await.unwrap();
    let [resting] = &open[..] else { panic!("{open:?}") };
    assert_eq!((resting.client_id, resting.state), (Some(order.client_id), OrderState::Working));
    assert!(resting.filled.is_zero() && resting.kind.keeps(kind, Side::Sell), "{resting:?}");
    let OrderKind::Bracket { price: own, .. } = resting.kind else { panic!("{resting:?}") };
    coinbase.reach(Side::Sell, own).await;
    let found = trader.executor.find(&trader.account, &order, trader.now()).await.unwrap();
    assert!(
        matches!(&found, Lookup::Found(report) if report.state == OrderState::Filled
            && report.average_price >= Some(own)),
        "{found:?}"
    );
}
