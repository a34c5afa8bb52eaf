//! Sign-up, login and the session.

use serde_json::json;

use crate::support::{Host, password};

#[tokio::test]
async fn who_signs_up_is_signed_in_and_can_sign_in_again() {
    let host = Host::start().await;
    let secret = password();
    let ada = host.anyone().sign_up("Ada@Example.org", &secret).await;
    let me = ada.get("/v1/me").await.ok();
    assert_eq!((me["email"].as_str(), me["tier"].as_str()), (Some("ada@example.org"), Some("basic")));
    let again = host
        .anyone()
        .post("/v1/auth/login", &json!({ "email": "ADA@example.org", "password": secret }))
        .await
        .ok();
    assert_eq!(again["user"], me);
    assert_eq!((again["token_type"].as_str(), again["expires_in"].as_u64()), (Some("Bearer"), Some(900)));
    let twice = host
        .anyone()
        .post("/v1/auth/signup", &json!({ "email": "ada@EXAMPLE.org", "password": password() }))
        .await;
    twice.problem(409, "email_taken");
}

#[tokio::test]
async fn weak_passwords_and_bad_addresses_are_refused_with_advice() {
    let host = Host::start().await;
    for (email, password, code) in [
        ("ada@example.org", "short", "password_weak"),
        ("ada@example.org", "password1234", "password_weak"),
        ("ada.lovelace@example.org", "ada.lovelace1", "password_weak"),
        ("nowhere", "lamp river 42 stone", "email_invalid"),
    ] {
        let answer =
            host.anyone().post("/v1/auth/signup", &json!({ "email": email, "password": password })).await;
        let detail = answer.problem(422, code);
        assert!(!detail.contains(password), "{detail}");
    }
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_get_the_same_answer() {
    let host = Host::start().await;
    host.user("ada").await;
    let mut details = Vec::new();
    for email in ["ada@example.org", "nobody@example.org", "not an address"] {
        let answer =
            host.anyone().post("/v1/auth/login", &json!({ "email": email, "password": password() })).await;
        details.push(answer.problem(401, "login_refused"));
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
    assert!(details.windows(2).all(|pair| pair[0] == pair[1]));
}

#[tokio::test]
async fn an_address_is_locked_after_wrong_passwords_whether_it_has_an_account_or_not() {
    let host = Host::with(|config| config.auth.lockout_after = 3).await;
    let secret = password();
    host.anyone().sign_up("ada@example.org", &secret).await;
    for email in ["ada@example.org", "nobody@example.org"] {
        let wrong = json!({ "email": email, "password": password() });
        for _ in 0..2 {
            host.anyone().post("/v1/auth/login", &wrong).await.problem(401, "login_refused");
        }
        let locked = host.anyone().post("/v1/auth/login", &wrong).await;
        locked.problem(429, "login_locked");
        assert!((25..=31).contains(&locked.json["retry_after"].as_u64().unwrap()), "{}", locked.text);
        assert_eq!(locked.header("retry-after"), locked.json["retry_after"].to_string());
    }
    let right = host
        .anyone()
        .post("/v1/auth/login", &json!({ "email": "ada@example.org", "password": secret }))
        .await;
    right.problem(429, "login_locked");
}

#[tokio::test]
async fn each_refresh_token_works_once_and_one_that_comes_back_ends_the_session() {
    let host = Host::start().await;
    let ada = host.user("ada").await;
    let first = ada.refresh.clone();
    let second = host.anyone().post("/v1/auth/refresh", &json!({ "refresh_token": first })).await.ok();
    assert_ne!(second["refresh_token"], json!(first));
    let mut renewed = host.anyone();
    renewed.take(&second);
    renewed.get("/v1/me").await.ok();
    ada.get("/v1/me").await.ok();
    // Somebody has the first token as well.
    host.anyone()
        .post("/v1/auth/refresh", &json!({ "refresh_token": first }))
        .await
        .problem(401, "refresh_token_reused");
    let newest = json!({ "refresh_token": renewed.refresh });
    host.anyone().post("/v1/auth/refresh", &newest).await.problem(401, "refresh_token_refused");
    for stopped in [&renewed, &ada] {
        stopped.get("/v1/me").await.problem(401, "session_ended");
    }
}

#[tokio::test]
async fn logout_ends_this_session_at_once_and_no_other() {
    let mut host = Host::start().await;
    let secret = password();
    let phone = host.anyone().sign_up("ada@example.org", &secret).await;
    let login = json!({ "email": "ada@example.org", "password": secret });
    let mut laptop = host.anyone();
    laptop.take(&host.anyone().post("/v1/auth/login", &login).await.ok());
    let answer = host.anyone().post("/v1/auth/logout", &json!({ "refresh_token": phone.refresh })).await;
    assert_eq!(answer.status, 204);
    phone.get("/v1/me").await.problem(401, "session_ended");
    laptop.get("/v1/me").await.ok();
    host.anyone().post("/v1/auth/logout", &json!({ "refresh_token": "nrt_made-up" })).await.ok();
    // The keys and what was ended survive a restart.
    host.restart().await;
    let moved = |old: &crate::api::Api| {
        let mut api = host.anyone();
        api.access.clone_from(&old.access);
        api
    };
    moved(&phone).get("/v1/me").await.problem(401, "session_ended");
    moved(&laptop).get("/v1/me").await.ok();
}

#[tokio::test]
async fn sign_up_can_be_closed() {
    let host = Host::with(|config| config.auth.signup = false).await;
    let body = json!({ "email": "ada@example.org", "password": password() });
    host.anyone().post("/v1/auth/signup", &body).await.problem(403, "signup_closed");
}

#[tokio::test]
async fn without_a_good_token_nothing_is_shown() {
    let host = Host::start().await;
    let mut nobody = host.anyone();
    for path in [
        "/v1/me",
        "/v1/orders",
        "/v1/positions/open",
        "/v1/credentials",
        "/v1/dashboard/overview",
        "/v1/dashboard/equity",
        "/v1/markets",
    ] {
        nobody.access = None;
        nobody.get(path).await.problem(401, "unauthenticated");
        nobody.access = Some("eyJhbGciOiJub25lIn0.e30.".into());
        nobody.get(path).await.problem(401, "unauthenticated");
    }
}
