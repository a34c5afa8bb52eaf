//! `/v1/settings/routing`: a user's own policy and weights.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    api::{Answer, Api, answer},
    support::{Host, password},
};

async fn put(api: &Api, tag: Option<&str>, body: &Value) -> Answer {
    let mut request = api.request(Method::PUT, "/v1/settings/routing").json(body);
    if let Some(tag) = tag {
        request = request.header("if-match", tag);
    }
    answer(request).await
}

#[tokio::test]
async fn a_user_chooses_the_policy_and_its_weights_and_keeps_them() {
    let mut host = Host::start().await;
    let secret = password();
    let user = host.anyone().sign_up("router@example.org", &secret).await;
    let before = user.get("/v1/settings/routing").await;
    let tag = before.header("etag").to_owned();
    let standard = before.ok();
    assert_eq!(standard["effective_policy"], "weighted_score");
    assert_eq!((&standard["policy"], &standard["effective_weights"]["fees"]), (&Value::Null, &json!("0.30")));
    let weights =
        json!({"fees": "0.6", "reliability": "0.1", "latency": "0.1", "load": "0.1", "record": "0.1"});
    let wanted = json!({"policy": "expected_cost", "weights": weights});

    put(&user, None, &wanted).await.problem(428, "if_match_needed");
    put(&user, Some("\"another\""), &wanted).await.problem(412, "settings_changed");
    let heavy = json!({"weights": {"fees": "0.9", "reliability": "0.1", "latency": "0.1", "load": "0", "record": "0"}});
    let detail = put(&user, Some(&tag), &heavy).await.problem(422, "routing_invalid");
    assert_eq!(detail, "the weights sum to 1.1 and must sum to 1");
    put(&user, Some(&tag), &json!({"policy": "cheapest"})).await.problem(422, "routing_invalid");
    put(&user, Some(&tag), &json!({"weight": {}})).await.problem(400, "json_invalid");

    let changed = put(&user, Some(&tag), &wanted).await;
    let newer = changed.header("etag").to_owned();
    let changed = changed.ok();
    assert_eq!((&changed["effective_policy"], &changed["weights"]), (&json!("expected_cost"), &weights));
    put(&user, Some(&tag), &json!({})).await.problem(412, "settings_changed");

    let other = host.user("somebody").await;
    assert_eq!(other.get("/v1/settings/routing").await.ok()["effective_policy"], "weighted_score");
    host.restart().await;
    let mut user = host.anyone();
    let login = json!({ "email": "router@example.org", "password": secret });
    let session = user.post("/v1/auth/login", &login).await.ok();
    user.take(&session);
    assert_eq!(user.get("/v1/settings/routing").await.ok()["version"], json!(newer));
    let back = put(&user, Some(&newer), &json!({})).await.ok();
    assert_eq!((&back["effective_policy"], &back["policy"]), (&json!("weighted_score"), &Value::Null));
}
