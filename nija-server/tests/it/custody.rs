//! Keys that their owner unlocks, how keys are doing, what the signer lets pass, and the end of keys.

use base64::{Engine, prelude::BASE64_STANDARD};
use nija::vault::UnlockKey;
use nija_client::{AuditProof, wire};
use nija_core::{SealedCredential, SealingKey, UserId, VenueId};
use nija_sim::{Account, NewAccount, TRADING_PERMISSIONS, WITHDRAW};
use serde_json::{Value, json};

use crate::api::Api;
use crate::support::{Host, buy, eventually, password};

const SESSION: &str = "/v1/credentials/session";

fn blob(sealed: &SealedCredential) -> wire::SealedBlob {
    wire::SealedBlob {
        key_id: sealed.key_id.clone(),
        encapsulated_key: BASE64_STANDARD.encode(&sealed.encapsulated_key),
        ciphertext: BASE64_STANDARD.encode(&sealed.ciphertext),
    }
}

/// What a device does: derives, locks, seals.
struct Device {
    user: UserId,
    venue: VenueId,
    key: UnlockKey,
}

impl Device {
    fn new(user: &Api, passphrase: &str) -> Self {
        Self {
            user: user.user_id.parse().unwrap(),
            venue: VenueId::new("kraken").unwrap(),
            key: UnlockKey::new(passphrase).unwrap(),
        }
    }

    async fn sealing_key(host: &Host) -> SealingKey {
        host.server().platform().vault().sealing_key().await.unwrap()
    }

    async fn unlock(&self, host: &Host, seconds: u32) -> Value {
        let sealed = self.key.seal_unlock(&Self::sealing_key(host).await, self.user, &self.venue).unwrap();
        serde_json::to_value(wire::UnlockKey { unlock: blob(&sealed), seconds }).unwrap()
    }

    async fn store(&self, host: &Host, account: &Account) -> Value {
        let to = Self::sealing_key(host).await;
        let sealed = self
            .key
            .seal_credential(&to, self.user, &self.venue, &account.key, &account.secret, None)
            .unwrap();
        let unlock = self.key.seal_unlock(&to, self.user, &self.venue).unwrap();
        let derivation = self.key.derivation().clone();
        serde_json::to_value(wire::StoreSessionKey {
            venue: "kraken".to_owned(),
            label: "mine".to_owned(),
            sealed: blob(&sealed),
            derivation: wire::KeyDerivation {
                salt: derivation.salt,
                memory_kib: derivation.memory_kib,
                passes: derivation.passes,
                lanes: derivation.lanes,
            },
            unlock: blob(&unlock),
            seconds: 3600,
        })
        .unwrap()
    }
}

async fn key(user: &Api) -> Value {
    user.get("/v1/credentials").await.ok()[0].clone()
}

fn problems(key: &Value) -> Vec<String> {
    serde_json::from_value(key["health"]["problems"].clone()).unwrap()
}

/// A key that signs only while its user is there opens a position only together with a stop.
fn guarded(dollars: &str) -> serde_json::Value {
    let mut order = buy(dollars);
    order["protection"] = json!({ "stop_price": "1000" });
    order
}

#[tokio::test]
async fn after_the_unlock_nothing_here_signs_and_the_apps_unlock_makes_it_sign_again() {
    let mut host = Host::start().await;
    let secret = password();
    let mut ada = host.anyone().sign_up("ada@example.org", &secret).await;
    let account = host.venue("kraken").add_account(NewAccount::default());
    let device = Device::new(&ada, "a long passphrase of ada");
    let stored = ada.post(SESSION, &device.store(&host, &account).await).await.ok();
    assert_eq!((&stored["custody"], &stored["status"]), (&json!("session"), &json!("active")));
    assert_eq!(ada.place(&guarded("50")).await.ok()["state"], "filled");
    assert!(key(&ada).await["health"]["unlocked_until"].is_string());

    // Locked: the bot cannot trade, not even out of what it holds.
    let locked = ada.act(&format!("{SESSION}/kraken/lock")).await.ok();
    assert_eq!(locked["resting"].as_array().map(Vec::len), Some(1), "its stop: {locked}");
    assert_eq!((&locked["entries"], &locked["unguarded"]), (&json!([]), &json!([])));
    assert!(key(&ada).await["health"]["unlocked_until"].is_null());
    let sent = host.venue("kraken").orders(&account.key).len();
    assert_eq!(ada.place(&guarded("50")).await.status, 422);
    assert_eq!(host.venue("kraken").orders(&account.key).len(), sent);
    let id = key(&ada).await["id"].as_str().unwrap().to_owned();
    ada.act(&format!("/v1/credentials/{id}/check")).await.problem(409, "credential_locked");

    // Neither does a restart open it.
    host.restart().await;
    ada = host.anyone();
    ada.take(
        &ada.post("/v1/auth/login", &json!({ "email": "ada@example.org", "password": secret })).await.ok(),
    );
    assert_eq!(ada.place(&buy("50")).await.status, 422);

    // The device derives its key again, from what the server kept of how, and unlocks.
    let kept: wire::KeyDerivation =
        serde_json::from_value(ada.get(&format!("{SESSION}/kraken")).await.ok()).unwrap();
    let derivation = nija_core::KeyDerivation {
        salt: kept.salt,
        memory_kib: kept.memory_kib,
        passes: kept.passes,
        lanes: kept.lanes,
    };
    let again = Device {
        key: UnlockKey::again("a long passphrase of ada", derivation.clone()).unwrap(),
        ..Device::new(&ada, "of no use in this test")
    };
    let unlock = format!("{SESSION}/kraken/unlock");
    let wrong = Device {
        key: UnlockKey::again("another passphrase", derivation).unwrap(),
        ..Device::new(&ada, "x".repeat(12).as_str())
    };
    ada.post(&unlock, &wrong.unlock(&host, 60).await).await.problem(422, "credential_not_opened");
    ada.post(&unlock, &again.unlock(&host, 86_401).await).await.problem(422, "credential_invalid");
    ada.post(&unlock, &again.unlock(&host, 3600).await).await.ok();
    assert_eq!(ada.place(&guarded("50")).await.ok()["state"], "filled");
    let open = ada.get("/v1/positions/open").await.ok();
    let close = format!("/v1/positions/{}/close?wait_ms=10000", open[0]["id"].as_str().unwrap());
    assert_eq!(ada.act(&close).await.ok()["state"], "filled");

    // An unlock that ends by its time ends like one that was locked.
    ada.post(&unlock, &again.unlock(&host, 1).await).await.ok();
    eventually("the unlock is over", || async {
        key(&ada).await["health"]["unlocked_until"].is_null().then_some(())
    })
    .await;
    let orders = host.venue("kraken").orders(&account.key).len();
    let late = ada.place(&buy("50")).await;
    assert!(late.status == 422 || late.json["state"] == "failed", "{}", late.text);
    assert_eq!(host.venue("kraken").orders(&account.key).len(), orders, "nothing was sent");

    let bob = host.user("bob").await;
    bob.get(&format!("{SESSION}/kraken")).await.problem(422, "not_connected");
    let weak = json!({ "salt": "00".repeat(16), "memory_kib": 8, "passes": 1, "lanes": 1 });
    let mut store = device.store(&host, &account).await;
    store["derivation"] = weak;
    assert!(ada.post(SESSION, &store).await.problem(422, "credential_invalid").contains("65536"));
}

/// Its owner is there with the passphrase, so one call verifies, switches, and destroys the key of before or goes back to it (docs/adr/0033).
#[tokio::test]
async fn a_session_key_is_replaced_in_one_step_under_a_resting_stop() {
    let host = Host::start().await;
    let (ada, venue) = (host.user("ada").await, host.venue("kraken"));
    let first = venue.add_account(NewAccount::default());
    let before = Device::new(&ada, "a long passphrase of ada");
    ada.post(SESSION, &before.store(&host, &first).await).await.ok();
    assert_eq!(ada.place(&guarded("50")).await.ok()["state"], "filled");
    let resting = || venue.orders(&first.key).iter().filter(|it| it.status == "open").count();
    eventually("the stop rests", || async { (resting() == 1).then_some(()) }).await;

    let device = Device::new(&ada, "another passphrase of ada");
    let store = async |account: &Account| ada.post(SESSION, &device.store(&host, account).await).await;
    let stranger = venue.add_account(NewAccount::default());
    store(&stranger).await.problem(422, "key_of_another_account");
    assert_eq!(key(&ada).await["version"], 1);
    assert!(key(&ada).await["health"]["unlocked_until"].is_string(), "nothing changed");

    // One that the account cannot be connected with: the key of before is there, locked until its owner unlocks it again.
    let blind = TRADING_PERMISSIONS.iter().filter(|&&it| it != "query-funds").map(|&it| it.to_owned());
    let blind = NewAccount { permissions: Some(blind.collect()), ..NewAccount::default() };
    store(&venue.add_key(&first.key, blind).unwrap()).await.problem(422, "credential_refused");
    assert_eq!(key(&ada).await["version"], 1);
    assert!(key(&ada).await["health"]["unlocked_until"].is_null());
    let unlock = format!("{SESSION}/kraken/unlock");
    ada.post(&unlock, &before.unlock(&host, 3600).await).await.ok();

    let second = venue.add_key(&first.key, NewAccount::default()).unwrap();
    let stored = store(&second).await.ok();
    assert!(stored["version"].as_u64().unwrap() > 1, "{stored}");
    assert!(venue.set_permissions(&first.key, Vec::new()), "the owner deletes the old key at the venue");
    assert_eq!(resting(), 1, "nothing was cancelled");
    let open = ada.get("/v1/positions/open").await.ok();
    let close = format!("/v1/positions/{}/close?wait_ms=10000", open[0]["id"].as_str().unwrap());
    assert_eq!(ada.act(&close).await.ok()["state"], "filled", "an exit goes out under the new key");
    ada.post(&unlock, &before.unlock(&host, 60).await).await.problem(422, "credential_not_opened");
    let events = ada.get("/v1/credentials/audit?limit=200").await.ok();
    let retired = events["items"].as_array().unwrap().iter().find(|it| it["action"] == "retire_version");
    assert_eq!(retired.expect("the old ciphertext is destroyed")["outcome"], "ok");
}

#[tokio::test]
async fn a_session_key_that_may_withdraw_is_refused_and_a_device_key_is_noted() {
    let host = Host::start().await;
    let ada = host.user("ada").await;
    let permissions = TRADING_PERMISSIONS.iter().chain([&WITHDRAW]).map(|&it| it.to_owned()).collect();
    let account = host
        .venue("kraken")
        .add_account(NewAccount { permissions: Some(permissions), ..NewAccount::default() });
    let device = Device::new(&ada, "a long passphrase of ada");
    ada.post(SESSION, &device.store(&host, &account).await).await.problem(422, "key_can_withdraw");
    assert_eq!(ada.get("/v1/credentials").await.ok(), json!([]), "nothing was stored");
    let noted =
        ada.post("/v1/credentials/device", &json!({ "venue": "kraken", "label": "phone" })).await.ok();
    assert_eq!(noted["custody"], "device");
    assert_eq!(ada.place(&buy("50")).await.status, 422);
    assert_eq!(host.venue("kraken").orders(&account.key).len(), 0, "nothing was signed, nothing sent");
    let check = format!("/v1/credentials/{}/check", noted["id"].as_str().unwrap());
    ada.post(&check, &json!({})).await.problem(409, "credential_on_device");
    // What is noted of it is a digest and nothing that could be a key.
    let mut again = json!({ "venue": "kraken", "label": "phone", "fingerprint": account.secret });
    ada.post("/v1/credentials/device", &again).await.problem(422, "credential_invalid");
    again["fingerprint"] = json!("00112233445566778899aabbccddeeff");
    assert_eq!(ada.post("/v1/credentials/device", &again).await.ok()["fingerprint"], again["fingerprint"]);
    let listed = ada.get("/v1/credentials").await.ok();
    let phones: Vec<_> = listed.as_array().unwrap().iter().filter(|it| it["status"] == "active").collect();
    assert_eq!(phones.len(), 1, "{listed}");
    assert_eq!(phones[0]["fingerprint"], again["fingerprint"]);
    let shown = ada.get("/v1/positions/open").await.ok();
    assert_eq!(shown, json!([]), "the server shows no positions that it cannot see");
    let unlock = format!("{SESSION}/kraken/unlock");
    ada.post(&unlock, &device.unlock(&host, 60).await).await.problem(422, "not_connected");
}

#[tokio::test]
async fn a_key_that_gained_the_right_to_withdraw_is_shown_and_stops_new_positions() {
    let host = Host::start().await;
    let ada = host.user("ada").await;
    let account = host.venue("kraken").add_account(NewAccount::default());
    ada.connect("kraken", &account).await;
    let first = key(&ada).await;
    assert_eq!(problems(&first), ["any_address"], "this venue tells that the key has no address list");
    assert!(first["health"]["rotate_by"].as_str().unwrap() > first["health"]["stored_at"].as_str().unwrap());
    assert_eq!(ada.place(&buy("50")).await.ok()["state"], "filled");
    assert!(key(&ada).await["health"]["last_used_at"].is_string());

    let mut gained: Vec<String> = account.permissions.clone();
    gained.push(WITHDRAW.to_owned());
    assert!(host.venue("kraken").set_permissions(&account.key, gained));
    let check = format!("/v1/credentials/{}/check", first["id"].as_str().unwrap());
    let checked = ada.act(&check).await.ok();
    assert_eq!(problems(&checked), ["can_withdraw", "rights_changed", "any_address"]);
    assert_eq!(checked["health"]["rights_gained"], json!([WITHDRAW]));
    assert_eq!(ada.get("/v1/dashboard/overview").await.ok()["bot"]["state"], "paused");
    assert_eq!(ada.place(&buy("50")).await.status, 422, "no new position");
    let open = ada.get("/v1/positions/open").await.ok();
    let close = format!("/v1/positions/{}/close?wait_ms=10000", open[0]["id"].as_str().unwrap());
    assert_eq!(ada.act(&close).await.ok()["state"], "filled", "exits go on");

    assert!(host.venue("kraken").set_permissions(&account.key, account.permissions.clone()));
    assert_eq!(problems(&ada.act(&check).await.ok()), ["any_address"], "undone is undone");
    assert!(host.venue("kraken").set_permissions(&account.key, vec!["query-funds".to_owned()]));
    let reads = ada.act(&check).await.ok();
    assert!(problems(&reads).contains(&"cannot_trade".to_owned()), "{reads}");
    assert!(reads["health"]["rights_lost"].as_array().unwrap().len() > 2);
    let bob = host.user("bob").await;
    bob.act(&check).await.problem(404, "not_found");
}

#[tokio::test]
async fn the_signer_keeps_the_users_limits_and_the_user_sees_what_it_refused() {
    let host = Host::start().await;
    let secret = password();
    let ada = host.anyone().sign_up("ada@example.org", &secret).await;
    let account = host.venue("kraken").add_account(NewAccount::default());
    ada.connect("kraken", &account).await;
    const PATH: &str = "/v1/credentials/policy";
    assert_eq!(ada.get(PATH).await.ok().get("policy"), None);
    let put = async |body: Value| {
        let seen = ada.get(PATH).await;
        put_policy(&ada, seen.header("etag"), &body).await
    };
    let nothing = ada.get(PATH).await.header("etag").to_owned();
    let tight =
        json!({ "pairs": [{ "symbol": "BTC-USD", "low": "20000", "high": "200000" }], "max_order": "20" });
    assert_eq!(put(json!({ "policy": tight })).await.ok()["policy"]["max_order"], "20");
    assert_eq!(ada.get(PATH).await.ok()["policy"], tight);
    // What was decided by looking at another policy, or at none, is not done.
    let body = json!({ "policy": tight });
    put_policy(&ada, &nothing, &body).await.problem(412, "settings_changed");
    put_policy(&ada, "", &body).await.problem(412, "settings_changed");
    crate::api::answer(ada.request(reqwest::Method::PUT, PATH).json(&body))
        .await
        .problem(428, "if_match_needed");
    let refused = ada.place(&buy("50")).await;
    assert!(refused.status != 200 || refused.json["state"] != "filled", "{}", refused.text);
    assert!(host.venue("kraken").orders(&account.key).is_empty(), "the signer signed nothing");
    let events = ada.get("/v1/credentials/audit?limit=200").await.ok();
    let refusal = events["items"].as_array().unwrap().iter().find(|it| it["outcome"] == "refused").unwrap();
    assert_eq!(refusal["action"], "sign");
    assert!(refusal["detail"].as_str().unwrap().contains("the user's policy allows 20"), "{refusal}");
    assert_eq!((&refusal["origin"], refusal.get("actor")), (&json!("engine"), None), "{refusal}");
    let stored = events["items"].as_array().unwrap().iter().find(|it| it["action"] == "store").unwrap();
    assert_eq!((&stored["origin"], stored.get("actor")), (&json!("api 127.0.0.1"), None), "{stored}");

    let loose = json!({ "pairs": [{ "symbol": "BTC-USD" }], "max_order": "100" });
    put(json!({ "policy": loose })).await.problem(403, "confirmation_needed");
    put(json!({ "policy": loose, "password": "not the password" })).await.problem(403, "confirmation_needed");
    put(json!({})).await.problem(403, "confirmation_needed");
    put(json!({ "policy": { "pairs": [{ "symbol": "btc" }] } })).await.problem(422, "policy_invalid");
    put(json!({ "policy": loose, "password": secret })).await.ok();
    assert_eq!(ada.place(&buy("50")).await.ok()["state"], "filled");
    let bob = host.user("bob").await;
    assert_eq!(bob.get(PATH).await.ok().get("policy"), None, "a policy is its user's own");
    assert!(!bob.get("/v1/credentials/audit").await.text.contains("policy allows"));
}

/// The policy lets nothing be bought any more, and every way out still works: a stop, a part, a take-profit, a close, a kill switch.
#[tokio::test]
async fn a_tight_policy_holds_up_no_exit_and_shuts_nobody_in_without_the_password() {
    let host = Host::start().await;
    let secret = password();
    let ada = host.anyone().sign_up("ada@example.org", &secret).await;
    let account = host.venue("kraken").add_account(NewAccount::default());
    ada.connect("kraken", &account).await;
    const PATH: &str = "/v1/credentials/policy";
    let put = async |body: Value| {
        let seen = ada.get(PATH).await;
        put_policy(&ada, seen.header("etag"), &body).await
    };
    let guarded_buy = guarded("50");
    for _ in 0..3 {
        assert_eq!(ada.place(&guarded_buy).await.ok()["state"], "filled");
    }
    // Three buys of 50 are held, one may cost 10 from now on, and the market is below what may be paid.
    let tight = json!({ "pairs": [{ "symbol": "BTC-USD", "low": "900000", "high": "1000000" }],
                        "max_order": "10", "max_buys_per_hour": "10" });
    put(json!({ "policy": tight })).await.ok();
    let refused = ada.place(&buy("50")).await;
    let order = refused.json.get("order").unwrap_or(&refused.json);
    assert_eq!(order["reason_code"], "order_policy", "{}", refused.text);
    // Narrower still, and nothing could be sold: not with a stolen session.
    let open = ada.get("/v1/positions/open").await.ok();
    let id = open[0]["id"].as_str().unwrap().replace(':', "%3A");
    let narrow = json!({ "pairs": [], "max_order": "10", "max_buys_per_hour": "10" });
    let words = put(json!({ "policy": narrow })).await.problem(403, "confirmation_needed");
    assert!(words.contains("you hold BTC-USD"), "{words}");
    // The stop is moved under the policy, and rests.
    let stop = format!("/v1/positions/{id}/protection");
    let moved =
        crate::api::answer(ada.request(reqwest::Method::PUT, &stop).json(&json!({ "stop_price": "2000" })))
            .await;
    assert_eq!(moved.status, 200, "{}", moved.text);
    eventually("the moved stop rests", || async {
        let shown = ada.get(&stop).await.ok();
        let order = format!("/v1/orders/{}", shown["resting_order_id"].as_str()?);
        let order = ada.get(&order).await.ok();
        (order["state"] == "working" && order["stop_price"] == "2000").then_some(())
    })
    .await;
    let close = format!("/v1/positions/{id}/close?wait_ms=10000");
    assert_eq!(ada.act(&close).await.ok()["state"], "filled");
    // With the password its owner may shut the pair; who holds nothing may shut it without.
    put(json!({ "policy": narrow })).await.ok();
    put(json!({ "policy": tight, "password": secret })).await.ok();
    let loose = json!({ "pairs": [{ "symbol": "BTC-USD" }] });
    put(json!({ "policy": loose, "password": secret })).await.ok();
    assert_eq!(ada.place(&guarded_buy).await.ok()["state"], "filled");
    put(json!({ "policy": tight })).await.ok();
    let killed = ada.post("/v1/kill-switch?wait_ms=10000", &json!({ "on": true, "flatten": true })).await;
    assert_eq!(killed.ok()[0]["flat"], true);
    assert_eq!(ada.get("/v1/positions/open").await.ok(), json!([]));
}

#[tokio::test]
async fn erased_keys_are_gone_and_the_log_proves_it_to_the_client_alone() {
    let host = Host::start().await;
    let secret = password();
    let ada = host.anyone().sign_up("ada@example.org", &secret).await;
    let account = host.venue("kraken").add_account(NewAccount::default());
    ada.connect("kraken", &account).await;
    let erase = async |body: Value| {
        crate::api::answer(ada.request(reqwest::Method::DELETE, "/v1/credentials").json(&body)).await
    };
    erase(json!({ "password": "wrong as can be" })).await.problem(403, "confirmation_needed");
    let erased: wire::Erasure =
        serde_json::from_value(erase(json!({ "password": secret })).await.ok()).unwrap();
    assert_eq!((erased.credentials, erased.keys.len()), (1, 1));
    assert_eq!(key(&ada).await["status"], "destroyed");
    assert_eq!(ada.place(&buy("50")).await.status, 422);

    let path = format!("/v1/credentials/audit/{}/proof", erased.audit_seq);
    let proof: AuditProof = serde_json::from_value(ada.get(&path).await.ok()).unwrap();
    let keys: wire::SealingKeys =
        serde_json::from_value(ada.get("/v1/credentials/sealing-key").await.ok()).unwrap();
    let pin = keys.signed.claimed_signer().unwrap();
    proof.verify(&pin).expect("the client needs nothing but the pin");
    assert_eq!(proof.entry.action, "erase");
    assert!(proof.entry.detail.as_ref().unwrap().contains(&erased.keys[0]));
    let mut forged = proof.clone();
    forged.entry.action = "open".into();
    assert!(forged.verify(&pin).is_err());

    let bob = host.user("bob").await;
    bob.get(&path).await.problem(404, "not_found");
    ada.get("/v1/credentials/audit/99999999/proof").await.problem(404, "not_found");
    ada.get("/v1/credentials/audit/x/proof").await.problem(404, "not_found");
}

#[tokio::test]
async fn one_key_is_destroyed_with_the_password_and_for_ever() {
    let host = Host::start().await;
    let secret = password();
    let ada = host.anyone().sign_up("ada@example.org", &secret).await;
    let account = host.venue("kraken").add_account(NewAccount::default());
    let stored = ada.connect("kraken", &account).await;
    let path = format!("/v1/credentials/{}/destroy", stored["id"].as_str().unwrap());
    let by = |password: &str| json!({ "password": password });
    ada.post(&path, &by("wrong as can be")).await.problem(403, "confirmation_needed");
    assert_eq!(key(&ada).await["status"], "active");
    let bob = host.user("bob").await;
    assert_ne!(bob.post(&path, &by(&secret)).await.status, 204);
    assert_eq!(key(&ada).await["status"], "active");
    for _ in 0..2 {
        assert_eq!(ada.post(&path, &by(&secret)).await.status, 204);
        assert_eq!(key(&ada).await["status"], "destroyed");
    }
    assert_eq!(ada.place(&buy("50")).await.status, 422);
    let outside = rusqlite::Connection::open(host.data_dir().join("vault.db")).unwrap();
    let left = "SELECT count(*) FROM credential_versions WHERE length(envelope) > 0";
    assert_eq!(outside.query_row(left, [], |row| row.get::<_, i64>(0)).unwrap(), 0);
    let nobodys = "/v1/credentials/00000000-0000-7000-8000-000000000001/destroy";
    ada.post(nobodys, &by(&secret)).await.problem(404, "not_found");
}

#[tokio::test]
async fn the_vaults_metrics_tell_of_opens_refusals_leases_and_keys() {
    let host = Host::start().await;
    let (ada, _) = host.trader("ada").await;
    assert_eq!(ada.place(&buy("50")).await.ok()["state"], "filled");
    let tight = json!({ "policy": { "pairs": [{ "symbol": "BTC-USD" }], "max_order": "1" } });
    let seen = ada.get("/v1/credentials/policy").await;
    put_policy(&ada, seen.header("etag"), &tight).await.ok();
    ada.place(&buy("50")).await;
    let text = ada.get("/metrics").await.text;
    let value = |line: &str| -> f64 {
        let found =
            text.lines().find(|it| it.starts_with(line)).unwrap_or_else(|| panic!("{line} is not in {text}"));
        found.rsplit(' ').next().unwrap().parse().unwrap()
    };
    assert!(value("nija_vault_opens_total{cache=\"miss\"}") >= 1.0);
    assert!(value("nija_vault_opens_total{cache=\"hit\"}") >= 1.0);
    assert!(value("nija_vault_refusals_total{reason=\"policy_order_value\"}") >= 1.0);
    assert!(value("nija_vault_leases{kind=\"cached\"}") >= 1.0);
    assert!(value("nija_vault_key_age_seconds{kind=\"key_encryption\"}") >= 0.0);
    assert!(value("nija_vault_key_encryption_keys") >= 1.0);
    assert!(value("nija_vault_audit_blocked{sink=\"database\"}") == 0.0);
    assert!(value("nija_vault_audit_blocked{sink=\"file\"}") == 0.0);
    assert!(value("nija_vault_sealed") == 0.0);
    assert!(value("nija_vault_upkeep_total{outcome=\"ok\"}") >= 1.0);
}

async fn put_policy(user: &Api, seen: &str, body: &Value) -> crate::api::Answer {
    let request = user.request(reqwest::Method::PUT, "/v1/credentials/policy").header("if-match", seen);
    crate::api::answer(request.json(body)).await
}
