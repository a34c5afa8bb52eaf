//! What the engine leaves on record of an order's cost and times.

use nija_core::{ExecutionMethod, Notional, OrderSize, OrderState, Quantity, Receipt, Times, TradeSignal};
use nija_router::SlicingConfig;
use std::time::Duration;

use crate::support::{Answer, LONG, Platform, dec, entry, until, user};

#[tokio::test(start_paused = true)]
async fn a_filled_order_has_a_receipt_with_every_moment() {
    let (platform, _) = Platform::single();
    let engine = platform.start().await;
    let order = engine.submit(entry(user(1), "x")).await.unwrap().order;
    let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
    let receipt = engine.receipt(user(1), order.id()).await.unwrap().unwrap();
    assert_eq!((receipt.state, receipt.attempts.len()), (OrderState::Filled, 1));
    assert_eq!(receipt.total.filled, order.filled.get());
    assert_eq!((receipt.total.notional, receipt.total.fees), (order.filled_notional, order.fees));
    let times = receipt.times;
    let line = [times.taken_up, times.routed, times.sent, times.acknowledged, times.first_fill, times.ended];
    assert!(line.iter().all(Option::is_some), "{times:?}");
    assert!(line.is_sorted(), "{times:?}");
    assert_eq!(engine.receipt(user(2), order.id()).await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn a_failover_is_two_attempts_and_the_first_says_what_it_died_of() {
    let (platform, a, _) = Platform::pair();
    a.script([Answer::Unavailable]);
    let engine = platform.start().await;
    let order = engine.submit(entry(user(1), "x")).await.unwrap().order;
    let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
    let receipt = engine.receipt(user(1), order.id()).await.unwrap().unwrap();
    let [first, second] = receipt.attempts.as_slice() else { panic!("{receipt:?}") };
    assert_eq!((first.venue.as_str(), first.state), ("a", OrderState::Failed));
    assert_eq!(first.reason.as_ref().unwrap().code, "venue_unavailable");
    assert!(first.times.sent.is_some() && first.execution.fills == 0);
    assert_eq!((second.venue.as_str(), second.state), ("b", OrderState::Filled));
    let waited = Times::between(second.times.sent, second.times.acknowledged).unwrap();
    assert!(!waited.is_zero(), "{second:?}");
    assert!(first.times.ended <= second.times.routed, "{receipt:?}");
    assert_eq!(receipt.total, second.execution);
    assert_eq!(receipt.venues.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_refused_order_has_a_receipt_that_says_why_even_after_a_restart() {
    let (platform, a) = Platform::single();
    a.script([Answer::Rejected]);
    let engine = platform.start().await;
    let order = engine.submit(entry(user(1), "x")).await.unwrap().order.id();
    until("it is refused", async || {
        engine.receipt(user(1), order).await.unwrap().is_some_and(|it| it.state == OrderState::Rejected)
    })
    .await;
    let told: Receipt = engine.receipt(user(1), order).await.unwrap().unwrap();
    assert!(told.attempts[0].reason.is_some() && told.reason == told.attempts[0].reason);
    assert!(told.attempts[0].times.sent.is_some());
    engine.stop().await;
    drop(engine);
    let again = platform.start().await;
    assert_eq!(again.receipt(user(1), order).await.unwrap(), Some(told));
    engine_refuses(&again).await;
}

/// Risk refuses before there is a route.
async fn engine_refuses(engine: &nija_router::Engine) {
    engine.set_paused(user(1), true).await.unwrap();
    let order = engine.submit(entry(user(1), "y")).await.unwrap().order;
    let receipt = engine.receipt(user(1), order.id()).await.unwrap().unwrap();
    assert_eq!(receipt.reason.unwrap().code, "trading_paused");
    assert_eq!((receipt.attempts.len(), receipt.times.routed), (0, None));
}

#[tokio::test(start_paused = true)]
async fn the_receipt_of_an_order_in_slices_is_the_sum_of_theirs() {
    let (mut platform, _) = Platform::single();
    let above = Some(Notional::new(dec("1000")).unwrap());
    platform.config.slicing = SlicingConfig { above, slices: 4, every: Duration::from_secs(10) };
    let engine = platform.start().await;
    let size = OrderSize::Base(Quantity::new(dec("0.04")).unwrap());
    let order = engine.submit(TradeSignal { size, ..entry(user(1), "x") }).await.unwrap().order;
    let order = engine.settled(user(1), order.id(), LONG).await.unwrap();
    assert_eq!(order.state, OrderState::Filled);
    let receipt = engine.receipt(user(1), order.id()).await.unwrap().unwrap();
    assert_eq!(receipt.method, Some(ExecutionMethod::Twap { slices: 4, every_ms: 10_000 }));
    assert_eq!((receipt.total.fills, receipt.total.filled.normalize()), (4, dec("0.04")));
    assert_eq!((receipt.total.notional, receipt.total.fees), (order.filled_notional, order.fees));
    let lasted = Times::between(receipt.times.taken_up, receipt.times.ended).unwrap();
    assert_eq!(lasted.as_secs(), 30);
}
