//! What is an administrator's: roles and the kill switches of venues, of the platform and of users.

use nija_client::wire;
use nija_sim::{Fault, FaultKind};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::{
    api::{Answer, Api, answer},
    support::{Host, buy, eventually, leave_dust, password},
};

/// Somebody with their password.
struct Person {
    api: Api,
    email: String,
    password: String,
}

impl Person {
    async fn join(host: &Host, name: &str) -> Self {
        let (email, password) = (format!("{name}@example.org"), password());
        Self { api: host.anyone().sign_up(&email, &password).await, email, password }
    }

    async fn admin(host: &Host, name: &str) -> Self {
        let person = Self::join(host, name).await;
        let token = host.server().admin_token.clone().expect("nobody is an administrator yet");
        let claim = json!({ "token": token, "password": person.password });
        let role = person.api.post("/v1/admin/claim", &claim).await.ok();
        assert_eq!(role, json!({ "user_id": person.api.user_id, "role": "admin" }));
        person
    }

    async fn throw(&self, scope: &str, flatten: bool) -> Answer {
        let body = json!({ "scope": scope, "flatten": flatten, "password": self.password });
        self.api.post("/v1/admin/kill?wait_ms=10000", &body).await
    }

    async fn release(&self, scope: &str) -> Answer {
        self.send(Method::DELETE, "/v1/admin/kill", &json!({ "scope": scope, "password": self.password }))
            .await
    }

    async fn set_role(&self, user: &str, role: &str) -> Answer {
        let body = json!({ "role": role, "password": self.password });
        self.send(Method::PUT, &format!("/v1/admin/users/{user}/role"), &body).await
    }

    async fn send(&self, method: Method, path: &str, body: &Value) -> Answer {
        answer(self.api.request(method, path).json(body)).await
    }

    /// `nija kill ...` as this person: success, standard output, standard error.
    async fn nija(&self, host: &Host, arguments: &[&str]) -> (bool, String, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_nija"))
            .arg("kill")
            .args(arguments)
            .args(["--server", &host.url()])
            .env("NIJA_EMAIL", &self.email)
            .env("NIJA_PASSWORD", &self.password)
            .env_remove("NIJA_TOKEN")
            .output()
            .await
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        (output.status.success(), text(&output.stdout), text(&output.stderr))
    }
}

fn switch(answer: Answer) -> wire::KillSwitch {
    serde_json::from_value(answer.ok()).unwrap()
}

#[tokio::test]
async fn an_ordinary_user_is_refused_everywhere() {
    let host = Host::start().await;
    let root = Person::admin(&host, "root").await;
    let eve = Person::join(&host, "eve").await;
    let (ada, _) = host.trader("ada").await;
    eve.api.get("/v1/admin/kill").await.problem(403, "forbidden");
    for scope in ["platform", "venue:kraken", &format!("user:{}", eve.api.user_id)] {
        eve.throw(scope, true).await.problem(403, "forbidden");
        eve.release(scope).await.problem(403, "forbidden");
    }
    eve.set_role(&eve.api.user_id, "admin").await.problem(403, "forbidden");
    eve.set_role(&root.api.user_id, "user").await.problem(403, "forbidden");
    let anyone = host.anyone();
    anyone.get("/v1/admin/kill").await.problem(401, "unauthenticated");
    anyone
        .post("/v1/admin/kill", &json!({ "scope": "platform", "password": "x" }))
        .await
        .problem(401, "unauthenticated");
    assert_eq!(root.api.get("/v1/admin/kill").await.ok(), json!([]), "nothing was thrown");
    assert_eq!(ada.place(&buy("50")).await.ok()["state"], "filled");
    let (ok, _, error) = eve.nija(&host, &["throw", "platform"]).await;
    assert!(!ok && error.contains("administrators"), "{error}");
}

#[tokio::test]
async fn the_first_administrator_has_the_servers_token_and_others_are_made() {
    let mut host = Host::start().await;
    let eve = Person::join(&host, "eve").await;
    let guess = json!({ "token": "nat_guess", "password": eve.password });
    eve.api.post("/v1/admin/claim", &guess).await.problem(403, "admin_token_refused");
    let token = host.server().admin_token.clone().unwrap();
    let unconfirmed = json!({ "token": token, "password": "not it" });
    eve.api.post("/v1/admin/claim", &unconfirmed).await.problem(403, "confirmation_needed");
    let root = Person::admin(&host, "root").await;
    let again = json!({ "token": token, "password": eve.password });
    eve.api.post("/v1/admin/claim", &again).await.problem(403, "admin_token_refused");

    // At once, though the session is the one of before.
    eve.api.get("/v1/admin/kill").await.problem(403, "forbidden");
    root.set_role(&eve.api.user_id, "admin").await.ok();
    assert_eq!(eve.api.get("/v1/admin/kill").await.ok(), json!([]));
    eve.set_role(&root.api.user_id, "user").await.ok();
    root.api.get("/v1/admin/kill").await.problem(403, "forbidden");
    eve.set_role(&eve.api.user_id, "user").await.problem(409, "last_admin");
    eve.set_role(&eve.api.user_id, "king").await.problem(422, "role_invalid");
    let nobody = "01890000-0000-7000-8000-000000000000";
    eve.set_role(nobody, "admin").await.problem(404, "not_found");

    host.restart().await;
    assert_eq!(host.server().admin_token, None, "there is an administrator");
}

#[tokio::test]
async fn the_platforms_switch_stops_everybody_and_tells_whose_orders_are_left() {
    let host = Host::start().await;
    let root = Person::admin(&host, "root").await;
    let (ada, _) = host.trader("ada").await;
    let (bob, _) = host.trader("bob").await;
    for user in [&ada, &bob] {
        assert_eq!(user.place(&buy("50")).await.ok()["state"], "filled");
    }
    let thrown = switch(root.throw("platform", true).await);
    assert_eq!(
        (thrown.scope.as_str(), thrown.user_id, thrown.done, thrown.flat),
        ("platform", None, true, true)
    );
    assert_eq!(thrown.unconfirmed, []);
    let proven: std::collections::BTreeSet<_> =
        thrown.proof.iter().map(|proof| (proof.user_id.clone().unwrap(), proof.venue.clone())).collect();
    for user in [&ada, &bob] {
        for venue in ["kraken", "kraken-b"] {
            assert!(proven.contains(&(user.user_id.clone(), venue.to_owned())), "{proven:?}");
        }
        assert_eq!(user.get("/v1/positions/open").await.ok(), json!([]), "flat");
        user.place(&buy("50")).await.problem(422, "risk_refused");
        // Of the others they see nothing.
        let seen = user.get("/v1/kill-switch").await.ok();
        assert_eq!(seen[0]["scope"], "platform");
        assert!(!seen.to_string().contains("user_id"), "{seen}");
    }
    // A user cannot take it off.
    ada.post("/v1/kill-switch", &json!({ "on": false, "password": ada.password })).await.ok();
    ada.place(&buy("50")).await.problem(422, "risk_refused");
    assert_eq!(root.release("platform").await.ok(), json!([]));
    root.release("platform").await.problem(404, "not_found");
    assert_eq!(ada.place(&buy("50")).await.ok()["state"], "filled");
}

#[tokio::test]
async fn a_venues_switch_and_a_users_stop_that_venue_and_that_user_alone() {
    let host = Host::start().await;
    let root = Person::admin(&host, "root").await;
    let (ada, _) = host.trader("ada").await;
    let (bob, _) = host.trader("bob").await;
    let at = |venue: &str| {
        let mut order = buy("50");
        order["venue"] = json!(venue);
        order
    };
    assert!(switch(root.throw("venue:kraken", false).await).done);
    let refused = ada.place(&at("kraken")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text);
    assert!(refused.text.contains("kill"), "{}", refused.text);
    assert_eq!(ada.place(&at("kraken-b")).await.ok()["state"], "filled");
    let user = format!("user:{}", bob.user_id);
    let thrown = switch(root.throw(&user, false).await);
    assert_eq!((thrown.scope.as_str(), thrown.user_id.as_deref()), ("user", Some(bob.user_id.as_str())));
    bob.place(&at("kraken-b")).await.problem(422, "risk_refused");
    assert_eq!(root.api.get("/v1/admin/kill").await.ok().as_array().unwrap().len(), 2);
    root.release(&user).await.ok();
    assert_eq!(bob.place(&at("kraken-b")).await.ok()["state"], "filled");
}

#[tokio::test]
async fn what_is_asked_for_must_make_sense_and_be_confirmed() {
    let host = Host::start().await;
    let root = Person::admin(&host, "root").await;
    for (scope, status, code) in [
        ("everything", 422, "scope_invalid"),
        ("user", 422, "scope_invalid"),
        ("user:me", 422, "scope_invalid"),
        ("venue:nowhere", 422, "venue_unknown"),
        ("user:01890000-0000-7000-8000-000000000000", 404, "not_found"),
    ] {
        root.throw(scope, false).await.problem(status, code);
    }
    let wrong = json!({ "scope": "platform", "password": "not it" });
    root.api.post("/v1/admin/kill", &wrong).await.problem(403, "confirmation_needed");
    root.send(Method::DELETE, "/v1/admin/kill", &wrong).await.problem(403, "confirmation_needed");
    assert_eq!(root.api.get("/v1/admin/kill").await.ok(), json!([]));
}

#[tokio::test]
async fn every_act_is_in_the_audit_log_and_a_switch_survives_a_restart() {
    let mut host = Host::start().await;
    let root = Person::admin(&host, "root").await;
    root.throw("venue:kraken", true).await.ok();
    let events = root.api.get("/v1/credentials/audit").await.ok();
    let told = |action: &str| {
        let all = events["items"].as_array().unwrap();
        all.iter()
            .find(|event| event["action"] == action)
            .unwrap_or_else(|| panic!("{action}: {events}"))
            .clone()
    };
    assert_eq!(told("admin_claim")["outcome"], "ok");
    let on = told("kill_switch_on");
    assert_eq!((&on["venue"], &on["detail"]), (&json!("kraken"), &json!("venue:kraken, flatten")));
    host.restart().await;
    let (ok, out, error) = root.nija(&host, &["show"]).await;
    assert!(ok && out.contains("venue:kraken") && out.contains("everything is confirmed"), "{out} {error}");
}

#[tokio::test]
async fn the_command_line_throws_and_releases_and_names_what_is_left() {
    let host = Host::start().await;
    let root = Person::admin(&host, "root").await;
    let (ada, _) = host.trader("ada").await;
    ada.place(&buy("50")).await.ok();
    host.venue("kraken")
        .fault(Fault::new(FaultKind::Unavailable).on("/0/private/OpenOrders").times(u64::MAX));
    let (ok, out, error) = root.nija(&host, &["throw", "platform", "--flatten", "--wait", "1"]).await;
    assert!(!ok, "what is not proven is no success: {out}");
    let named =
        format!("NOT CONFIRMED  user {}  at kraken: it could not be asked whether all is flat", ada.user_id);
    assert!(out.contains("at work") && out.contains(&named), "{out}");
    assert!(error.contains("not confirmed yet, and the server goes on"), "{error}");
    host.venue("kraken").clear_faults();
    eventually("the server went on by itself", || async {
        let (ok, out, _) = root.nija(&host, &["show"]).await;
        (ok && out.contains("done: the venues have no order and no position")).then_some(())
    })
    .await;
    let (ok, out, _) = root.nija(&host, &["release", "platform"]).await;
    assert!(ok && out.contains("platform is off"), "{out}");
    let (ok, out, _) = root.nija(&host, &["show"]).await;
    assert!(ok && out.contains("no kill switch is on"), "{out}");
    let (ok, out, error) = root.nija(&host, &["throw", "venue:kraken-b"]).await;
    assert!(ok && out.contains("everything is confirmed"), "{out} {error}");
}

#[tokio::test]
async fn the_command_line_names_dust_and_takes_it_for_success() {
    let host = Host::start().await;
    let root = Person::admin(&host, "root").await;
    let (ada, _) = host.trader("ada").await;
    let left = leave_dust(&ada).await;
    let position = &ada.get("/v1/positions/open").await.ok()[0];
    let venue = position["venue"].as_str().unwrap();
    let scope = format!("user:{}", ada.user_id);
    let (ok, out, error) = root.nija(&host, &["throw", &scope, "--flatten"]).await;
    assert!(ok, "all that can be closed is: {out} {error}");
    assert!(out.lines().next().unwrap().ends_with("done: flat except dust"), "{out}");
    let named = format!("dust  {}  {left} of BTC-USD at {venue}: less than its smallest order", ada.user_id);
    assert!(out.contains(&named) && !out.contains("NOT CONFIRMED"), "{out}");
    let (ok, out, error) = root.nija(&host, &["show"]).await;
    assert!(ok && out.contains(&named), "{out} {error}");
    let (_, json, _) = root.nija(&host, &["show", "--json"]).await;
    let shown: Value = serde_json::from_str(&json).unwrap();
    let state = (&shown[0]["flat"], &shown[0]["flat_except_dust"], &shown[0]["dust"][0]["quantity"]);
    assert_eq!(state, (&json!(false), &json!(true), &json!(left.to_string())));
}

/// `nija admin reset` for an address: success, standard output, standard error.
async fn reset(host: &Host, email: &str) -> (bool, String, String) {
    let folder = host.data_dir();
    let command = ["admin", "reset", email, "--data-dir", folder.to_str().unwrap()];
    let output = Command::new(env!("CARGO_BIN_EXE_nija")).args(command).output().await.unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.success(), text(&output.stdout), text(&output.stderr))
}

fn token(printed: &str) -> &str {
    printed.lines().next().and_then(|line| line.strip_prefix("Token: ")).unwrap()
}

#[tokio::test]
async fn an_administrator_whose_password_is_lost_comes_back_by_the_operators_token() {
    let host = Host::start().await;
    let root = Person::admin(&host, "root").await;
    let eve = Person::join(&host, "eve").await;
    let (ok, first, error) = reset(&host, &root.email).await;
    assert!(ok && first.contains("once, within 30 minutes") && first.contains(&root.api.user_id), "{error}");
    let (_, second, _) = reset(&host, "ROOT@example.org").await;
    let new = password();
    let anyone = host.anyone();
    let set = async |email: &str, token: &str, password: &str| {
        let body = json!({ "email": email, "token": token, "password": password });
        anyone.post("/v1/auth/reset", &body).await
    };
    set(&root.email, token(&first), &new).await.problem(403, "reset_refused");
    set(&root.email, "nrs_guess", &new).await.problem(403, "reset_refused");
    set(&eve.email, token(&second), &new).await.problem(403, "reset_refused");
    set(&root.email, token(&second), "short").await.problem(422, "password_weak");
    assert_eq!(root.api.get("/v1/admin/kill").await.ok(), json!([]), "nothing has happened so far");

    assert_eq!(set(&root.email, token(&second), &new).await.status, StatusCode::NO_CONTENT);
    set(&root.email, token(&second), &new).await.problem(403, "reset_refused");
    // Whoever had a session, or the old password, is out.
    root.api.get("/v1/me").await.problem(401, "session_ended");
    anyone
        .post("/v1/auth/refresh", &json!({ "refresh_token": root.api.refresh }))
        .await
        .problem(401, "refresh_token_refused");
    let login = |password: &str| json!({ "email": root.email, "password": password });
    anyone.post("/v1/auth/login", &login(&root.password)).await.problem(401, "login_refused");
    let session = anyone.post("/v1/auth/login", &login(&new)).await.ok();
    assert_eq!(session["user"]["role"], "admin");
    let mut back = anyone.clone();
    back.take(&session);
    assert_eq!(back.get("/v1/admin/kill").await.ok(), json!([]));
    let events = back.get("/v1/credentials/audit").await.ok();
    let told =
        events["items"].as_array().unwrap().iter().find(|it| it["action"] == "password_reset").unwrap();
    assert!(
        told["detail"].as_str().unwrap().starts_with("by a token that the operator made at 20"),
        "{told}"
    );
    assert_eq!(eve.api.get("/v1/me").await.ok()["role"], "user");
}

#[tokio::test]
async fn there_is_no_token_for_nobody_and_none_without_a_server() {
    let host = Host::start().await;
    let (ok, _, error) = reset(&host, "nobody@example.org").await;
    assert!(!ok && error.contains("no account with this address"), "{error}");
    let empty = tempfile::tempdir().unwrap();
    let command = ["admin", "reset", "a@b.org", "--data-dir", empty.path().to_str().unwrap()];
    let output = Command::new(env!("CARGO_BIN_EXE_nija")).args(command).output().await.unwrap();
    assert!(!output.status.success() && String::from_utf8_lossy(&output.stderr).contains("no accounts.db"));
    assert_eq!(std::fs::read_dir(empty.path()).unwrap().count(), 0, "nothing was made there");
}

#[tokio::test]
async fn logins_that_fail_do_not_keep_an_administrator_from_the_kill_switch() {
    let host = Host::with(|config| config.auth.lockout_after = 3).await;
    let root = Person::admin(&host, "root").await;
    let wrong = json!({ "email": root.email, "password": password() });
    for _ in 0..3 {
        host.anyone().post("/v1/auth/login", &wrong).await;
    }
    host.anyone().post("/v1/auth/login", &wrong).await.problem(429, "login_locked");
    assert!(switch(root.throw("platform", false).await).done);
    // Wrong passwords with the session in hand make wait as well.
    let guess = json!({ "scope": "platform", "password": password() });
    for _ in 0..3 {
        root.send(Method::DELETE, "/v1/admin/kill", &guess).await;
    }
    root.release("platform").await.problem(429, "login_locked");
}
