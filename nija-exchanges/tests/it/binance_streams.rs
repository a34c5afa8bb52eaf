//! Binance's streams under faults.

use crate::{
    binance::Binance,
    unnumbered_streams::{self, Scene},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_gaps_repeats_and_breaks_book_and_fills_are_the_venues() {
    let binance = Binance::start().await;
    let scene = Scene { seed: 11, depth: 25, order: |id| id.split(':').nth(1).unwrap_or_default() };
    unnumbered_streams::run(&binance, scene).await;
}
