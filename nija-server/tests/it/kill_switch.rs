//! The caller's kill switch, over HTTP.

use nija_client::wire;
use serde_json::{Value, json};

use crate::{
    api::Api,
    support::{Host, buy, eventually},
};

const PATH: &str = "/v1/kill-switch";

async fn throw(user: &Api, flatten: bool) -> wire::KillSwitch {
    let body = json!({ "on": true, "flatten": flatten });
    only(user.post(&format!("{PATH}?wait_ms=10000"), &body).await.ok())
}

fn only(all: Value) -> wire::KillSwitch {
    let all: Vec<wire::KillSwitch> = serde_json::from_value(all).unwrap();
    let [only] = all.as_slice() else { panic!("{all:?}") };
    only.clone()
}

#[tokio::test]
async fn it_stops_entries_cancels_orders_flattens_with_proof_and_is_taken_off() {
    let host = Host::start().await;
    let (ada, _) = host.trader("ada").await;
    let (bob, _) = host.trader("bob").await;
    ada.place(&buy("50")).await.ok();
    let resting = json!({ "symbol": "BTC-USD", "side": "buy", "size": "50", "order_type": "limit", "limit_price": "59000" });
    let working = ada.post("/v1/orders?wait_ms=10000&wait_for=acknowledged", &resting).await.ok();

    // Positions stay where they are not to be closed.
    let kept = throw(&ada, false).await;
    assert!(kept.scope == "user" && !kept.flatten && kept.done && !kept.flat, "{kept:?}");
    assert_eq!(kept.unconfirmed, []);
    let order = ada.get(&format!("/v1/orders/{}", working["id"].as_str().unwrap())).await.ok();
    assert_eq!(order["state"], "cancelled");
    assert_eq!(ada.get("/v1/positions/open").await.ok().as_array().unwrap().len(), 1);
    let refused = ada.place(&buy("50")).await;
    assert_eq!(
        (refused.status.as_u16(), &refused.json["order"]["reason_code"]),
        (422, &json!("trading_halted"))
    );

    let flat = throw(&ada, true).await;
    assert!(flat.flatten && flat.done && flat.flat, "{flat:?}");
    assert_eq!(flat.proof.len(), 2, "each venue was asked: {flat:?}");
    assert!(flat.proof.iter().all(|it| it.open_orders == 0 && it.positions == 0));
    assert_eq!(ada.get("/v1/positions/open").await.ok(), json!([]));
    assert_eq!(only(ada.get(PATH).await.ok()), flat, "it is still known later");

    // Others trade on.
    assert_eq!(bob.get(PATH).await.ok(), json!([]));
    bob.place(&buy("50")).await.ok();

    // Whoever has a session alone cannot let trading go on.
    ada.post(PATH, &json!({ "on": false })).await.problem(403, "confirmation_needed");
    let guess = json!({ "on": false, "password": bob.password });
    ada.post(PATH, &guess).await.problem(403, "confirmation_needed");
    assert_eq!(only(ada.get(PATH).await.ok()), flat, "it is on");
    assert_eq!(ada.post(PATH, &json!({ "on": false, "password": ada.password })).await.ok(), json!([]));
    eventually("trading goes on", || async {
        let placed = ada.place(&buy("50")).await;
        placed.status.is_success().then_some(())
    })
    .await;
}
