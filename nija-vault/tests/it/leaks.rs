//! Where a secret must not be: tables, backups, logs, the memory of a process that has no root, and the signer's memory once a
//! lease has ended.
//!
//! What is read of a process is what a core dump of it would hold: every page that it can write, from `/proc/PID/mem`. One test takes
//! real dumps besides: by `gcore`, and the kernel's own of a signer that dies; those hold the threads' registers too. The
//! search shows that a secret is not there as a whole in the form that it came in. It cannot show that no part of it is (the last 9
//! characters of 48 were found in a register), that no trace in another form is, what a page that was swapped out holds, or what was in memory at
//! another moment; nor that a request which was signed with it (and holds a signature, not the key) is gone.

use nija_core::{Custody, Entropy, Method, OsEntropy, UserId, Vault};
use nija_vault::testing::{Setup, request, sealed, venue};
use nija_vault::{KeyRotation, LocalVault, RootKey, UnlockKey, backup_time, restore};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::common::{PostgresDatabase, balance, intruder, open, signer, store};
use crate::openbao::Space;
use process::{Other, file_holds};

mod process;

fn holds(haystack: &[u8], needle: &[u8]) -> bool {
    let first = needle[0];
    let mut rest = haystack;
    while let Some(at) = rest.iter().position(|byte| *byte == first) {
        if rest[at..].starts_with(needle) {
            return true;
        }
        rest = &rest[at + 1..];
    }
    false
}

#[tokio::test]
async fn no_table_and_no_backup_holds_a_secret() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let (user, vault) = (setup.user(), open(&setup, folder.path()));
    let mut secrets = Vec::new();
    for _ in 0..3 {
        let (_, secret) = store(&setup, &vault, user).await;
        balance(signer(&vault, user).await.as_ref()).await.unwrap();
        secrets.push(secret);
    }
    let backup = folder.path().join("vault.backup");
    vault.back_up(&backup, |_, _| ()).await.unwrap();
    vault.close().await;
    let outside = intruder(folder.path());
    let tables: Vec<String> = outside
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert!(tables.len() >= 8, "{tables:?}");
    let mut dump = Vec::new();
    for table in &tables {
        let mut rows = outside.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns = rows.column_count();
        let mut rows = rows.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for column in 0..columns {
                match row.get_ref(column).unwrap() {
                    rusqlite::types::ValueRef::Text(bytes) | rusqlite::types::ValueRef::Blob(bytes) => {
                        dump.extend_from_slice(bytes);
                    }
                    other => dump.extend_from_slice(format!("{other:?}").as_bytes()),
                }
            }
        }
    }
    let file = std::fs::read(&backup).unwrap();
    // Even who has the root and opens the backup has rows that are sealed in themselves.
    let restored = folder.path().join("restored.db");
    let root = RootKey::File(folder.path().join("vault.key"));
    restore(&backup, root, &restored.clone().into(), &mut |_, _| ()).unwrap();
    let restored = std::fs::read(restored).unwrap();
    for secret in &secrets {
        for (name, bytes) in [("dump", &dump), ("backup", &file), ("restored backup", &restored)] {
            assert!(!holds(bytes, secret.as_bytes()), "{name}");
            assert!(!holds(bytes, &hex::decode(secret).unwrap()), "{name}");
        }
    }
    assert!(
        holds(&dump, b"main") && holds(&restored, b"main"),
        "the search finds what is meant to be readable"
    );
    assert!(!holds(&file, b"main"), "the backup hides labels and venues as well");
}

#[tokio::test]
async fn no_table_of_postgresql_holds_a_secret() {
    let Some(database) = PostgresDatabase::make() else { return };
    let (setup, user) = (Setup::new(), UserId::from_uuid(uuid::Uuid::new_v4()));
    let vault = database.open_vault(&setup);
    let mut secrets = Vec::new();
    for _ in 0..3 {
        let (key, secret) = store(&setup, &vault, user).await;
        balance(signer(&vault, user).await.as_ref()).await.unwrap();
        secrets.extend([key, secret]);
    }
    vault.close().await;
    let tables = database.run("SELECT tablename FROM pg_tables WHERE schemaname = 'nija_vault'").unwrap();
    assert!(tables.len() >= 8, "{tables:?}");
    let dump: String = tables
        .iter()
        .flat_map(|table| database.run(&format!("SELECT t::text FROM nija_vault.{table} t")).unwrap())
        .collect();
    for secret in secrets {
        // Bytes are written in hexadecimal: the text of the secret, and what the secret is in hexadecimal.
        for form in [secret.clone(), hex::encode(&secret)] {
            assert!(!dump.contains(&form));
        }
    }
    assert!(dump.contains("main"), "the search finds what is meant to be readable");
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn logs_at_trace_level_hold_no_secret() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    // For this thread alone, and everything runs on it but the vault's own threads.
    let secrets = tracing::subscriber::with_default(subscriber, || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            tracing::trace!("the log is on");
            let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
            let (user, vault) = (setup.user(), open(&setup, folder.path()));
            let (key, secret) = store(&setup, &vault, user).await;
            let lease = signer(&vault, user).await;
            let signed = balance(lease.as_ref()).await.unwrap();
            tracing::error!(?vault, ?lease, ?signed, "what a careless caller logs");
            let refused = lease.sign(request("one", Method::Post, "/withdraw")).await;
            tracing::error!(?refused, keys = ?vault.keys(), health = ?vault.health(), "and more");
            let bad = sealed(&vault, user, &venue("one"), &key, &secret).await.unwrap();
            let other = setup.user();
            let refused = vault.store(other, &venue("one"), "", &bad).await;
            tracing::error!(?refused, ?bad, "and more");
            vault.rotate().await.unwrap();
            vault.rewrap(|at| tracing::trace!(?at, "progress")).await.unwrap();
            vault.close().await;
            [key, secret]
        })
    });
    let written = log.0.lock().unwrap().clone();
    assert!(holds(&written, b"the log is on") && holds(&written, b"what a careless caller logs"));
    for secret in secrets {
        assert!(!holds(&written, secret.as_bytes()), "{}", String::from_utf8_lossy(&written));
    }
}

/// The key server's client logs too, and the libraries below it.
#[test]
fn logs_at_trace_level_of_a_signer_over_a_key_server_hold_no_secret() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    // What sets the server up is not the signer, and holds its root token.
    let Some(space) = runtime.block_on(Space::make()) else { return };
    let secrets = tracing::subscriber::with_default(subscriber, || {
        runtime.block_on(async {
            tracing::trace!("the log is on");
            let config = space.config(&Setup::new());
            let nija_vault::ServerLogin::AppRole(role) = &config.server.login else { panic!("{config:?}") };
            let secret_id = role.secret_id.to_string();
            tracing::error!(?config, "what a careless caller logs");
            let setup = Setup::new();
            let (user, vault) = (setup.user(), space.open(&setup).await);
            let (key, secret) = store(&setup, &vault, user).await;
            let lease = signer(&vault, user).await;
            let signed = balance(lease.as_ref()).await.unwrap();
            vault.rotate().await.unwrap();
            vault.rewrap(&mut |at| tracing::trace!(?at, "progress")).await.unwrap();
            vault.erase(user).await.unwrap();
            tracing::error!(?vault, ?lease, ?signed, "and more");
            let tokens = space.tokens().await.len();
            assert!(tokens > 0);
            let root = std::fs::read(space.folder.path().join("vault.key")).unwrap();
            vault.close().await;
            [
                key.into_bytes(),
                secret.into_bytes(),
                secret_id.into_bytes(),
                hex::encode(&root).into_bytes(),
                root,
            ]
        })
    });
    let written = log.0.lock().unwrap().clone();
    assert!(holds(&written, b"the log is on") && holds(&written, b"and more"));
    for secret in &secrets {
        assert!(!holds(&written, secret), "{}", String::from_utf8_lossy(secret));
    }
    // A token is `s.` and 24 letters and digits.
    let text = String::from_utf8_lossy(&written);
    let is_token = |rest: &str| rest.chars().take_while(char::is_ascii_alphanumeric).count() >= 24;
    let found = text.match_indices("s.").find(|(at, _)| is_token(&text[at + 2..]));
    assert!(found.is_none(), "{:?}", found.map(|(at, _)| &text[at.saturating_sub(80)..at]));
}

async fn filled(setup: &Setup, folder: &Path, user: UserId) -> (LocalVault, String) {
    let vault = open(setup, folder);
    let (_, secret) = store(setup, &vault, user).await;
    (vault, secret)
}

#[tokio::test]
async fn a_process_with_rows_and_blobs_and_no_root_holds_no_secret() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let user = setup.user();
    let (vault, stored) = filled(&setup, folder.path(), user).await;
    let sent = setup.random_text();
    let blob = sealed(&vault, user, &venue("one"), "key", &sent).await.unwrap();
    std::fs::write(folder.path().join("sealed.json"), serde_json::to_vec(&blob).unwrap()).unwrap();
    vault.close().await;
    let mut api = Other::start("api", folder.path(), user);
    api.reaches("held");
    let found = api.memory_holds(&[stored.as_bytes(), sent.as_bytes(), &blob.ciphertext]);
    assert_eq!(found, [false, false, true], "it holds what it was sent, and nothing of what is in it");
}

#[tokio::test]
async fn the_signers_memory_holds_no_secret_after_the_lease_ended() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let user = setup.user();
    let (vault, secret) = filled(&setup, folder.path(), user).await;
    vault.close().await;
    let mut process = Other::start("delegated", folder.path(), user);
    process.reaches("signing");
    assert_eq!(
        process.memory_holds(&[secret.as_bytes()]),
        [true],
        "while the lease lasts it is there: the search works"
    );
    process.go_on();
    process.reaches("ended");
    assert_eq!(process.memory_holds(&[secret.as_bytes()]), [false]);
}

#[tokio::test]
async fn no_core_dump_of_the_signer_holds_a_secret_after_the_lease_ended() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let user = setup.user();
    let vault = open(&setup, folder.path());
    // Not of the set-up's seed: the frozen vectors in this program are of the same one, and hold pieces of its texts.
    let mut bytes = [0; 24];
    OsEntropy::new().unwrap().fill(&mut bytes);
    let secret = hex::encode(bytes);
    let blob = sealed(&vault, user, &venue("one"), "key", &secret).await.unwrap();
    vault.store(user, &venue("one"), "main", &blob).await.unwrap();
    vault.close().await;
    // The whole, and each third: 16 bytes pass through a wide register, and may be left in one or on a stack. How many are is told.
    let mut needles = vec![secret.as_bytes()];
    needles.extend(secret.as_bytes().chunks(16));
    let dumped = |dump: Result<PathBuf, String>| {
        dump.map(|file| {
            let found = file_holds(&file, &needles);
            std::fs::remove_file(file).unwrap();
            found
        })
    };
    let mut process = Other::start("delegated", folder.path(), user);
    process.reaches("signing");
    assert_eq!(process.memory_holds(&needles[..1]), [true]);
    let lasting = dumped(process.dump(folder.path()));
    process.go_on();
    process.reaches("ended");
    let (ended, dead) = (dumped(process.dump(folder.path())), dumped(process.die(folder.path())));
    for (name, dump) in [("gcore", &ended), ("the kernel", &dead)] {
        match dump {
            Ok(found) => {
                let thirds = found[1..].iter().filter(|found| **found).count();
                println!("the dump by {name}: {thirds} thirds of the secret");
                assert!(!found[0], "the dump by {name} holds the secret");
            }
            Err(why) => println!("no dump by {name}: {why}"),
        }
    }
    if let Ok(found) = lasting {
        assert!(!found.contains(&false), "while the lease lasts it is there: the search works; {found:?}");
    }
    if let (Err(one), Err(other)) = (ended, dead) {
        println!("SKIPPED no_core_dump_of_the_signer_holds_a_secret_after_the_lease_ended: {one}; {other}");
    }
}

#[tokio::test]
async fn after_a_lock_neither_the_secret_nor_the_devices_key_is_in_the_signers_memory() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let (user, at, words) = (setup.user(), venue("one"), setup.random_text());
    let vault = open(&setup, folder.path());
    let (unlock, secret) = (UnlockKey::new(&words).unwrap(), setup.random_text());
    let sealing = vault.sealing_key().await.unwrap();
    let blob = unlock.seal_credential(&sealing, user, &at, "key", &secret, None).unwrap();
    vault.store_locked(user, &at, "", &blob, unlock.derivation().clone()).await.unwrap();
    let sealed_key = unlock.seal_unlock(&sealing, user, &at).unwrap();
    std::fs::write(folder.path().join("unlock.json"), serde_json::to_vec(&sealed_key).unwrap()).unwrap();
    vault.close().await;
    drop(vault);
    let derivation = unlock.derivation();
    let mut key = [0u8; 32];
    let params =
        argon2::Params::new(derivation.memory_kib, derivation.passes, derivation.lanes, Some(32)).unwrap();
    argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params)
        .hash_password_into(words.as_bytes(), &hex::decode(&derivation.salt).unwrap(), &mut key)
        .unwrap();
    let mut process = Other::start("session", folder.path(), user);
    process.reaches("signing");
    let needles: [&[u8]; 3] = [secret.as_bytes(), &key, words.as_bytes()];
    let while_unlocked = process.memory_holds(&needles);
    assert!(while_unlocked[0], "while the unlock lasts the secret is there: the search works");
    assert!(!while_unlocked[2], "the passphrase never left the device");
    process.go_on();
    process.reaches("ended");
    assert_eq!(process.memory_holds(&needles), [false, false, false]);
    assert!(backup_time(&folder.path().join("vault.db")).is_err(), "a database is no backup");
}
