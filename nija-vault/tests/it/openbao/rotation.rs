//! Rotation over a key server: what holds beyond the conformance suite.

use nija_core::{OpenPurpose, Vault, VaultError};
use nija_vault::testing::{Setup, venue};
use nija_vault::{HashiVault, KeyRotation};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::{Space, key_of};
use crate::common::{balance, signer, store};

const LATER: Duration = Duration::from_secs(601);

async fn keys(space: &Space) -> Value {
    space.get("secret/data/vault/keys").await.unwrap()["data"]["data"].clone()
}

#[tokio::test]
async fn a_rotation_reaches_the_transit_key_too() {
    let Some(space) = Space::make().await else { return };
    let setup = Setup::new();
    let vault = space.open(&setup).await;
    let user = setup.user();
    let key = store(&setup, &vault, user).await.0;
    assert!(keys(&space).await["wrapped"].as_str().unwrap().starts_with("vault:v1:"));
    vault.rotate().await.unwrap();
    vault.rewrap(&mut |_| ()).await.unwrap();
    let now = keys(&space).await;
    for wrapped in [&now["wrapped"], &now["older"][0]["wrapped"]] {
        assert!(wrapped.as_str().unwrap().starts_with("vault:v2:"), "{now}");
    }
    // The operator rotated it without asking us, and trims what nothing is under any more.
    space.post("transit/keys/user-credentials/rotate", &json!({})).await.unwrap();
    vault.rewrap(&mut |_| ()).await.unwrap();
    let trim = json!({ "min_decryption_version": 3, "min_encryption_version": 3 });
    space.post("transit/keys/user-credentials/config", &trim).await.unwrap();
    assert_eq!(key_of(&space.open(&setup).await, user).await, key);
}

#[tokio::test]
async fn a_replaced_key_has_its_time_of_grace_and_goes_when_nothing_is_under_it() {
    let Some(space) = Space::make().await else { return };
    let setup = Setup::new();
    let (here, there) = (space.open(&setup).await, space.open(&setup).await);
    let (old, new) = (setup.user(), setup.user());
    store(&setup, &here, old).await;
    here.rotate().await.unwrap();
    assert_eq!(here.rewrap(&mut |_| ()).await.unwrap().retired, 0);
    assert_eq!(here.keys().key_encryption.len(), 2, "another signer may be writing under it");
    // The other signer has not heard of the rotation: it opens what was moved, and writes under its key.
    balance(signer(&there, old).await.as_ref()).await.unwrap();
    store(&setup, &there, new).await;
    setup.clock.advance(LATER);
    let moved = here.rewrap(&mut |_| ()).await.unwrap();
    assert_eq!(moved.retired, 1, "{moved:?}");
    setup.clock.advance(LATER);
    for vault in [&here, &there, &space.open(&setup).await] {
        for user in [old, new] {
            balance(signer(vault, user).await.as_ref()).await.unwrap();
        }
    }
    assert!(!here.rotate_when_due(Duration::from_secs(90 * 86_400)).await.unwrap());
    setup.clock.advance(Duration::from_secs(90 * 86_400));
    assert!(here.rotate_when_due(Duration::from_secs(90 * 86_400)).await.unwrap());
    assert_eq!(here.keys().key_encryption.len(), 2);
}

#[tokio::test]
async fn a_document_that_does_not_open_keeps_its_key() {
    let Some(space) = Space::make().await else { return };
    let setup = Setup::new();
    let vault = space.open(&setup).await;
    let (user, other) = (setup.user(), setup.user());
    store(&setup, &vault, user).await;
    store(&setup, &vault, other).await;
    let path = format!("secret/data/users/{user}/one");
    let good = space.get(&path).await.unwrap()["data"]["data"].clone();
    let theirs = space.get(&format!("secret/data/users/{other}/one")).await.unwrap();
    let mut bad = good.clone();
    bad["user_key"]["envelope"] = theirs["data"]["data"]["user_key"]["envelope"].clone();
    space.post(&path, &json!({ "data": bad })).await.unwrap();
    vault.rotate().await.unwrap();
    setup.clock.advance(LATER);
    let refused = vault.rewrap(&mut |_| ()).await;
    assert!(matches!(refused, Err(VaultError::Envelope(_))), "{refused:?}");
    assert_eq!(vault.keys().key_encryption.len(), 2);
    space.post(&path, &json!({ "data": good })).await.unwrap();
    vault.rewrap(&mut |_| ()).await.unwrap();
    assert_eq!(vault.keys().key_encryption.len(), 1);
    balance(signer(&vault, user).await.as_ref()).await.unwrap();
}

/// The process that is killed: rotates and re-wraps for ever. It is not a test; the one below starts it.
#[tokio::test]
#[ignore = "started by rewrap_over_a_key_server_survives_kill_9"]
async fn rewrap_child() {
    let Some(told) = std::env::var_os("NIJA_REWRAP_SPACE") else { return };
    let setup = Setup::new();
    let vault = HashiVault::open(Space::told(&told.into_string().unwrap(), &setup)).await.unwrap();
    println!("ready");
    loop {
        if vault.keys().key_encryption.len() < 3 {
            vault.rotate().await.unwrap();
        }
        vault.rewrap(&mut |_| ()).await.unwrap();
        println!("done");
        setup.clock.advance(LATER);
    }
}

fn spawn(told: &str) -> (Child, impl Iterator<Item = String> + use<>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["openbao::rotation::rewrap_child", "--exact", "--ignored", "--nocapture"])
        .env("NIJA_REWRAP_SPACE", told)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    (child, lines)
}

/// 40 credentials and 4 kills; `NIJA_KILLS=50 NIJA_CREDENTIALS=400 cargo test -p nija-vault --test it key_server_survives` for more.
#[tokio::test]
async fn rewrap_over_a_key_server_survives_kill_9() {
    let Some(space) = Space::make().await else { return };
    let number = |name: &str, default: u32| std::env::var(name).map_or(default, |text| text.parse().unwrap());
    let (kills, credentials) = (number("NIJA_KILLS", 4), number("NIJA_CREDENTIALS", 40));
    let setup = Setup::new();
    let vault = space.open(&setup).await;
    let mut users = Vec::new();
    for _ in 0..credentials {
        let user = setup.user();
        users.push((user, store(&setup, &vault, user).await.0));
    }
    let told = space.tell();
    let (mut child, mut lines) = spawn(&told);
    lines.find(|line| line.contains("ready")).unwrap();
    let start = Instant::now();
    lines.find(|line| line.contains("done")).unwrap();
    let round = start.elapsed();
    child.kill().unwrap();
    child.wait().unwrap();
    for kill in 0..kills {
        let (mut child, mut lines) = spawn(&told);
        lines.find(|line| line.contains("ready")).unwrap();
        // Spread over one whole round: a different part of it each time.
        std::thread::sleep(round * kill / kills.max(1));
        child.kill().unwrap();
        child.wait().unwrap();
        let after = space.open(&setup).await;
        for (user, key) in &users {
            assert_eq!(&key_of(&after, *user).await, key, "kill {kill}");
        }
    }
    // Well past the dates that the child's clock put on its keys.
    setup.clock.advance(LATER * 1000);
    vault.rewrap(&mut |_| ()).await.unwrap();
    assert_eq!(vault.keys().key_encryption.len(), 1);
    for (user, key) in &users {
        let signer = vault.open(*user, &venue("one"), OpenPurpose::Reconcile).await.unwrap();
        assert_eq!(crate::common::header(&balance(signer.as_ref()).await.unwrap(), "api-key"), key);
    }
    println!("{kills} kills of a re-wrap that takes {round:?}; {credentials} credentials open");
}
