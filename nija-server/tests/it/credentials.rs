//! Exchange keys.

use nija_client::wire;
use nija_sim::{NewAccount, TRADING_PERMISSIONS, WITHDRAW};
use serde_json::json;

use crate::support::{Host, buy};

#[tokio::test]
async fn a_stored_key_is_listed_without_its_secret_and_can_be_revoked() {
    let host = Host::start().await;
    let ada = host.user("ada").await;
    let account = host.venue("kraken").add_account(NewAccount::default());
    let stored = ada.connect("kraken", &account).await;
    assert_eq!(
        (&stored["venue"], &stored["status"], &stored["custody"]),
        (&json!("kraken"), &json!("active"), &json!("delegated"))
    );
    assert!(!stored["rights"].as_array().unwrap().is_empty());
    let listed = ada.get("/v1/credentials").await;
    let mut bare = listed.json.clone();
    assert!(bare[0].as_object_mut().unwrap().remove("health").is_some());
    assert_eq!(bare, json!([stored]));
    assert!(!listed.text.contains(&account.key) && !listed.text.contains(&account.secret));
    let connected = |venues: serde_json::Value| {
        venues.as_array().unwrap().iter().find(|it| it["id"] == "kraken").unwrap()["connected"].clone()
    };
    assert_eq!(connected(ada.get("/v1/venues").await.ok()), true);

    let path = format!("/v1/credentials/{}", stored["id"].as_str().unwrap());
    assert_eq!(ada.delete(&path).await.status, 204);
    assert_eq!(ada.delete(&path).await.status, 204, "revoking twice is no error");
    assert_eq!(ada.get("/v1/credentials").await.ok()[0]["status"], "revoked");
    assert_eq!(connected(ada.get("/v1/venues").await.ok()), false);
    assert_eq!(ada.place(&buy("50")).await.status, 422);
    assert!(host.venue("kraken").orders(&account.key).is_empty());
}

/// Somebody who can write the vault's database hides a key from its owner, and puts it back afterwards.
#[tokio::test]
async fn a_key_that_was_made_to_look_revoked_is_revoked_all_the_same() {
    let host = Host::start().await;
    let ada = host.user("ada").await;
    let account = host.venue("kraken").add_account(NewAccount::default());
    let stored = ada.connect("kraken", &account).await;
    let outside = rusqlite::Connection::open(host.data_dir().join("vault.db")).unwrap();
    let says = |status: &str| outside.execute("UPDATE credentials SET status = ?1", [status]).unwrap();
    assert_eq!(says("revoked"), 1);
    let path = format!("/v1/credentials/{}", stored["id"].as_str().unwrap());
    assert_eq!(ada.get("/v1/credentials").await.ok()[0]["status"], "revoked");
    assert_eq!(ada.delete(&path).await.status, 204);
    assert_eq!(says("active"), 1);
    assert_eq!(ada.get("/v1/credentials").await.ok()[0]["status"], "revoked", "it is not in force");
    assert_eq!(ada.place(&buy("50")).await.status, 422);
    assert!(host.venue("kraken").orders(&account.key).is_empty());
}

#[tokio::test]
async fn a_key_that_ended_before_is_revoked_again_without_its_successor() {
    let host = Host::start().await;
    let ada = host.user("ada").await;
    let (old, new) = (NewAccount::default(), NewAccount::default());
    let (old, new) = (host.venue("kraken").add_account(old), host.venue("kraken").add_account(new));
    let ended = ada.connect("kraken", &old).await;
    let path = format!("/v1/credentials/{}", ended["id"].as_str().unwrap());
    assert_eq!(ada.delete(&path).await.status, 204);
    ada.connect("kraken", &new).await;
    assert_eq!(ada.delete(&path).await.status, 204);
    let bob = host.user("bob").await;
    bob.delete(&path).await.problem(404, "not_found");
    assert_eq!(ada.place(&buy("50")).await.ok()["state"], "filled");
    assert_eq!(host.venue("kraken").orders(&new.key).len(), 1);
}

#[tokio::test]
async fn a_key_that_can_withdraw_or_cannot_trade_is_refused_and_not_kept() {
    let host = Host::start().await;
    let ada = host.user("ada").await;
    let with = |rights: Vec<&str>| {
        let permissions = Some(rights.into_iter().map(str::to_owned).collect());
        host.venue("kraken").add_account(NewAccount { permissions, ..NewAccount::default() })
    };
    let mut all = TRADING_PERMISSIONS.to_vec();
    all.push(WITHDRAW);
    let refused = ada.store(&ada.seal("kraken", &with(all)).await).await;
    assert!(refused.problem(422, "key_can_withdraw").contains("withdraw"));
    let reading = ada.store(&ada.seal("kraken", &with(vec!["query-funds"])).await).await;
    assert_eq!(reading.status, 422, "{}", reading.text);
    let mut wrong = with(TRADING_PERMISSIONS.to_vec());
    wrong.key = "bm90IGEgcmVhbCBrZXk=".to_owned();
    ada.store(&ada.seal("kraken", &wrong).await).await.problem(422, "credential_refused");
    assert_eq!(ada.get("/v1/credentials").await.ok(), json!([]));
}

#[tokio::test]
async fn what_was_sealed_for_somebody_or_somewhere_else_does_not_open() {
    let host = Host::start().await;
    let (ada, bob) = (host.user("ada").await, host.user("bob").await);
    let account = host.venue("kraken").add_account(NewAccount::default());
    let sealed = ada.seal("kraken", &account).await;
    bob.store(&sealed).await.problem(422, "credential_not_opened");
    let mut elsewhere = sealed.clone();
    elsewhere.venue = "kraken-b".into();
    ada.store(&elsewhere).await.problem(422, "credential_not_opened");
    let mut nowhere = sealed.clone();
    nowhere.venue = "nasdaq".into();
    ada.store(&nowhere).await.problem(404, "venue_not_found");
    let mut other_key = sealed.clone();
    other_key.key_id = "another".into();
    ada.store(&other_key).await.problem(422, "sealing_key_unknown");
    let mut garbled = sealed.clone();
    garbled.ciphertext = "no base64!".into();
    assert!(ada.store(&garbled).await.problem(422, "credential_invalid").contains("ciphertext"));
    let mut nameless = sealed.clone();
    nameless.label = "  ".into();
    ada.store(&nameless).await.problem(422, "credential_invalid");
    ada.store(&sealed).await.ok();
}

#[tokio::test]
async fn what_was_sealed_before_the_keys_rotated_is_still_taken() {
    let host = Host::start().await;
    let ada = host.user("ada").await;
    let account = host.venue("kraken").add_account(NewAccount::default());
    let keys = || async {
        let answer = ada.get("/v1/credentials/sealing-key").await.ok();
        let keys: wire::SealingKeys = serde_json::from_value(answer).unwrap();
        let pin = keys.signed.claimed_signer().unwrap();
        let now = host.server().platform().clock().now().micros();
        (pin, keys.signed.verify(&pin, now).unwrap())
    };
    let (pin, before) = keys().await;
    let sealed = ada.seal("kraken", &account).await;
    assert_eq!(sealed.key_id, before[0].key_id);
    host.server().platform().vault_keys().rotate().await.unwrap();
    let (still, after) = keys().await;
    assert_eq!(still, pin, "the identity that devices pinned outlives the keys");
    assert_eq!(after[1..], before[..], "the one before is still opened for");
    assert_ne!(after[0], before[0]);
    ada.store(&sealed).await.ok();
    // And the client library does the same with the newest key.
    let client = nija_client::Client::new(&host.url()).unwrap();
    client.sign_up("eve@example.org", &crate::support::password()).await.unwrap();
    let other = host.venue("kraken").add_account(NewAccount::default());
    let pair =
        wire::CredentialPlaintext { key: other.key.clone(), secret: other.secret.clone(), passphrase: None };
    client.connect_exchange("kraken", "mine", &pair).await.unwrap();
    assert_eq!(client.vault_pin(), Some(pin));
}
