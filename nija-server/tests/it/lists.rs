//! Long lists come in pages.

use serde_json::{Value, json};
use std::collections::HashSet;

use crate::{
    api::Api,
    support::{Host, buy},
};

/// Walks a list to its end, page by page.
async fn walk(api: &Api, path: &str, limit: usize) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = api.get(&format!("{path}?limit={limit}{cursor}")).await.ok();
        let items = page["items"].as_array().unwrap().clone();
        assert!(items.len() <= limit);
        all.extend(items);
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

#[tokio::test]
async fn pages_hold_every_row_once_newest_first() {
    let host = Host::start().await;
    let (ada, _) = host.trader("ada").await;
    let mut placed = Vec::new();
    for n in 0..7 {
        let mut order = buy("20");
        order["client_order_id"] = json!(format!("n-{n}"));
        placed.push(ada.place(&order).await.ok()["client_order_id"].clone());
    }
    placed.reverse();
    for limit in [1, 3, 7, 200] {
        let ids: Vec<Value> = walk(&ada, "/v1/orders", limit)
            .await
            .iter()
            .map(|order| order["client_order_id"].clone())
            .collect();
        assert_eq!(ids, placed, "limit {limit}");
    }
    let lines = walk(&ada, "/v1/activity", 2).await;
    let ids: HashSet<&str> = lines.iter().map(|line| line["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), lines.len(), "no line twice");
    assert_eq!(lines.iter().filter(|line| line["kind"] == "trade").count(), lines.len());
    assert!(lines.len() >= 7);
    assert_eq!(walk(&ada, "/v1/routing/decisions", 3).await.len(), 7);
}

#[tokio::test]
async fn markets_and_candles_say_what_can_be_traded() {
    let host = Host::start().await;
    let (ada, _) = host.trader("ada").await;
    let markets = ada.get("/v1/markets?symbol=BTC-USD").await.ok();
    let venues: HashSet<&str> =
        markets.as_array().unwrap().iter().map(|it| it["venue"].as_str().unwrap()).collect();
    assert_eq!(venues, HashSet::from(["kraken", "kraken-b"]));
    for market in markets.as_array().unwrap() {
        assert!(
            market["bid"].is_string() && market["tick_size"].is_string() && market["taker_fee"].is_string()
        );
    }
    assert!(ada.get("/v1/markets").await.ok().as_array().unwrap().len() >= 6);
    let candles = ada.get("/v1/markets/BTC-USD/candles?interval=1m&limit=5&venue=kraken").await.ok();
    let starts: Vec<&str> =
        candles.as_array().unwrap().iter().map(|it| it["start"].as_str().unwrap()).collect();
    assert!(starts.len() == 5 && starts.is_sorted(), "{starts:?}");
    ada.get("/v1/markets/BTC-USD/candles?interval=7m").await.problem(400, "query_invalid");
    ada.get("/v1/markets/BTC-XYZ/candles").await.problem(422, "symbol_unknown");
    ada.get("/v1/markets/BTC-USD/candles?venue=nasdaq").await.problem(422, "venue_unknown");
}
