//! What everybody may see.

use super::{Client, number, quiet};
use crate::support::{dec, http};
use nija_sim::VenueKind;
use serde_json::{Value, json};

async fn data(rest: &str, target: &str) -> Vec<Value> {
    let answer: Value =
        http().get(format!("{rest}/api/v5/{target}")).send().await.unwrap().json().await.unwrap();
    assert_eq!((&answer["code"], &answer["msg"]), (&json!("0"), &json!("")), "{target}: {answer}");
    answer["data"].as_array().unwrap().clone()
}

#[tokio::test]
async fn markets_books_candles_and_trades() {
    let sim = quiet().await;
    let rest = &sim.venue(VenueKind::Okx).rest;
    let now_ms = time::OffsetDateTime::now_utc().unix_timestamp() * 1_000;
    assert!(
        (number(&data(rest, "public/time").await[0]["ts"]) - dec(&now_ms.to_string())).abs() < 5_000.into()
    );
    let instruments = data(rest, "public/instruments?instType=SPOT").await;
    assert_eq!(instruments.len(), 6);
    let btc = &data(rest, "public/instruments?instType=SPOT&instId=BTC-USDT").await[0];
    let spec =
        ["baseCcy", "quoteCcy", "tickSz", "lotSz", "minSz", "state"].map(|name| btc[name].as_str().unwrap());
    assert_eq!(spec, ["BTC", "USDT", "0.1", "0.00000001", "0.00001", "live"]);
    assert!(data(rest, "public/instruments?instType=SWAP").await.is_empty());
    let book = &data(rest, "market/books?instId=BTC-USDT&sz=5").await[0];
    let best =
        |side: &str| book[side].as_array().unwrap().iter().map(|level| number(&level[0])).collect::<Vec<_>>();
    let (bids, asks) = (best("bids"), best("asks"));
    assert_eq!((bids.len(), asks.len()), (5, 5));
    assert!(bids.is_sorted_by(|a, b| a > b) && asks.is_sorted() && bids[0] < asks[0]);
    assert_eq!(data(rest, "market/books?instId=BTC-USDT").await[0]["bids"].as_array().unwrap().len(), 1);
    let ticker = &data(rest, "market/ticker?instId=BTC-USDT").await[0];
    assert_eq!((number(&ticker["bidPx"]), number(&ticker["askPx"])), (bids[0], asks[0]));
    assert_eq!(number(&ticker["last"]), 60_000.into());
    assert!(number(&ticker["low24h"]) <= number(&ticker["high24h"]));
    assert_eq!(data(rest, "market/tickers?instType=SPOT").await.len(), 6);
    assert!(!data(rest, "market/trades?instId=BTC-USDT").await.is_empty());
    let limit = &data(rest, "public/price-limit?instId=BTC-USDT").await[0];
    assert_eq!((number(&limit["buyLmt"]), number(&limit["sellLmt"])), (66_000.into(), 54_000.into()));
    sim.shutdown().await;
}

#[tokio::test]
async fn candles_come_newest_first_and_by_pages() {
    let sim = quiet().await;
    let rest = &sim.venue(VenueKind::Okx).rest;
    let candles = data(rest, "market/candles?instId=BTC-USDT&bar=5m&limit=10").await;
    let begins: Vec<_> = candles.iter().map(|row| number(&row[0])).collect();
    assert_eq!(begins.len(), 10);
    assert!(begins.windows(2).all(|pair| pair[0] - pair[1] == 300_000.into()));
    assert_eq!((&candles[0][8], &candles[1][8]), (&json!("0"), &json!("1")), "the newest is not complete");
    assert!(
        candles.iter().all(|row| number(&row[3]) <= number(&row[4]) && number(&row[4]) <= number(&row[2]))
    );
    let page = format!("market/history-candles?instId=BTC-USDT&bar=5m&after={}&limit=3", begins[4]);
    let older: Vec<_> = data(rest, &page).await.iter().map(|row| number(&row[0])).collect();
    assert_eq!(older, begins[5..8]);
    let newer = data(rest, &format!("market/candles?instId=BTC-USDT&bar=5m&before={}", begins[4])).await;
    assert!(newer.iter().all(|row| number(&row[0]) > begins[4]) && newer.len() >= 4);
    assert!(!data(rest, "market/candles?instId=BTC-USDT&bar=1Dutc").await.is_empty());
    sim.shutdown().await;
}

#[tokio::test]
async fn bad_questions_have_codes() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Okx);
    let client = Client::new(venue, 0);
    let cases = [
        ("market/ticker?instId=NOPE-USDT", 200, "51001"),
        ("market/ticker", 400, "50014"),
        ("market/candles?instId=BTC-USDT&bar=7m", 400, "51000"),
        ("public/instruments", 400, "50014"),
        ("public/instruments?instType=STOCKS", 400, "51000"),
        ("nothing", 404, "404"),
    ];
    for (target, status, code) in cases {
        let answer = http().get(format!("{}/api/v5/{target}", venue.rest)).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{target}");
        assert_eq!(answer.json::<Value>().await.unwrap()["code"], code, "{target}");
    }
    let cases = [
        ("trade/order?instId=BTC-USDT", "50015"),
        ("trade/order?instId=BTC-USDT&ordId=1", "51603"),
        ("trade/order?instId=BTC-USDT&clOrdId=none", "51603"),
        ("trade/orders-history", "50014"),
        ("trade/orders-pending?instType=NONE", "51000"),
        ("trade/fills?after=x", "51000"),
    ];
    for (target, code) in cases {
        assert_eq!(client.get(&format!("/api/v5/{target}")).await["code"], code, "{target}");
    }
    sim.shutdown().await;
}
