//! Several venues on one tape.

use crate::support::{Client, dec};
use nija_sim::{Sim, SimError, VenueKind};
use std::collections::BTreeSet;
use std::time::Duration;

#[tokio::test]
async fn two_krakens_share_the_tape_and_little_else() {
    let sim = Sim::builder()
        .venues([VenueKind::Kraken])
        .venue_named("kraken-b", VenueKind::Kraken)
        .accounts(2)
        .no_limits()
        .start()
        .await
        .unwrap();
    let (a, b) = (sim.venue(VenueKind::Kraken), sim.venue_named("kraken-b").unwrap());
    let ((bid_a, ask_a), (bid_b, ask_b)) = (a.best("BTC-USD").unwrap(), b.best("BTC-USD").unwrap());
    assert!(((bid_a + ask_a) / (bid_b + ask_b) - dec("1")).abs() < dec("0.001"), "{bid_a} {bid_b}");
    assert!(ask_b - bid_b > ask_a - bid_a, "the second has the wider spread");
    let keys: BTreeSet<&String> = a.accounts.iter().chain(&b.accounts).map(|account| &account.key).collect();
    assert_eq!(keys.len(), 4);
    let stranger = Client::of(b, a.accounts[0].clone());
    assert_eq!(stranger.error("Balance", &[]).await, "EAPI:Invalid key");
    let order = [("ordertype", "market"), ("volume", "0.01")];
    let ids = [Client::new(a, 0).order("buy", &order).await, Client::new(b, 0).order("buy", &order).await];
    assert_ne!(ids[0], ids[1]);
    let rate = |trade: &nija_sim::TradeView| trade.fee / trade.cost;
    assert!(
        rate(&b.trades(&b.accounts[0].key)[0]) < rate(&a.trades(&a.accounts[0].key)[0]),
        "and the lower fee"
    );
    sim.shutdown().await;
}

#[tokio::test]
async fn prices_move_several_times_a_second_until_the_tape_is_paused() {
    let sim = Sim::builder().accounts(1).start().await.unwrap();
    let venue = sim.venue(VenueKind::Kraken);
    let mut seen = BTreeSet::new();
    let watch = async {
        while seen.len() < 4 {
            seen.insert(venue.best("BTC-USD").unwrap());
            venue.changed().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), watch).await.unwrap();
    sim.pause_tape();
    sim.shutdown().await;
}

#[tokio::test]
async fn a_bad_address_and_a_repeated_name_are_errors() {
    assert!(matches!(Sim::builder().listen("nowhere").start().await, Err(SimError::Address(_))));
    let twice = Sim::builder().venues([VenueKind::Kraken, VenueKind::Kraken]).start().await;
    assert!(matches!(twice, Err(SimError::DuplicateName(_))));
    let first = Sim::builder().start().await.unwrap();
    let taken = first.venues()[0].rest.trim_start_matches("http://").to_owned();
    assert!(matches!(Sim::builder().listen(taken).start().await, Err(SimError::Listen { .. })));
    first.shutdown().await;
}
