//! Commands that ask venues without a server.

use nija_sim::{Sim, SimHandle, VenueKind};
use rust_decimal::Decimal;
use serde_json::Value;
use tokio::process::Command;

/// Two exchanges that stand still, the second with the wider spread.
async fn exchanges() -> SimHandle {
    let builder = Sim::builder().venue_named("one", VenueKind::Kraken).venue_named("two", VenueKind::Kraken);
    let sim = builder.accounts(0).paused(true).start().await.unwrap();
    assert!(sim.set_price("BTC-USD", 60_000.into()));
    sim
}

/// Runs `nija` against them and a venue where nobody listens: success, standard output, standard error.
async fn nija(sim: &SimHandle, arguments: &[&str]) -> (bool, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nija"));
    command.args(arguments);
    for venue in sim.venues() {
        let (rest, public, private) = (&venue.rest, &venue.ws_public, &venue.ws_private);
        command.args(["--venue", &format!("{}:kraken={rest},{public},{private}", venue.name)]);
    }
    command.args(["--venue", "gone:kraken=http://127.0.0.1:1,ws://127.0.0.1:1,ws://127.0.0.1:1"]);
    let output = command.output().await.unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.success(), text(&output.stdout), text(&output.stderr))
}

#[tokio::test]
async fn venues_says_of_each_whether_it_answers() {
    let sim = exchanges().await;
    let (ok, out, _) = nija(&sim, &["venues", "--json"]).await;
    assert!(ok);
    let all: Vec<Value> = serde_json::from_str(&out).unwrap();
    let names: Vec<_> = all.iter().map(|it| (it["venue"].as_str().unwrap(), it["online"] == true)).collect();
    assert_eq!(names, [("one", true), ("two", true), ("gone", false)]);
    assert_eq!(all[0]["default_taker_fee"], "0.0040");
    assert!(all[0]["markets"].as_u64() > Some(0) && all[0]["latency_us"].is_u64());
    assert!(all[2]["status"].as_str().unwrap().contains("no connection"), "{}", all[2]);
    let (ok, table, _) = nija(&sim, &["venues"]).await;
    assert!(ok && table.contains("LATENCY") && table.lines().count() == 4, "{table}");
    sim.shutdown().await;
}

#[tokio::test]
async fn markets_shows_one_book_over_the_venues_best_first() {
    let sim = exchanges().await;
    let (ok, out, _) = nija(&sim, &["markets", "BTC-USD", "--depth", "5", "--json"]).await;
    assert!(ok);
    let shown: Value = serde_json::from_str(&out).unwrap();
    let price = |level: &Value| level["price"].as_str().unwrap().parse::<Decimal>().unwrap();
    let asks: Vec<_> = shown["book"]["asks"].as_array().unwrap().iter().map(price).collect();
    assert_eq!(asks.len(), 10);
    assert!(asks.is_sorted());
    let best = sim.venue_named("one").unwrap().best("BTC-USD").unwrap();
    assert_eq!((shown["book"]["asks"][0]["venue"].as_str(), asks[0]), (Some("one"), best.1));
    assert!(shown["without"][0].as_str().unwrap().starts_with("gone: "));
    let (ok, _, error) = nija(&sim, &["markets", "NO-SUCH"]).await;
    assert!(!ok && error.contains("no venue shows a book of NO-SUCH"), "{error}");
    let (ok, _, error) = nija(&sim, &["markets", "btc/usd"]).await;
    assert!(!ok && error.contains("BTC-USD"), "{error}");
    sim.shutdown().await;
}
