//! The admin port.

use crate::support::{Client, dec, http, quiet};
use nija_sim::{Account, OrderView, VenueKind};
use serde_json::{Value, json};

#[tokio::test]
async fn the_admin_port_does_what_the_library_does() {
    let sim = quiet().await;
    let venue = sim.venue(VenueKind::Kraken);
    let post = async |path: &str, body: Value| -> Value {
        let request = http().post(format!("{}/{path}", venue.admin)).json(&body);
        request.send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
    };
    let get = async |path: &str| -> Value {
        http().get(format!("{}/{path}", venue.admin)).send().await.unwrap().json().await.unwrap()
    };
    let account = post(
        "accounts",
        json!({ "balances": { "USD": "500" }, "permissions": ["query-funds", "modify-trades"] }),
    )
    .await;
    let account: Account = serde_json::from_value(account).unwrap();
    let client = Client::of(venue, account);
    assert_eq!(client.call("Balance", &[]).await, json!({ "ZUSD": "500.0000" }));

    post("price", json!({ "symbol": "BTC-USD", "price": "50000" })).await;
    let (bid, ask) = venue.best("BTC-USD").unwrap();
    assert!(bid < dec("50000") && ask > dec("50000"));

    post("faults", json!({ "match": "/0/private/AddOrder", "kind": "drop_after", "times": 1 })).await;
    let form = [("pair", "XBTUSD"), ("type", "buy"), ("ordertype", "market"), ("volume", "0.001")];
    assert!(client.send("AddOrder", &form).await.is_err());
    let orders: Vec<OrderView> =
        serde_json::from_value(get(&format!("accounts/{}/orders", escape(&client.account.key))).await)
            .unwrap();
    assert_eq!((orders.len(), orders[0].status.as_str(), orders[0].filled), (1, "filled", dec("0.001")));
    assert_eq!(
        get(&format!("accounts/{}/trades", escape(&client.account.key))).await.as_array().unwrap().len(),
        1
    );
    assert_eq!(
        get(&format!("accounts/{}/balances", escape(&client.account.key))).await["BTC"]["total"],
        "0.001"
    );
    assert_eq!(get("faults").await, json!({ "hits": 1, "by_kind": { "drop_after": 1 }, "pending": 0 }));

    post("faults", json!({ "seed": 3, "rate": 1.0, "kinds": ["unavailable"] })).await;
    assert_eq!(client.error("Balance", &[]).await, "EService:Unavailable");
    http().delete(format!("{}/faults", venue.admin)).send().await.unwrap();
    client.call("Balance", &[]).await;

    let bad = http()
        .post(format!("{}/faults", venue.admin))
        .json(&json!({ "kind": "meteor" }))
        .send()
        .await
        .unwrap();
    assert!(bad.status().is_client_error());
    let unknown = http().get(format!("{}/accounts/nobody/orders", venue.admin)).send().await.unwrap();
    assert_eq!(unknown.status(), 404);
    sim.shutdown().await;
}

fn escape(key: &str) -> String {
    url::form_urlencoded::byte_serialize(key.as_bytes()).collect()
}
