//! Rotation and re-wrapping of the encryption keys.

use nija_core::{OpenPurpose, UserId, Vault};
use nija_vault::testing::{Setup, sealed, venue};
use nija_vault::{LocalVault, RewrapProgress};
use rusqlite::Connection;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::common::{balance, header, intruder, open, signer, store};

const DAY: Duration = Duration::from_secs(24 * 3600);

fn keks(connection: &Connection) -> i64 {
    connection.query_row("SELECT count(*) FROM keys WHERE kind = 'kek'", [], |row| row.get(0)).unwrap()
}

/// User keys whose envelope names a key that is not there: nothing would ever open them again.
fn orphans(connection: &Connection) -> i64 {
    let orphans = "SELECT count(*) FROM user_keys WHERE substr(envelope, 9, 16) NOT IN (SELECT id FROM keys WHERE kind = 'kek')";
    connection.query_row(orphans, [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn a_rewrap_moves_everything_to_the_new_key_and_retires_the_old_one() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let vault = open(&setup, folder.path());
    let users: Vec<_> = (0..450).map(|_| setup.user()).collect();
    let mut keys = Vec::new();
    for user in &users {
        keys.push(store(&setup, &vault, *user).await.0);
    }
    let (before, sealing) = (vault.keys(), vault.sealing_key().await.unwrap());
    vault.rotate().await.unwrap();
    let rotated = vault.keys();
    assert_eq!((rotated.key_encryption.len(), rotated.sealing.len()), (2, 2));
    assert_eq!(rotated.key_encryption[1].id, before.key_encryption[0].id);
    assert_eq!(rotated.identity, before.identity, "what devices pinned stays");
    let mut steps = Vec::new();
    let last = vault.rewrap(|step| steps.push(step)).await.unwrap();
    assert_eq!(last, RewrapProgress { done: 450, total: 450, moved: 450, retired: 1 });
    assert!(steps.len() >= 4 && steps.is_sorted_by_key(|step| step.done));
    assert_eq!(vault.keys().key_encryption.len(), 1);
    let again = vault.rewrap(|_| ()).await.unwrap();
    assert_eq!((again.moved, again.retired), (0, 0), "there is nothing left to do");
    // A device that sealed to the key before is not turned away, and everything opens after a restart.
    let late =
        nija_vault::seal_credential(&sealing, users[0], &venue("one"), "late", "secret", None).unwrap();
    vault.store(users[0], &venue("one"), "", &late).await.unwrap();
    keys[0] = "late".into();
    vault.close().await;
    drop(vault);
    let vault = open(&setup, folder.path());
    for (user, key) in users.iter().zip(&keys) {
        let signed = balance(signer(&vault, *user).await.as_ref()).await.unwrap();
        assert_eq!(header(&signed, "api-key"), key);
    }
    vault.verify_audit().await.unwrap();
}

#[tokio::test]
async fn a_key_is_retired_exactly_when_nothing_is_under_it() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let vault = open(&setup, folder.path());
    let (user, other) = (setup.user(), setup.user());
    store(&setup, &vault, user).await;
    store(&setup, &vault, other).await;
    let outside = intruder(folder.path());
    let stuck = format!(
        "CREATE TRIGGER stuck BEFORE UPDATE ON user_keys WHEN OLD.user = x'{}' BEGIN SELECT RAISE(IGNORE); END",
        user.as_uuid().simple()
    );
    outside.execute_batch(&stuck).unwrap();
    vault.rotate().await.unwrap();
    let progress = vault.rewrap(|_| ()).await.unwrap();
    assert_eq!((progress.moved, progress.retired), (1, 0), "one user key is still under the old key");
    assert_eq!((keks(&outside), orphans(&outside)), (2, 0));
    outside.execute_batch("DROP TRIGGER stuck").unwrap();
    let progress = vault.rewrap(|_| ()).await.unwrap();
    assert_eq!((progress.moved, progress.retired), (1, 1));
    assert_eq!((keks(&outside), orphans(&outside)), (1, 0));
    balance(signer(&vault, user).await.as_ref()).await.unwrap();
}

#[tokio::test]
async fn another_node_goes_on_through_a_rotation() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let (one, two) = (open(&setup, folder.path()), open(&setup, folder.path()));
    let (old, new) = (setup.user(), setup.user());
    store(&setup, &one, old).await;
    one.rotate().await.unwrap();
    one.rewrap(|_| ()).await.unwrap();
    balance(signer(&two, old).await.as_ref()).await.unwrap();
    // A third rotation that the second node has not seen when it makes a key for a new user.
    one.rotate().await.unwrap();
    one.rewrap(|_| ()).await.unwrap();
    let blob = sealed(&one, new, &venue("one"), "key", "secret").await.unwrap();
    two.store(new, &venue("one"), "", &blob).await.unwrap();
    balance(signer(&one, new).await.as_ref()).await.unwrap();
    assert_eq!(orphans(&intruder(folder.path())), 0);
}

#[tokio::test]
async fn keys_rotate_by_themselves_when_they_are_old() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let (vault, user) = (open(&setup, folder.path()), setup.user());
    store(&setup, &vault, user).await;
    let first = vault.keys().key_encryption[0].id.clone();
    setup.clock.advance(89 * DAY);
    assert!(!vault.rotate_when_due(90 * DAY).await.unwrap());
    setup.clock.advance(DAY);
    assert!(vault.rotate_when_due(90 * DAY).await.unwrap());
    assert_ne!(vault.keys().key_encryption[0].id, first);
    assert!(!vault.rotate_when_due(90 * DAY).await.unwrap());
    // A rotation whose re-wrap was cut off is finished whatever the age.
    vault.rotate().await.unwrap();
    assert!(vault.rotate_when_due(90 * DAY).await.unwrap());
    assert_eq!(vault.keys().key_encryption.len(), 1);
    // Sealing keys that were replaced long ago go with the next re-wrap.
    setup.clock.advance(91 * DAY);
    assert!(vault.rotate_when_due(90 * DAY).await.unwrap());
    assert_eq!(vault.keys().sealing.len(), 2, "the one before is still opened for");
    balance(signer(&vault, user).await.as_ref()).await.unwrap();
}

/// The process that is killed: rotates and re-wraps for ever. It is not a test; the one below starts it.
#[tokio::test]
#[ignore = "started by rewrap_survives_kill_9_at_any_point"]
async fn rewrap_child() {
    let Some(folder) = std::env::var_os("NIJA_REWRAP_FOLDER") else { return };
    let vault = open(&Setup::new(), &PathBuf::from(folder));
    println!("ready");
    loop {
        if vault.keys().key_encryption.len() == 1 {
            vault.rotate().await.unwrap();
        }
        vault.rewrap(|_| ()).await.unwrap();
        println!("done");
    }
}

async fn fill(setup: &Setup, vault: &Arc<LocalVault>, users: &[UserId]) {
    let at = venue("one");
    let sealing = vault.sealing_key().await.unwrap();
    let chunks: Vec<_> = users.chunks(users.len().div_ceil(64)).map(<[UserId]>::to_vec).collect();
    let tasks: Vec<_> = chunks
        .into_iter()
        .map(|users| {
            let (vault, at, sealing) = (Arc::clone(vault), at.clone(), sealing.clone());
            let secret = setup.random_text();
            tokio::spawn(async move {
                for user in users {
                    let key = user.to_string();
                    let blob = nija_vault::seal_credential(&sealing, user, &at, &key, &secret, None).unwrap();
                    vault.store(user, &at, "", &blob).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

/// How long the child is left alone: a number between 0 and 1 that differs each time and can be replayed.
fn share(seed: u64, round: u64) -> f64 {
    let digest = aws_lc_rs::digest::digest(
        &aws_lc_rs::digest::SHA256,
        &[seed.to_be_bytes(), round.to_be_bytes()].concat(),
    );
    f64::from(u32::from_be_bytes(digest.as_ref()[..4].try_into().unwrap())) / f64::from(u32::MAX)
}

fn spawn(folder: &Path) -> (std::process::Child, impl Iterator<Item = String>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["rotation::rewrap_child", "--exact", "--ignored", "--nocapture"])
        .env("NIJA_REWRAP_FOLDER", folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    (child, lines)
}

/// 10,000 credentials and 12 kills; `NIJA_KILLS=200 cargo test -p nija-vault --test it rewrap_survives` is the whole of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rewrap_survives_kill_9_at_any_point() {
    let number = |name: &str, default: u64| std::env::var(name).map_or(default, |text| text.parse().unwrap());
    let (kills, seed) = (number("NIJA_KILLS", 12), number("NIJA_SEED", 1));
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let users: Vec<_> = (0..number("NIJA_CREDENTIALS", 10_000)).map(|_| setup.user()).collect();
    let vault = Arc::new(open(&setup, folder.path()));
    fill(&setup, &vault, &users).await;
    vault.close().await;
    drop(vault);
    // How long one whole round takes here: kills are spread over somewhat more than that.
    let (mut child, mut lines) = spawn(folder.path());
    lines.find(|line| line.contains("ready")).unwrap();
    let start = Instant::now();
    lines.find(|line| line.contains("done")).unwrap();
    let round = start.elapsed();
    child.kill().unwrap();
    child.wait().unwrap();
    let mut cut = 0;
    for kill in 0..kills {
        let (mut child, mut lines) = spawn(folder.path());
        lines.find(|line| line.contains("ready")).unwrap();
        std::thread::sleep(round.mul_f64(1.2 * share(seed, kill)));
        child.kill().unwrap();
        child.wait().unwrap();
        let outside = intruder(folder.path());
        assert_eq!(orphans(&outside), 0, "kill {kill} of seed {seed}");
        cut += i64::from(keks(&outside) > 1);
        let vault = open(&setup, folder.path());
        for user in users.iter().skip(usize::try_from(kill).unwrap() % 97).step_by(97) {
            let signed = balance(signer(&vault, *user).await.as_ref()).await.unwrap();
            assert_eq!(header(&signed, "api-key"), user.to_string(), "kill {kill} of seed {seed}");
        }
    }
    assert!(cut > 0, "no kill of seed {seed} met a re-wrap in the middle");
    let vault = open(&setup, folder.path());
    vault.rewrap(|_| ()).await.unwrap();
    let outside = intruder(folder.path());
    assert_eq!((keks(&outside), orphans(&outside)), (1, 0));
    // Uses go on record in a queue with an end: each round waits until its own are there.
    for round in users.chunks(1_000) {
        for user in round {
            let signer = vault.open(*user, &venue("one"), OpenPurpose::Reconcile).await.unwrap();
            assert_eq!(header(&balance(signer.as_ref()).await.unwrap(), "api-key"), user.to_string());
        }
        vault.verify_audit().await.unwrap();
    }
    println!(
        "{kills} kills, {cut} of them in the middle of a re-wrap that takes {round:?}; {} credentials open",
        users.len()
    );
}
