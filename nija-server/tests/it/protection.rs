//! What guards positions, over HTTP.

use nija_client::wire;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    api::{Answer, Api, answer},
    support::{Host, buy, eventually},
};

async fn put(user: &Api, position: &str, plan: &Value) -> Answer {
    let path = format!("/v1/positions/{position}/protection");
    answer(user.request(Method::PUT, &path).json(plan)).await
}

#[tokio::test]
async fn a_position_is_guarded_changed_and_left_alone_again() {
    let host = Host::start().await;
    let (ada, _) = host.trader("ada").await;
    let (bob, _) = host.trader("bob").await;
    ada.place(&buy("600")).await.ok();
    let open = ada.get("/v1/positions/open").await.ok();
    let id = open[0]["id"].as_str().unwrap().replace(':', "%3A");
    let path = format!("/v1/positions/{id}/protection");
    assert_eq!(ada.get("/v1/positions/protection").await.ok(), json!([]), "nothing guards it yet");
    ada.get(&path).await.problem(404, "not_found");

    // Refused in words, and nothing stands by that.
    let above = put(&ada, &id, &json!({ "stop_price": "61000" })).await.problem(422, "order_invalid");
    assert!(above.contains("must be below the market"), "{above}");
    let twice = json!({ "trailing_share": "0.02", "trailing_distance": "100" });
    put(&ada, &id, &twice).await.problem(422, "order_invalid");
    put(&ada, &id, &json!({})).await.problem(422, "order_invalid");
    assert_eq!(ada.get("/v1/positions/protection").await.ok(), json!([]));

    let plan = json!({ "stop_price": "58000", "take_profits": [{ "price": "61000", "share": "0.5" }] });
    let set: wire::Protection = serde_json::from_value(put(&ada, &id, &plan).await.ok()).unwrap();
    assert_eq!(set.stop_now, Some(58_000.into()));
    // It rests at a venue that takes stops.
    let resting = eventually("the stop rests", || async {
        let all: Vec<wire::Protection> =
            serde_json::from_value(ada.get("/v1/positions/protection").await.ok()).unwrap();
        let [only] = all.as_slice() else { panic!("{all:?}") };
        assert_eq!((&only.position_id, &only.plan), (&set.position_id, &set.plan));
        only.resting_order_id.clone()
    })
    .await;
    assert_eq!(ada.get(&path).await.ok()["resting_order_id"], resting.as_str());
    let order = ada.get(&format!("/v1/orders/{resting}")).await.ok();
    assert_eq!((&order["order_type"], &order["signal_type"]), (&json!("stop_limit"), &json!("stop_loss")));

    // Another user neither sees nor changes it.
    assert_eq!(bob.get("/v1/positions/protection").await.ok(), json!([]));
    put(&bob, &id, &plan).await.problem(404, "not_found");
    bob.delete(&path).await.problem(404, "not_found");

    assert_eq!(ada.delete(&path).await.status, 204);
    assert_eq!(ada.get("/v1/positions/protection").await.ok(), json!([]));
    eventually("the resting stop is cancelled", || async {
        let order = ada.get(&format!("/v1/orders/{resting}")).await.ok();
        (order["state"] == "cancelled").then_some(())
    })
    .await;
}
