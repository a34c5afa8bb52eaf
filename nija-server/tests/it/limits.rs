//! Rate limits.

use serde_json::json;

use crate::support::{Host, password};

#[tokio::test]
async fn each_user_has_so_many_requests_a_minute_and_is_told_how_many_are_left() {
    let host = Host::with(|config| config.limits.basic_per_minute = 5).await;
    let (ada, bob) = (host.user("ada").await, host.user("bob").await);
    for left in (0..5).rev() {
        let answer = ada.get("/v1/me").await;
        assert_eq!(
            (answer.header("ratelimit-limit"), answer.header("ratelimit-remaining")),
            ("5", left.to_string().as_str())
        );
        answer.ok();
    }
    let refused = ada.get("/v1/me").await;
    refused.problem(429, "rate_limited");
    assert!(
        (1..=13).contains(&refused.header("retry-after").parse::<u64>().unwrap()),
        "{:?}",
        refused.headers
    );
    bob.get("/v1/me").await.ok();
}

#[tokio::test]
async fn logins_and_bad_tokens_count_against_the_address() {
    let host = Host::with(|config| config.limits.auth_per_minute = 4).await;
    let ada = host.user("ada").await;
    let body = json!({ "email": "ada@example.org", "password": password() });
    host.anyone().post("/v1/auth/login", &body).await.problem(401, "login_refused");
    host.anyone().get("/v1/me").await.problem(401, "unauthenticated");
    host.anyone().get("/v1/me").await.problem(401, "unauthenticated");
    host.anyone().get("/v1/me").await.problem(429, "rate_limited");
    host.anyone().post("/v1/auth/login", &body).await.problem(429, "rate_limited");
    ada.get("/v1/me").await.ok();
}
