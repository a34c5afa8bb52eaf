//! The drill over a key server: its own snapshot, the root and a copy of the audit database bring every credential back, as of the moment
//! that they are of.

use nija_core::{Clock, Custody, OpenPurpose, OrderPolicy, Vault, VaultError};
use nija_vault::testing::{Setup, venue};
use nija_vault::{AppRole, HashiServer, HashiVault, HashiVaultConfig, RootKey, UnlockKey};
use serde_json::json;
use std::path::Path;
use std::time::Duration;

use super::failover::{Node, caller, form, free_ports, start, until};
use super::server::Caller;
use super::{key_of, service, store};

const USERS: usize = 12;

/// A server alone, in a folder of its own.
fn alone(program: &str, folder: &Path) -> Node {
    let ports = free_ports(2);
    start(program, folder, 0, &[(ports[0], ports[1])])
}

async fn vault(setup: &Setup, folder: &Path, node: &Node, app_role: &AppRole) -> HashiVault {
    let config = HashiVaultConfig {
        server: HashiServer::new(vec![node.address.clone()], app_role.clone()),
        root: RootKey::File(folder.join("vault.key")),
        audit: folder.join("audit.db").into(),
        audit_file: None,
        clock: std::sync::Arc::new(setup.clock.clone()),
        entropy: setup.entropy.clone(),
        nonces: setup.nonces.clone(),
        authenticators: setup.authenticators.clone(),
    };
    HashiVault::open(config).await.unwrap()
}

/// The server's snapshot, for someone with the `admin` policy, who reads no document.
async fn snapshot(root: &Caller) -> Vec<u8> {
    let body = json!({ "policies": ["nija-admin"], "no_default_policy": true });
    let made = root.post("auth/token/create", &body).await.unwrap();
    let answer = root
        .http
        .get(format!("{}/v1/sys/storage/raft/snapshot", root.address))
        .header("x-vault-token", made["auth"]["client_token"].as_str().unwrap())
        .send()
        .await
        .unwrap();
    assert!(answer.status().is_success(), "{}", answer.status());
    answer.bytes().await.unwrap().to_vec()
}

/// Puts a snapshot into a server that was just made. It is then sealed as the one was that the snapshot is of.
async fn put_back(root: &Caller, snapshot: Vec<u8>) {
    let answer = root
        .http
        .post(format!("{}/v1/sys/storage/raft/snapshot-force", root.address))
        .header("x-vault-token", &root.token)
        .body(snapshot)
        .send()
        .await
        .unwrap();
    let status = answer.status();
    assert!(status.is_success(), "{status}: {}", answer.text().await.unwrap());
}

#[tokio::test]
async fn a_wiped_server_comes_back_from_its_snapshot_as_of_then_and_every_credential_opens() {
    let (Some(program), Some(_)) = (service("NIJA_TEST_BAO"), service("NIJA_TEST_OPENBAO")) else { return };
    let (setup, at) = (Setup::new(), venue("one"));
    let [servers, lost, found] = [(); 3].map(|()| tempfile::tempdir().unwrap());
    let node = alone(&program, servers.path());
    let (root, key) = form(std::slice::from_ref(&node)).await;
    let app_role = root.prepare().await;
    let signer = vault(&setup, lost.path(), &node, &app_role).await;
    let mut keys = Vec::new();
    for number in 0..USERS {
        let user = setup.user();
        let (mut key, _) = store(&setup, &signer, user).await;
        if number % 3 == 0 {
            (key, _) = store(&setup, &signer, user).await;
        }
        keys.push((user, key));
    }
    let policy = OrderPolicy {
        max_order: Some(nija_core::Notional::new(100.into()).unwrap()),
        pairs: std::collections::BTreeMap::new(),
        max_buys_per_hour: None,
    };
    signer.set_policy(keys[0].0, Some(policy.clone())).await.unwrap();
    let (locked, unlock) = (setup.user(), UnlockKey::new(&setup.random_text()).unwrap());
    let sealing = signer.sealing_key().await.unwrap();
    let blob = unlock.seal_credential(&sealing, locked, &at, "key", "secret", None).unwrap();
    signer.store_locked(locked, &at, "", &blob, unlock.derivation().clone()).await.unwrap();
    let erased = setup.user();
    store(&setup, &signer, erased).await;
    signer.erase(erased).await.unwrap();
    let revoked = setup.user();
    store(&setup, &signer, revoked).await;
    signer.revoke(revoked, signer.list(revoked).await.unwrap()[0].id).await.unwrap();

    // The moment to come back to: the server's snapshot, then the log, so that the log has what the snapshot has.
    let taken = snapshot(&root).await;
    signer.books().checkpoint().await.unwrap();
    let copy = format!("VACUUM INTO '{}'", found.path().join("audit.db").display());
    rusqlite::Connection::open(lost.path().join("audit.db")).unwrap().execute_batch(&copy).unwrap();
    std::fs::copy(lost.path().join("vault.key"), found.path().join("vault.key")).unwrap();

    // What happens afterwards is lost.
    store(&setup, &signer, keys[1].0).await;
    signer.revoke(keys[2].0, signer.list(keys[2].0).await.unwrap()[0].id).await.unwrap();
    signer.set_policy(keys[0].0, None).await.unwrap();
    let late = setup.user();
    store(&setup, &signer, late).await;
    signer.close().await;
    drop((signer, node, lost));

    // The audit device is in the snapshot: the new server's configuration names the same.
    std::fs::remove_dir_all(servers.path().join("node-0")).unwrap();
    let node = alone(&program, servers.path());
    let (empty, _) = form(std::slice::from_ref(&node)).await;
    put_back(&empty, taken).await;
    let back = caller(&node.address, &root.token);
    until("back in service", async || {
        // It seals itself some time after the answer; the token is known once the snapshot is in place.
        drop(back.post("sys/unseal", &key).await);
        back.get("secret/metadata/users?list=true").await.ok()
    })
    .await;
    let signer = vault(&setup, found.path(), &node, &app_role).await;
    for (user, key) in &keys {
        assert_eq!(key_of(&signer, *user).await, *key);
    }
    assert_eq!(signer.policy(keys[0].0).await.unwrap(), Some(policy));
    let until = setup.clock.now().plus(Duration::from_secs(60));
    let unlocking = unlock.seal_unlock(&signer.sealing_key().await.unwrap(), locked, &at).unwrap();
    signer.unlock(locked, &at, &unlocking, until).await.unwrap();
    assert_eq!(key_of(&signer, locked).await, "key");
    for user in [erased, revoked, late] {
        let opened = signer.open(user, &at, OpenPurpose::Trade).await;
        assert!(matches!(opened, Err(VaultError::NoCredential { .. })), "{opened:?}");
    }
    // It goes on from there.
    let (newer, _) = store(&setup, &signer, keys[1].0).await;
    assert_eq!(key_of(&signer, keys[1].0).await, newer);
    signer.verify_audit().await.unwrap();
}
