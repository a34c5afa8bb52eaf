//! What malformed requests are answered with: problems of one shape, with words that help.

use reqwest::Method;
use serde_json::json;

use crate::{
    api::answer,
    support::{Host, buy},
};

#[tokio::test]
async fn bodies_must_be_exactly_the_json_that_a_call_takes() {
    let host = Host::start().await;
    let ada = host.user("ada").await;
    let deep = format!("{}1{}", "[".repeat(5000), "]".repeat(5000));
    let long = json!({ "symbol": "A".repeat(60_000), "side": "buy", "size": "1" }).to_string();
    for (body, status, code, says) in [
        (
            r#"{"symbol":"BTC-USD","side":"buy","size":"50","prise":"1"}"#,
            400,
            "json_invalid",
            "unknown field `prise`",
        ),
        (r#"{"symbol":"BTC-USD","side":"buy"}"#, 400, "json_invalid", "missing field `size`"),
        (
            r#"{"symbol":"BTC-USD","side":"buy","size":"50","size":"60"}"#,
            400,
            "json_invalid",
            "duplicate field `size`",
        ),
        (
            r#"{"symbol":"BTC-USD","side":"buy","size":50}"#,
            400,
            "json_invalid",
            "size: must be a decimal in quotes",
        ),
        (r#"{"symbol":"BTC-USD","side":"buy","size":"fifty"}"#, 400, "json_invalid", "size: "),
        (r#"{"symbol":"BTC-USD","side":"buy","size":"NaN"}"#, 400, "json_invalid", "size: "),
        (r#"{"symbol":7,"side":"buy","size":"50"}"#, 400, "json_invalid", "symbol: expected a string"),
        (r#"{"symbol":"BTC-USD","side":"buy","size":"50"} extra"#, 400, "json_invalid", "not JSON"),
        (r#"{"symbol":"BTC-USD""#, 400, "json_invalid", "ends too early"),
        ("", 400, "json_invalid", "ends too early"),
        (deep.as_str(), 400, "json_invalid", ""),
        (long.as_str(), 422, "symbol_invalid", "BTC-USD"),
    ] {
        let request = ada.request(Method::POST, "/v1/orders").header("content-type", "application/json");
        let detail = answer(request.body(body.to_owned())).await.problem(status, code);
        assert!(detail.contains(says) && detail.len() < 500, "{body:.80}: {detail}");
    }
}

#[tokio::test]
async fn media_size_path_and_method_are_checked() {
    let host = Host::start().await;
    let ada = host.user("ada").await;
    let form = ada.request(Method::POST, "/v1/orders").header("content-type", "text/plain").body("{}");
    answer(form).await.problem(415, "unsupported_media_type");
    let huge = json!({ "symbol": "A".repeat(70_000), "side": "buy", "size": "1" });
    ada.post("/v1/orders", &huge).await.problem(413, "body_too_large");
    ada.get("/v1/nothing").await.problem(404, "not_found");
    let wrong = ada.delete("/v1/orders").await;
    wrong.problem(405, "method_not_allowed");
    assert!(wrong.header("allow").contains("POST"));
    ada.get("/v1/orders/not-an-id").await.problem(404, "not_found");
    ada.get("/v1/orders?limt=5").await.problem(400, "query_invalid");
    ada.get("/v1/orders?limit=many").await.problem(400, "query_invalid");
    ada.get("/v1/orders?limit=201").await.problem(400, "query_invalid");
    ada.get("/v1/orders?cursor=yesterday").await.problem(400, "cursor_invalid");
    ada.get("/v1/orders?state=lost").await.problem(400, "query_invalid");
    ada.get("/v1/activity?kind=gossip").await.problem(400, "query_invalid");
    ada.post("/v1/orders?wait_ms=10001", &buy("50")).await.problem(400, "query_invalid");
}

#[tokio::test]
async fn a_request_keeps_its_callers_id_where_that_is_harmless() {
    let host = Host::start().await;
    let given =
        answer(host.anyone().request(Method::GET, "/v1/me").header("x-request-id", "phone-17.a_B")).await;
    assert_eq!(given.json["request_id"], "phone-17.a_B");
    let long = "x".repeat(65);
    for bad in ["a b", "\"quoted\"", long.as_str()] {
        let made = answer(host.anyone().request(Method::GET, "/v1/me").header("x-request-id", bad)).await;
        assert_ne!(made.json["request_id"], json!(bad));
        made.problem(401, "unauthenticated");
    }
}

#[tokio::test]
async fn api_answers_are_never_cached_framed_or_sniffed() {
    let host = Host::start().await;
    let answer = host.user("ada").await.get("/v1/me").await;
    for (name, value) in [
        ("cache-control", "no-store"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ] {
        assert_eq!(answer.header(name), value);
    }
}
