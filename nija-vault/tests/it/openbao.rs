//! The vault over a real OpenBao: what holds beyond the conformance suite.

mod drill;
mod failover;
mod rotation;
mod server;
mod upgrade;

use nija_core::{Custody, OpenPurpose, SignError, Signer, UserId, Vault, VaultError};
use nija_test_services::service;
use nija_vault::testing::{Setup, venue};
use nija_vault::{HashiVault, ServerLogin, Transit, create_transit_root, open_transit_root};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::time::Duration;

use crate::common::{PostgresDatabase, balance, header, signer, store};
pub(crate) use server::Space;

/// A minute is for ever.
const EVER: Duration = Duration::from_secs(60);

async fn key_of(vault: &dyn Vault, user: UserId) -> String {
    let signer = signer(vault, user).await;
    header(&balance(signer.as_ref()).await.unwrap(), "api-key").to_owned()
}

/// Every document, and what Transit makes of what it encrypted, for someone with all rights.
async fn everything_readable(space: &Space) -> Vec<String> {
    let (mut folders, mut found) = (vec![String::new()], Vec::new());
    while let Some(folder) = folders.pop() {
        let names = space.get(&format!("secret/metadata/{folder}?list=true")).await.unwrap();
        for name in names["data"]["keys"].as_array().unwrap().iter().filter_map(Value::as_str) {
            let path = format!("{folder}{name}");
            if path.ends_with('/') {
                folders.push(path);
                continue;
            }
            let newest = space.get(&format!("secret/metadata/{path}")).await.unwrap();
            for version in 1..=newest["data"]["current_version"].as_u64().unwrap() {
                let document = space.get(&format!("secret/data/{path}?version={version}")).await;
                found.extend(document.ok().map(|document| document.to_string()));
            }
        }
    }
    let keys = space.get("secret/data/vault/keys").await.unwrap();
    let body = json!({ "ciphertext": keys["data"]["data"]["wrapped"] });
    let opened = space.post("transit/decrypt/user-credentials", &body).await.unwrap();
    found.push(opened["data"]["plaintext"].as_str().unwrap().to_owned());
    found
}

fn reads(texts: &[String], needle: &str) -> bool {
    use base64::Engine;
    let raw = hex::decode(needle).unwrap_or_default();
    texts.iter().any(|text| {
        let decoded =
            text.split('"').filter_map(|part| base64::engine::general_purpose::STANDARD.decode(part).ok());
        let holds = |bytes: &[u8]| {
            let held =
                |needle: &[u8]| !needle.is_empty() && bytes.windows(needle.len()).any(|at| at == needle);
            held(needle.as_bytes()) || held(&raw)
        };
        holds(text.as_bytes()) || decoded.into_iter().any(|bytes| holds(&bytes))
    })
}

#[tokio::test]
async fn the_servers_root_token_reads_ciphertext_alone() {
    let Some(space) = Space::make().await else { return };
    let setup = Setup::new();
    let vault = space.open(&setup).await;
    let (user, mut telling) = (setup.user(), Vec::new());
    for _ in 0..3 {
        let (key, secret) = store(&setup, &vault, user).await;
        telling.extend([key, secret]);
    }
    let root_key = hex::encode(std::fs::read(space.folder.path().join("vault.key")).unwrap());
    let readable = everything_readable(&space).await;
    // The search works: a label is meant to be read, and what Transit gave is the envelope that the root here opens.
    assert!(reads(&readable, "main") && readable.iter().any(|text| text.starts_with("TkpFVg")));
    for text in telling.iter().chain([&root_key]) {
        assert!(!reads(&readable, text));
    }
}

#[tokio::test]
async fn a_root_without_its_server_or_a_server_without_its_root_opens_nothing() {
    let Some(space) = Space::make().await else { return };
    let setup = Setup::new();
    store(&setup, &space.open(&setup).await, setup.user()).await;
    let key = space.folder.path().join("vault.key");
    let kept = std::fs::read(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    assert!(matches!(HashiVault::open(space.config(&setup)).await, Err(VaultError::Root(_))));
    assert!(!key.exists(), "no new root beside keys that are under another");
    std::fs::write(&key, [7; 32]).unwrap();
    assert!(HashiVault::open(space.config(&setup)).await.is_err());
    std::fs::write(&key, kept).unwrap();
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    space.delete("secret/data/vault/keys").await.unwrap();
    assert!(matches!(HashiVault::open(space.config(&setup)).await, Err(VaultError::Root(_))));
}

#[tokio::test]
async fn policies_deny_what_they_do_not_name() {
    let Some(space) = Space::make().await else { return };
    let setup = Setup::new();
    let vault = space.open(&setup).await;
    let (user, other) = (setup.user(), setup.user());
    store(&setup, &vault, user).await;
    store(&setup, &vault, other).await;
    let own = format!("secret/metadata/users/{user}/one");
    let data = format!("secret/data/users/{user}/one");
    let strangers = format!("secret/metadata/users/{other}/one");
    let (service, admin) = (space.token("nija-service").await, space.token("nija-admin").await);
    let person = space.person(user).await;
    let plain = json!({ "plaintext": "aGVsbG8=" });
    let wrapped = space.post("transit/encrypt/user-credentials", &plain).await.unwrap();
    let wrapped = json!({ "ciphertext": wrapped["data"]["ciphertext"] });
    for (who, token, path, body, allowed) in [
        ("service", &service, data.as_str(), None, true),
        ("service", &service, "transit/decrypt/user-credentials", Some(&wrapped), true),
        ("service", &service, "transit/export/encryption-key/user-credentials", None, false),
        ("service", &service, "transit/keys/user-credentials", None, false),
        ("service", &service, "transit/keys/user-credentials/config", Some(&plain), false),
        ("service", &service, "sys/policies/acl/nija-service", None, false),
        ("service", &service, "auth/approle/role/nija-signer/secret-id", Some(&plain), false),
        ("admin", &admin, own.as_str(), None, true),
        ("admin", &admin, "transit/keys/user-credentials", None, true),
        ("admin", &admin, data.as_str(), None, false),
        ("admin", &admin, "secret/data/vault/keys", None, false),
        ("admin", &admin, "transit/decrypt/user-credentials", Some(&wrapped), false),
        ("admin", &admin, "transit/export/encryption-key/user-credentials", None, false),
        ("admin", &admin, "sys/policies/acl/nija-admin", Some(&plain), false),
        ("user", &person, own.as_str(), None, true),
        ("user", &person, strangers.as_str(), None, false),
        ("user", &person, data.as_str(), None, false),
        ("user", &person, "secret/data/vault/keys", None, false),
        ("user", &person, "transit/decrypt/user-credentials", Some(&wrapped), false),
    ] {
        let answer = match body {
            None => space.as_someone(token).get(path).await,
            Some(body) => space.as_someone(token).post(path, body).await,
        };
        assert_eq!(answer.is_ok(), allowed, "{who} at {path}: {answer:?}");
        assert!(allowed || answer.unwrap_err().starts_with("403"), "{who} at {path}");
    }
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends_and_replaced_when_it_was_taken_away() {
    let Some(space) = Space::make().await else { return };
    let setup = Setup::new();
    space
        .post("auth/approle/role/nija-signer", &json!({ "token_ttl": "1s", "token_max_ttl": "5m" }))
        .await
        .unwrap();
    let vault = space.open(&setup).await;
    let user = setup.user();
    let (key, _) = store(&setup, &vault, user).await;
    let renewed = async {
        loop {
            if space.tokens().await.iter().any(|token| !token["last_renewal"].is_null()) {
                return;
            }
        }
    };
    tokio::time::timeout(EVER, renewed).await.unwrap();
    space.post("sys/leases/revoke-prefix/auth/approle", &json!({})).await.unwrap();
    setup.clock.advance(Duration::from_secs(301));
    assert_eq!(key_of(&vault, user).await, key);
}

#[tokio::test]
async fn two_signers_never_write_over_each_other() {
    let Some(space) = Space::make().await else { return };
    let setup = Setup::new();
    let (here, there) = (space.open(&setup).await, space.open(&setup).await);
    let user = setup.user();
    let blob = nija_vault::testing::sealed(&here, user, &venue("one"), "key", "secret").await.unwrap();
    let stores = (0..5)
        .flat_map(|_| [&here, &there])
        .map(|vault| async { vault.store(user, &venue("one"), "", &blob).await.unwrap().version });
    let versions: HashSet<u32> = futures::future::join_all(stores).await.into_iter().collect();
    assert_eq!(versions, (1..=10).collect());
    assert_eq!(here.list(user).await.unwrap(), there.list(user).await.unwrap());
}

#[tokio::test]
async fn signers_that_share_an_audit_database_hear_each_others_changes() {
    let Some(space) = Space::make().await else { return };
    let Some(database) = PostgresDatabase::make() else { return };
    let setup = Setup::new();
    let open = || async {
        let mut config = space.config(&setup);
        config.audit = nija_vault::VaultDatabase::Postgres(database.url().into());
        HashiVault::open(config).await.unwrap()
    };
    let (here, there) = (open().await, open().await);
    let user = setup.user();
    store(&setup, &here, user).await;
    let held = signer(&there, user).await;
    here.revoke(user, held.credential()).await.unwrap();
    tokio::time::timeout(EVER, ended(held.as_ref())).await.unwrap();
    assert!(there.open(user, &venue("one"), OpenPurpose::Trade).await.is_err());
    there.verify_audit().await.unwrap();
    let found = database
        .run("SELECT action || ' ' || outcome FROM nija_vault.audit WHERE action IN ('store', 'revoke') ORDER BY seq")
        .unwrap();
    assert_eq!(found, ["store intended", "store ok", "revoke intended", "revoke ok"]);
}

async fn ended(signer: &dyn Signer) {
    loop {
        match balance(signer).await {
            Ok(_) => tokio::task::yield_now().await,
            Err(SignError::LeaseEnded) => return,
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test]
async fn ciphertext_of_a_destroyed_version_leaves_the_servers_history() {
    let Some(space) = Space::make().await else { return };
    let setup = Setup::new();
    let vault = space.open(&setup).await;
    let user = setup.user();
    store(&setup, &vault, user).await;
    let path = format!("secret/data/users/{user}/one");
    let first = space.get(&path).await.unwrap();
    let first =
        first["data"]["data"]["credentials"][0]["versions"][0]["envelope"].as_str().unwrap().to_owned();
    assert!(everything_readable(&space).await.iter().any(|text| text.contains(&first)));
    for _ in 0..10 {
        store(&setup, &vault, user).await;
    }
    assert!(!everything_readable(&space).await.iter().any(|text| text.contains(&first)));
}

/// Destroyed is what the history has not any more: until then the call fails, and it can be made again.
#[tokio::test]
async fn a_destruction_that_leaves_the_history_is_none_and_is_made_good_by_the_next() {
    let Some(space) = Space::make().await else { return };
    let setup = Setup::new();
    let vault = space.open(&setup).await;
    let user = setup.user();
    store(&setup, &vault, user).await;
    let id = vault.list(user).await.unwrap()[0].id;
    let document = space.get(&format!("secret/data/users/{user}/one")).await.unwrap();
    let first = document["data"]["data"]["credentials"][0]["versions"][0]["envelope"].as_str().unwrap();
    let granted = space.get("sys/policies/acl/nija-service").await.unwrap();
    let policy = granted["data"]["policy"].as_str().unwrap().to_owned();
    let denied = format!(
        "{policy}\npath \"secret/destroy/*\" {{ capabilities = [\"deny\"] }}\npath \"secret/destroy/users/+/+\" {{ capabilities = [\"deny\"] }}"
    );
    space.post("sys/policies/acl/nija-service", &json!({ "policy": denied })).await.unwrap();
    let destroyed = vault.destroy(user, id).await;
    assert!(matches!(destroyed, Err(VaultError::Storage(_))), "{destroyed:?}");
    assert!(everything_readable(&space).await.iter().any(|text| text.contains(first)));
    space.post("sys/policies/acl/nija-service", &json!({ "policy": policy })).await.unwrap();
    vault.destroy(user, id).await.unwrap();
    assert!(!everything_readable(&space).await.iter().any(|text| text.contains(first)));
}

#[tokio::test]
async fn a_retired_version_leaves_the_servers_history_and_stays_away_over_a_restart() {
    let Some(space) = Space::make().await else { return };
    let setup = Setup::new();
    let open = || async {
        let mut config = space.config(&setup);
        config.audit = space.folder.path().join("audit.db").into();
        HashiVault::open(config).await.unwrap()
    };
    let (vault, user, at) = (open().await, setup.user(), venue("one"));
    store(&setup, &vault, user).await;
    let document = space.get(&format!("secret/data/users/{user}/one")).await.unwrap();
    let first = document["data"]["data"]["credentials"][0]["versions"][0]["envelope"].as_str().unwrap();
    let (second, _) = store(&setup, &vault, user).await;
    assert!(everything_readable(&space).await.iter().any(|text| text.contains(first)));
    let id = vault.list(user).await.unwrap()[0].id;
    vault.retire_version(user, id, 1).await.unwrap();
    assert!(!everything_readable(&space).await.iter().any(|text| text.contains(first)));
    vault.books().set_note(user, &at, "rotation", Some("retired".into()), "retired").await.unwrap();
    vault.close().await;
    let vault = open().await;
    assert_eq!(vault.books().note(user, &at, "rotation").await.unwrap().as_deref(), Some("retired"));
    assert!(matches!(vault.rollback(user, id).await, Err(VaultError::NoOlderVersion { .. })));
    assert_eq!(key_of(&vault, user).await, second);
    vault.verify_audit().await.unwrap();
}

#[tokio::test]
async fn a_document_moved_to_another_user_does_not_open() {
    let Some(space) = Space::make().await else { return };
    let setup = Setup::new();
    let vault = space.open(&setup).await;
    let (user, thief) = (setup.user(), setup.user());
    store(&setup, &vault, user).await;
    let document = space.get(&format!("secret/data/users/{user}/one")).await.unwrap();
    let body = json!({ "data": document["data"]["data"] });
    space.post(&format!("secret/data/users/{thief}/one"), &body).await.unwrap();
    let opened = vault.open(thief, &venue("one"), OpenPurpose::Trade).await;
    assert!(matches!(opened, Err(VaultError::Envelope(_))));
}

#[tokio::test]
async fn a_change_whose_caller_went_away_still_stops_the_signers() {
    let Some(space) = Space::make().await else { return };
    let setup = Setup::new();
    let vault = space.open(&setup).await;
    let user = setup.user();
    store(&setup, &vault, user).await;
    let held = signer(&vault, user).await;
    let blob = nija_vault::testing::sealed(&vault, user, &venue("one"), "key", "secret").await.unwrap();
    let at = venue("one");
    let mut change = Box::pin(vault.store(user, &at, "", &blob));
    assert!(futures::poll!(change.as_mut()).is_pending());
    drop(change);
    tokio::time::timeout(EVER, ended(held.as_ref())).await.unwrap();
}

#[tokio::test]
async fn a_change_that_the_server_refuses_is_on_record_as_refused_and_is_not_there() {
    let Some(space) = Space::make().await else { return };
    let Some(database) = PostgresDatabase::make() else { return };
    let setup = Setup::new();
    let mut config = space.config(&setup);
    config.audit = nija_vault::VaultDatabase::Postgres(database.url().into());
    let vault = HashiVault::open(config).await.unwrap();
    let user = setup.user();
    let blob = nija_vault::testing::sealed(&vault, user, &venue("one"), "key", "secret").await.unwrap();
    let granted = space.get("sys/policies/acl/nija-service").await.unwrap();
    let reading = "path \"secret/data/users/+/+\" { capabilities = [\"read\"] }";
    space.post("sys/policies/acl/nija-service", &json!({ "policy": reading })).await.unwrap();
    let refused = vault.store(user, &venue("one"), "", &blob).await;
    assert!(matches!(refused, Err(VaultError::Storage(_))));
    let policy = json!({ "policy": granted["data"]["policy"] });
    space.post("sys/policies/acl/nija-service", &policy).await.unwrap();
    assert!(vault.list(user).await.unwrap().is_empty());
    // And what cannot be recorded is not tried.
    database.run("ALTER TABLE nija_vault.audit RENAME TO elsewhere").unwrap();
    assert!(matches!(vault.store(user, &venue("one"), "", &blob).await, Err(VaultError::Storage(_))));
    database.run("ALTER TABLE nija_vault.elsewhere RENAME TO audit").unwrap();
    assert!(vault.list(user).await.unwrap().is_empty());
    assert_eq!(vault.store(user, &venue("one"), "", &blob).await.unwrap().version, 1);
    vault.verify_audit().await.unwrap();
    let found = database
        .run("SELECT action || ' ' || outcome FROM nija_vault.audit WHERE action <> 'list' ORDER BY seq")
        .unwrap();
    let expected = [
        "create_vault ok",
        "store intended",
        "store refused",
        "store intended",
        "store ok",
        "verify_audit ok",
    ];
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_local_vaults_root_may_lie_under_transit() {
    let Some(space) = Space::make().await else { return };
    let setup = Setup::new();
    let file = space.folder.path().join("root.transit");
    let transit = space.server().connect_transit().await.unwrap();
    let user = setup.user();
    let mut stored = None;
    for _ in 0..2 {
        let root = match stored {
            None => create_transit_root(&transit, &file).await.unwrap(),
            Some(_) => open_transit_root(&transit, &file).await.unwrap(),
        };
        let mut config = crate::common::config(&setup, space.folder.path());
        config.root = nija_vault::RootKey::Unsealed(root);
        let vault = nija_vault::LocalVault::open(config).unwrap();
        match &stored {
            None => stored = Some(store(&setup, &vault, user).await.0),
            Some(key) => assert_eq!(&key_of(&vault, user).await, key),
        }
    }
    assert!(std::fs::read_to_string(&file).unwrap().starts_with("vault:v1:"));
}

/// A token that somebody else keeps fresh does as well as a role.
#[tokio::test]
async fn a_token_is_taken_from_a_file_and_read_again_when_it_ends() {
    let Some(space) = Space::make().await else { return };
    let file = space.folder.path().join("token");
    let mut server = space.server();
    server.login = ServerLogin::TokenFile(file.clone());
    let refused = server.connect_transit().await.unwrap_err().to_string();
    assert!(refused.contains(&file.display().to_string()), "{refused}");
    for (text, says) in [("", "is empty"), ("made-up", "does not log us in"), ("a\nb", "cannot be sent")] {
        std::fs::write(&file, text).unwrap();
        let refused = server.connect_transit().await.unwrap_err().to_string();
        assert!(refused.contains(says) && !refused.contains("made-up"), "{refused}");
    }
    let first = space.token("nija-service").await;
    std::fs::write(&file, format!("{first}\n")).unwrap();
    let transit = server.connect_transit().await.unwrap();
    let ciphertext = transit.encrypt(b"a root").await.unwrap();
    let second = space.token("nija-service").await;
    std::fs::write(&file, &second).unwrap();
    space.post("auth/token/revoke", &json!({ "token": first })).await.unwrap();
    assert_eq!(*transit.decrypt(&ciphertext).await.unwrap(), b"a root");
    space.post("auth/token/revoke", &json!({ "token": second })).await.unwrap();
    let ended = transit.decrypt(&ciphertext).await.unwrap_err().to_string();
    assert!(ended.contains("does not log us in") && !ended.contains(&second), "{ended}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_an_error_that_tells_no_secret() {
    if service("NIJA_TEST_OPENBAO").is_none() {
        return;
    }
    let Some(space) = Space::make().await else { return };
    let (setup, mut config) = (Setup::new(), space.config(&Setup::new()));
    let secret = setup.random_text();
    let ServerLogin::AppRole(role) = &mut config.server.login else { panic!("{config:?}") };
    role.secret_id = secret.clone().into();
    let printed = format!("{config:?}");
    let refused = HashiVault::open(config).await.unwrap_err();
    assert!(matches!(refused, VaultError::Storage(_)));
    assert!(!format!("{printed} {refused} {refused:?}").contains(&secret));
}
