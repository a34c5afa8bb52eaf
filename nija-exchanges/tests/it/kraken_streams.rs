//! Kraken's streams under faults.

use nija_exchanges::testing::Trader;

use crate::broken_streams::{Scene, rich};
use crate::support::{Kraken, dec, signed};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_gaps_repeats_and_breaks_book_and_fills_are_the_venues() {
    let kraken = Kraken::start().await;
    let key = rich(kraken.venue());
    let mut trader = Trader::new(&kraken).await;
    trader.account = signed(&key);
    let scene = Scene {
        venue: kraken.venue(),
        key,
        trader,
        execution: |id| id,
        // Depth gives three places, cut.
        rest_rounds: dec("0.001"),
        // The account's messages bear numbers, the book's a checksum.
        numbered: true,
    };
    scene.run().await;
}
