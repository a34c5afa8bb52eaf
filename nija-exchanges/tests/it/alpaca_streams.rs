//! Alpaca's streams under faults. No message of theirs bears a number.

use nija_exchanges::testing::Trader;

use crate::alpaca_harness::{Alpaca, signed};
use crate::broken_streams::{Scene, rich};
use crate::support::dec;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_gaps_repeats_and_breaks_book_and_fills_are_the_venues() {
    let alpaca = Alpaca::start().await;
    let key = rich(alpaca.venue());
    let mut trader = Trader::new(&alpaca).await;
    trader.account = signed(&key);
    let scene = Scene {
        venue: alpaca.venue(),
        key,
        trader,
        execution: |id| id.rsplit("::").next().unwrap_or_default(),
        rest_rounds: dec("0"),
        numbered: false,
    };
    scene.run().await;
}
