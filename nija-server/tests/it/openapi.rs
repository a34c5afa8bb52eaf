//! The document describes what the server does: every route, every answer.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{api::answer, support::Host};

/// Every reference in the document points at something in it.
fn check_references(value: &Value, document: &Value) {
    match value {
        Value::Object(fields) => {
            if let Some(Value::String(reference)) = fields.get("$ref") {
                let pointer = reference.strip_prefix('#').expect("a reference within the document");
                assert!(document.pointer(pointer).is_some(), "{reference} points nowhere");
            }
            fields.values().for_each(|field| check_references(field, document));
        }
        Value::Array(items) => items.iter().for_each(|item| check_references(item, document)),
        _ => {}
    }
}

#[tokio::test]
async fn the_document_is_whole_and_covers_the_api() {
    let host = Host::start().await;
    let document = host.anyone().get("/openapi.json").await.ok();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    check_references(&document, &document);
    let paths = document["paths"].as_object().unwrap();
    for path in [
        "/v1/auth/signup",
        "/v1/auth/login",
        "/v1/auth/refresh",
        "/v1/auth/logout",
        "/v1/me",
        "/v1/venues",
        "/v1/markets",
        "/v1/markets/{symbol}/candles",
        "/v1/credentials/sealing-key",
        "/v1/credentials/store",
        "/v1/credentials",
        "/v1/credentials/{id}",
        "/v1/credentials/verify",
        "/v1/credentials/{id}/check",
        "/v1/credentials/{id}/destroy",
        "/v1/credentials/session",
        "/v1/credentials/session/{venue}",
        "/v1/credentials/session/{venue}/unlock",
        "/v1/credentials/session/{venue}/lock",
        "/v1/credentials/device",
        "/v1/credentials/policy",
        "/v1/credentials/audit",
        "/v1/credentials/audit/{seq}/proof",
        "/v1/credentials/rotate",
        "/v1/credentials/rotate/{venue}/switch",
        "/v1/credentials/rotate/{venue}/retire",
        "/v1/credentials/rotate/{venue}/rollback",
        "/v1/orders",
        "/v1/orders/{id}",
        "/v1/orders/{id}/cancel",
        "/v1/orders/{id}/receipt",
        "/v1/positions/open",
        "/v1/positions/closed",
        "/v1/positions/{id}/close",
        "/v1/positions/protection",
        "/v1/positions/{id}/protection",
        "/v1/kill-switch",
        "/v1/activity",
        "/v1/routing/decisions",
        "/v1/settings/routing",
        "/v1/settings/risk",
        "/v1/settings/risk/pending",
        "/v1/dashboard/overview",
        "/v1/dashboard/equity",
        "/v1/dashboard/equity/curve",
        "/v1/dashboard/pnl",
        "/v1/bot/pause",
        "/v1/bot/resume",
        "/v1/admin/claim",
        "/v1/admin/kill",
        "/v1/admin/users/{id}/role",
        "/v1/stream/ticket",
        "/v1/stream",
        "/health",
        "/ready",
        "/metrics",
    ] {
        assert!(paths.contains_key(path), "{path} is not described");
    }
    for schema in [
        "Order",
        "NewOrder",
        "OrderPreview",
        "Position",
        "Overview",
        "Problem",
        "StreamEvent",
        "StoreCredential",
    ] {
        assert!(document["components"]["schemas"][schema].is_object(), "{schema}");
    }
    let operations = paths.values().flat_map(|operations| operations.as_object().unwrap().values());
    let ids: Vec<&str> = operations.map(|operation| operation["operationId"].as_str().unwrap()).collect();
    let unique: std::collections::HashSet<&str> = ids.iter().copied().collect();
    assert_eq!(unique.len(), ids.len(), "generated clients need a name for each call: {ids:?}");
    assert_eq!(document["components"]["schemas"]["NewOrder"]["properties"]["size"]["type"], "string");
}

/// What the app's types are made of, without a server.
#[tokio::test]
async fn the_command_prints_the_document_that_the_server_shows() {
    let host = Host::start().await;
    let command = tokio::process::Command::new(env!("CARGO_BIN_EXE_nija")).arg("openapi").output();
    let printed = command.await.unwrap();
    assert!(printed.status.success());
    let printed: Value = serde_json::from_slice(&printed.stdout).unwrap();
    assert_eq!(printed, host.anyone().get("/openapi.json").await.ok());
}

/// Odd requests to every operation: each answer's status is described, and none is a failure of ours.
#[tokio::test]
async fn no_request_gets_an_answer_that_is_not_described() {
    let host = Host::start().await;
    let (ada, _) = host.trader("ada").await;
    let document = ada.get("/openapi.json").await.ok();
    let bodies = [
        None,
        Some(json!({})),
        Some(json!([])),
        Some(json!("text")),
        Some(json!({ "symbol": "\u{202e}💥", "side": null })),
    ];
    let queries =
        ["", "?limit=-1", "?unknown=1", "?cursor=99999999999999999999", "?limit=1&limit=2", "?ticket=x"];
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let method: Method = method.to_uppercase().parse().unwrap();
            for id in ["x", "0193f7a0-0000-7000-8000-000000000000", "%00", "a%2Fb"] {
                let path = path
                    .replace("{id}", id)
                    .replace("{symbol}", id)
                    .replace("{venue}", id)
                    .replace("{seq}", id);
                for (query, body) in
                    queries.iter().flat_map(|query| bodies.iter().map(move |body| (query, body)))
                {
                    let request = ada.request(method.clone(), &format!("{path}{query}"));
                    let request = match body {
                        Some(body) => request.json(body),
                        None => request,
                    };
                    let answer = answer(request).await;
                    let status = answer.status.as_u16();
                    assert!(status < 500, "{method} {path}{query}: {}", answer.text);
                    let described = operation["responses"].get(status.to_string()).is_some();
                    assert!(described, "{method} {path}{query} answered {status}: {}", answer.text);
                }
            }
        }
    }
}
