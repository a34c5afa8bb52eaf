//! What survives a restart.

use serde_json::json;

use crate::support::{Host, buy, password};

#[tokio::test]
async fn accounts_keys_positions_and_pauses_survive() {
    let mut host = Host::start().await;
    let secret = password();
    let ada = host.anyone().sign_up("ada@example.org", &secret).await;
    let account = host.venue("kraken").add_account(nija_sim::NewAccount::default());
    ada.connect("kraken", &account).await;
    let order = ada.place(&buy("50")).await.ok();
    ada.act("/v1/bot/pause").await.ok();
    let before = ada.get("/v1/positions/open").await.ok();

    host.restart().await;
    let mut ada = host.anyone();
    let session =
        ada.post("/v1/auth/login", &json!({ "email": "ada@example.org", "password": secret })).await.ok();
    ada.take(&session);
    let after = ada.get("/v1/positions/open").await.ok();
    for field in ["id", "quantity", "entry_price", "fees", "opened_at"] {
        assert_eq!(after[0][field], before[0][field], "{field}");
    }
    assert_eq!(
        ada.get(&format!("/v1/orders/{}", order["id"].as_str().unwrap())).await.ok()["state"],
        "filled"
    );
    assert_eq!(ada.get("/v1/dashboard/overview").await.ok()["bot"]["state"], "paused");
    ada.act("/v1/bot/resume").await.ok();
    assert_eq!(ada.place(&buy("50")).await.ok()["state"], "filled");
}

#[tokio::test]
async fn a_second_server_on_the_same_data_is_refused() {
    let host = Host::start().await;
    let mut config = crate::support::config(host.data_dir());
    config.listen = ([127, 0, 0, 1], 0).into();
    let error = nija_server::start(config).await.expect_err("refused").to_string();
    assert!(error.contains("another nija") && error.contains("--data-dir"), "{error}");
}

#[tokio::test]
async fn an_address_in_use_is_named() {
    let host = Host::start().await;
    let mut config = crate::support::config(host.dir.path().join("other"));
    config.listen = host.server().addr;
    let error = nija_server::start(config).await.expect_err("refused").to_string();
    assert!(error.contains(&host.server().addr.to_string()) && error.contains("--listen"), "{error}");
}
