//! Orders that make no sense, and what their callers are told.

use serde_json::{Value, json};

use crate::support::{Host, buy};

/// A good order with some fields changed.
fn order(change: Value) -> Value {
    let mut order = buy("50");
    for (key, value) in change.as_object().expect("fields") {
        order[key] = value.clone();
    }
    order
}

#[tokio::test]
async fn each_mistake_is_named() {
    let host = Host::start().await;
    let (ada, accounts) = host.trader("ada").await;
    for (change, code, says) in [
        (json!({ "size": "0" }), "size_invalid", "greater than zero"),
        (json!({ "size": "-5" }), "size_invalid", "not be negative"),
        (json!({ "size": "100000000000000" }), "size_invalid", "too large"),
        (json!({ "size_type": "lots" }), "order_invalid", "quote or base"),
        (json!({ "side": "hold" }), "order_invalid", "buy or sell"),
        (json!({ "symbol": "btc-usd" }), "symbol_invalid", "BTC-USD"),
        (json!({ "symbol": "BTC-XYZ" }), "symbol_unknown", "BTC-USD"),
        (json!({ "venue": "nasdaq" }), "venue_unknown", "kraken, kraken-b"),
        (json!({ "order_type": "stop" }), "order_invalid", "market or limit or stop_limit or bracket"),
        (json!({ "order_type": "limit" }), "limit_price_invalid", "needs limit_price"),
        (json!({ "limit_price": "5" }), "limit_price_invalid", "takes no limit_price"),
        (
            json!({ "order_type": "stop_limit", "limit_price": "5" }),
            "limit_price_invalid",
            "needs stop_price",
        ),
        (
            json!({ "order_type": "stop_limit", "limit_price": "5", "stop_price": "6" }),
            "order_invalid",
            "at or above its stop",
        ),
        (json!({ "order_type": "limit", "limit_price": "0" }), "limit_price_invalid", "greater than zero"),
        (json!({ "time_in_force": "fok" }), "order_invalid", "gtc or ioc"),
        (json!({ "signal_type": "wish" }), "order_invalid", "entry or exit or stop_loss"),
        (json!({ "client_order_id": "a b" }), "client_order_id_invalid", "1 to 64"),
        (json!({ "client_order_id": "x".repeat(65) }), "client_order_id_invalid", "1 to 64"),
        (json!({ "strategy": "two\nlines" }), "order_invalid", "control characters"),
    ] {
        let detail = ada.place(&order(change.clone())).await.problem(422, code);
        assert!(detail.contains(says), "{change}: {detail}");
    }
    assert!(
        accounts.iter().zip(host.sim.venues()).all(|(account, venue)| venue.orders(&account.key).is_empty())
    );
    assert_eq!(ada.get("/v1/orders").await.ok()["items"], json!([]));
}

#[tokio::test]
async fn what_risk_refuses_is_a_problem_with_the_order_and_stays_on_record() {
    let host = Host::start().await;
    let (ada, _) = host.trader("ada").await;
    ada.act("/v1/bot/pause").await.ok();
    let refused = ada.place(&buy("50")).await;
    let detail = refused.problem(422, "risk_refused");
    assert!(detail.contains("paused"), "{detail}");
    let order = &refused.json["order"];
    assert_eq!(
        (order["state"].as_str(), order["reason"].as_str()),
        (Some("rejected"), Some(detail.as_str()))
    );
    let on_record = ada.get(&format!("/v1/orders/{}", order["id"].as_str().unwrap())).await.ok();
    assert_eq!(on_record["state"], "rejected");
    let told = ada.get("/v1/activity?kind=order").await.ok();
    assert!(
        told["items"][0]["title"].as_str().unwrap().starts_with("Refused: buy 50.00 USD of BTC"),
        "{told}"
    );
}

#[tokio::test]
async fn an_order_that_no_venue_can_take_says_why_at_each() {
    let host = Host::start().await;
    let ada = host.user("ada").await;
    let refused = ada.place(&buy("50")).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    let code = refused.json["code"].as_str().unwrap();
    assert!(["no_execution_venue_available", "risk_refused"].contains(&code), "{}", refused.text);
    let preview = ada.post("/v1/orders?dry_run=true", &buy("50")).await.ok();
    assert_eq!(preview["accepted"], false);
    assert!(preview["reason"].is_string() && preview["reason_code"].is_string());
}
