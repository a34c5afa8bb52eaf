//! OKX's streams under faults.

use futures::StreamExt;
use nija_core::{AccountEvent, Executor, Quantity, Side};
use nija_exchanges::testing::{Trader, open_lane, within};
use nija_sim::{Fault, FaultKind};
use std::time::Duration;

use super::harness::Okx;
use crate::{
    support::dec,
    unnumbered_streams::{self, Scene},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_gaps_repeats_and_breaks_book_and_fills_are_the_venues() {
    let okx = Okx::start().await;
    unnumbered_streams::run(&okx, Scene { seed: 13, depth: 50, order: |id| id }).await;
}

#[tokio::test]
async fn an_execution_that_is_missing_ends_the_stream_and_it_comes_back() {
    let okx = Okx::start().await;
    let key = okx.key_with(1_000_000);
    let trader = okx.trader(&key).await;
    within(async {
        let mut stream = trader.executor.account_stream(trader.account.clone(), open_lane());
        assert_eq!(stream.next().await, Some(AccountEvent::Connected));
        // It takes several levels, each an execution and a message; the order's beginning and the first of them are swallowed.
        okx.venue().fault(Fault::new(FaultKind::StreamGap).times(2));
        let order = trader.trade(Side::Buy, Quantity::new(dec("3")).unwrap()).await;
        assert!(okx.venue().trades(&key.key).len() > 2);
        loop {
            match stream.next().await.unwrap() {
                AccountEvent::Disconnected(reason) => {
                    assert!(reason.contains("is missing"), "{reason}");
                    break;
                }
                AccountEvent::Fill(fill) => panic!("told after one that is missing: {fill:?}"),
                _ => {}
            }
        }
        while stream.next().await.unwrap() != AccountEvent::Connected {}
        let since = trader.now().minus(Duration::from_secs(60));
        let fills = trader.executor.fills_since(&trader.account, since).await.unwrap();
        assert_eq!(fills.len(), okx.venue().trades(&key.key).len());
        assert!(fills.iter().all(|fill| fill.client_id == Some(order.client_id)));
    })
    .await;
}

#[tokio::test]
async fn reports_that_come_twice_are_delivered_once() {
    let okx = Okx::start().await;
    let trader = Trader::new(&okx).await;
    let quantity = trader.quantity().await;
    within(async {
        let mut stream = trader.executor.account_stream(trader.account.clone(), open_lane());
        assert_eq!(stream.next().await, Some(AccountEvent::Connected));
        okx.venue().fault(Fault::new(FaultKind::DuplicateReports).times(20));
        let first = trader.trade(Side::Buy, quantity).await;
        let second = trader.trade(Side::Buy, quantity).await;
        let mut seen = Vec::new();
        loop {
            if let AccountEvent::Fill(fill) = stream.next().await.unwrap() {
                seen.push(fill.client_id);
                if fill.client_id == Some(second.client_id) {
                    break;
                }
            }
        }
        assert_eq!(seen.iter().filter(|id| **id == Some(first.client_id)).count(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_stream_whose_key_is_refused_says_so() {
    let okx = Okx::start().await;
    let mut key = okx.key();
    key.passphrase = Some("wrong".to_owned());
    let mut stream = okx.executor.account_stream(okx.signed(&key), open_lane());
    within(async {
        let first = stream.next().await.unwrap();
        assert!(matches!(&first, AccountEvent::Disconnected(why) if why.contains("refused")), "{first:?}");
    })
    .await;
}
