//! A user's own limits over HTTP.

use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

use crate::{
    api::{Answer, Api, answer},
    support::{Host, buy, password},
};

const PATH: &str = "/v1/settings/risk";

async fn change(api: &Api, tag: &str, body: &Value) -> Answer {
    answer(api.request(Method::PUT, PATH).header("if-match", tag).json(body)).await
}

async fn tag(api: &Api) -> String {
    api.get(PATH).await.header("etag").to_owned()
}

#[tokio::test]
async fn tightening_holds_at_once_and_loosening_waits_for_a_password_and_its_time() {
    let mut host = Host::start().await;
    let password = password();
    let ada = host.anyone().sign_up("ada@example.org", &password).await;
    let start = ada.get(PATH).await;
    assert_eq!(start.json["version"], start.header("etag"));
    let start = start.ok();
    assert_eq!(
        (&start["level"], &start["limits"], &start["pending"]),
        (&Value::Null, &json!({}), &Value::Null)
    );
    assert_eq!(start["effective"]["max_equity_share"], "0.1");
    assert_eq!(
        (&start["levels"][0]["level"], start["loosening_delay_s"].as_u64()),
        (&json!("low"), Some(86_400))
    );

    let low = change(&ada, &tag(&ada).await, &json!({ "level": "low" })).await.ok();
    assert_eq!((&low["level"], &low["effective"]["max_equity_share"]), (&json!("low"), &json!("0.02")));
    assert_eq!(low["pending"], Value::Null);

    let high = json!({ "level": "high" });
    change(&ada, &tag(&ada).await, &high).await.problem(403, "password_needed");
    let wrong = json!({ "level": "high", "password": crate::support::password() });
    change(&ada, &tag(&ada).await, &wrong).await.problem(403, "password_refused");
    let right = json!({ "level": "high", "password": password });
    let waiting = change(&ada, &tag(&ada).await, &right).await.ok();
    assert_eq!((&waiting["level"], &waiting["pending"]["level"]), (&json!("low"), &json!("high")));
    assert!(waiting["pending"]["looser"].as_array().unwrap().contains(&json!("max_daily_loss")));
    assert!(waiting["pending"]["effective_at"].is_string());

    host.restart().await;
    let mut ada = host.anyone();
    let login = json!({ "email": "ada@example.org", "password": password });
    let session = ada.post("/v1/auth/login", &login).await.ok();
    ada.take(&session);
    assert_eq!(ada.get(PATH).await.ok()["pending"], waiting["pending"]);
    let kept = ada.delete("/v1/settings/risk/pending").await.ok();
    assert_eq!((&kept["level"], &kept["pending"]), (&json!("low"), &Value::Null));
}

#[tokio::test]
async fn a_loosening_takes_effect_when_its_time_has_come() {
    let host = Host::with(|config| config.engine.limits.loosening_delay = Duration::ZERO).await;
    let password = password();
    let ada = host.anyone().sign_up("ada@example.org", &password).await;
    let none = json!({ "limits": { "allowed_symbols": [] } });
    change(&ada, &tag(&ada).await, &none).await.ok();
    let detail = ada.place(&buy("50")).await.problem(422, "risk_refused");
    assert!(detail.contains("risk settings"), "{detail}");
    let all = change(&ada, &tag(&ada).await, &json!({ "limits": {}, "password": password })).await.ok();
    assert_eq!((&all["limits"], &all["pending"]), (&json!({}), &Value::Null));
}

#[tokio::test]
async fn a_change_says_what_it_is_based_on_and_makes_sense() {
    let host = Host::start().await;
    let ada = host.user("ada").await;
    let old = tag(&ada).await;
    let low = json!({ "level": "low" });
    answer(ada.request(Method::PUT, PATH).json(&low)).await.problem(428, "if_match_needed");
    change(&ada, &old, &low).await.ok();
    change(&ada, &old, &low).await.problem(412, "settings_changed");
    let now = tag(&ada).await;
    for nonsense in [
        json!({}),
        json!({ "level": "reckless" }),
        json!({ "level": "low", "limits": {} }),
        json!({ "limits": { "max_equity_share": "0.01" } }),
        json!({ "limits": { "max_daily_loss": "-0.1" } }),
        json!({ "limits": { "allowed_symbols": ["btc"] } }),
    ] {
        let answer = change(&ada, &now, &nonsense).await;
        let code = answer.json["code"].as_str().unwrap_or_default();
        assert!(["limits_invalid", "password_needed"].contains(&code), "{nonsense}: {}", answer.text);
    }
    change(&ada, &now, &json!({ "limits": { "leverage": 3 } })).await.problem(400, "json_invalid");
    assert_eq!(tag(&ada).await, now);
}

#[tokio::test]
async fn wrong_passwords_lock_as_those_of_a_login_do() {
    let host = Host::start().await;
    let ada = host.user("ada").await;
    change(&ada, &tag(&ada).await, &json!({ "level": "low" })).await.ok();
    let now = tag(&ada).await;
    let mut codes = Vec::new();
    for _ in 0..6 {
        let wrong = json!({ "level": "high", "password": password() });
        codes.push(change(&ada, &now, &wrong).await.json["code"].as_str().unwrap().to_owned());
    }
    assert_eq!(codes.first().map(String::as_str), Some("password_refused"));
    assert_eq!(codes.last().map(String::as_str), Some("login_locked"), "{codes:?}");
}
