//! `nija serve --demo`.

use nija_server::ServerConfig;
use serde_json::json;
use tempfile::TempDir;

use crate::{
    api::Api,
    support::{config, eventually},
};

fn demo(folder: &TempDir) -> ServerConfig {
    let mut config = config(folder.path().join("demo"));
    config.demo = true;
    config
}

async fn sign_in(server: &nija_server::RunningServer) -> Api {
    let login = server.demo.clone().expect("a demo has a login");
    let mut api = Api::new(server.url.clone());
    let session =
        api.post("/v1/auth/login", &json!({ "email": login.email, "password": login.password })).await.ok();
    api.take(&session);
    api
}

#[tokio::test]
async fn the_demo_trades_by_itself_and_starts_again_on_the_same_data() {
    let folder = TempDir::new().unwrap();
    let server = nija_server::start(demo(&folder)).await.expect("the demo starts");
    let first_login = server.demo.clone().unwrap();
    let user = sign_in(&server).await;
    assert_eq!(user.get("/v1/me").await.ok()["tier"], "pro");
    let keys = user.get("/v1/credentials").await.ok();
    assert_eq!(keys.as_array().unwrap().iter().filter(|key| key["status"] == "active").count(), 2);
    let position = eventually("the strategy holds something", || async {
        user.get("/v1/positions/open").await.ok().as_array()?.first().cloned()
    })
    .await;
    assert!(position["current_price"].is_string(), "{position}");
    let trades = user.get("/v1/activity?kind=trade").await.ok();
    assert!(trades["items"][0]["title"].as_str().unwrap().starts_with("Bought"));
    server.shutdown().await;

    let server = nija_server::start(demo(&folder)).await.expect("it starts again");
    assert_ne!(server.demo.clone().unwrap().password, first_login.password);
    let user = sign_in(&server).await;
    let kept = user.get("/v1/positions/open").await.ok();
    assert!(kept.as_array().unwrap().iter().any(|it| it["id"] == position["id"]), "{kept}");
    server.shutdown().await;
}
