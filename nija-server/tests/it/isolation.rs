//! Users never see or touch each other's things.

use serde_json::json;

use crate::{
    stream::Stream,
    support::{Host, buy},
};

#[tokio::test]
async fn one_users_orders_positions_and_keys_do_not_exist_for_another() {
    let host = Host::start().await;
    let (ada, _) = host.trader("ada").await;
    let (bob, _) = host.trader("bob").await;
    let order = ada.place(&buy("50")).await.ok();
    let order = order["id"].as_str().unwrap();
    let position = ada.get("/v1/positions/open").await.ok()[0]["id"].as_str().unwrap().replace(':', "%3A");
    let key = ada.get("/v1/credentials").await.ok()[0]["id"].as_str().unwrap().to_owned();

    bob.get(&format!("/v1/orders/{order}")).await.problem(404, "not_found");
    bob.act(&format!("/v1/orders/{order}/cancel")).await.problem(404, "not_found");
    bob.act(&format!("/v1/positions/{position}/close")).await.problem(404, "not_found");
    bob.delete(&format!("/v1/credentials/{key}")).await.problem(404, "not_found");
    for list in ["/v1/orders", "/v1/positions/closed", "/v1/activity", "/v1/routing/decisions"] {
        assert_eq!(bob.get(list).await.ok()["items"], json!([]), "{list}");
        assert!(ada.get(list).await.ok()["items"].is_array());
    }
    assert_eq!(bob.get("/v1/positions/open").await.ok(), json!([]));
    assert_eq!(ada.get("/v1/credentials").await.ok()[0]["status"], "active");
    // The same client order id of another user is another order.
    let mut named = buy("50");
    named["client_order_id"] = json!("mine");
    let (of_ada, of_bob) = (ada.place(&named).await, bob.place(&named).await);
    assert_eq!(
        (of_ada.status.as_u16(), of_bob.status.as_u16()),
        (201, 201),
        "{} {}",
        of_ada.text,
        of_bob.text
    );
    assert_ne!(of_ada.json["id"], of_bob.json["id"]);
}

#[tokio::test]
async fn a_stream_carries_its_own_users_events_alone() {
    let host = Host::start().await;
    let (ada, _) = host.trader("ada").await;
    let (bob, _) = host.trader("bob").await;
    let mut stream = Stream::open(&bob, "").await;
    let hello = stream.next().await.unwrap();
    let order = ada.place(&buy("50")).await.ok();
    ada.act("/v1/bot/pause").await.ok();
    bob.act("/v1/bot/pause").await.ok();
    let seen = stream.event().await;
    assert_eq!(seen["type"], "bot.status");
    assert_eq!(seen["seq"], json!(hello["data"]["last_seq"].as_u64().unwrap() + 1));
    assert!(!seen.to_string().contains(order["id"].as_str().unwrap()));
}
