use nija_core::{AuthError, Clock, Custody, Method, OpenPurpose, OrderPolicy, SignError, Vault, VaultError};
use nija_vault::testing::{Setup, request, sealed, venue};
use nija_vault::{Caller, Point, UnlockKey, verify_audit_file};
use rusqlite::Connection;
use std::path::Path;

use crate::common::{balance, intruder, open, signer, store};

const HOUR: std::time::Duration = std::time::Duration::from_secs(3600);

fn entries(connection: &Connection) -> Vec<(String, String, Option<String>, u64)> {
    let mut read =
        connection.prepare("SELECT action, outcome, purpose, count FROM audit ORDER BY seq").unwrap();
    let rows = read.query_map([], |row| {
        let count: i64 = row.get(3)?;
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, count.unsigned_abs()))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

fn entry(
    action: &str,
    outcome: &str,
    purpose: Option<&str>,
    count: u64,
) -> (String, String, Option<String>, u64) {
    (action.into(), outcome.into(), purpose.map(Into::into), count)
}

/// A vault's folder with a dozen entries.
async fn busy(setup: &Setup, folder: &Path) {
    let (user, vault) = (setup.user(), open(setup, folder));
    for _ in 0..4 {
        store(setup, &vault, user).await;
        let signer = signer(&vault, user).await;
        balance(signer.as_ref()).await.unwrap();
    }
    vault.close().await;
}

#[tokio::test]
async fn the_log_says_who_did_what_and_why() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let (user, vault) = (setup.user(), open(&setup, folder.path()));
    let missing = vault.open(user, &venue("one"), OpenPurpose::Trade).await;
    assert!(matches!(missing, Err(VaultError::NoCredential { .. })));
    store(&setup, &vault, user).await;
    for _ in 0..3 {
        let signer = signer(&vault, user).await;
        balance(signer.as_ref()).await.unwrap();
    }
    let stream = vault.open(user, &venue("one"), OpenPurpose::Stream).await.unwrap();
    let refused = stream.sign(request("one", Method::Post, "/withdraw")).await;
    assert!(matches!(refused, Err(SignError::Auth(AuthError::EndpointNotAllowed { .. }))));
    // Durable before the answer: another reader sees it at once.
    let outside = intruder(folder.path());
    let last = entries(&outside).pop().unwrap();
    assert_eq!(last, entry("sign", "refused", Some("stream/read"), 1));
    vault.list(user).await.unwrap();
    let id = stream.credential();
    drop(stream);
    vault.revoke(user, id).await.unwrap();
    vault.verify_audit().await.unwrap();
    assert_eq!(
        entries(&outside),
        [
            entry("create_vault", "ok", None, 1),
            entry("open", "refused", Some("trade"), 1),
            entry("store", "ok", None, 1),
            entry("open", "ok", Some("trade"), 1),
            entry("open", "ok", Some("stream"), 1),
            entry("sign", "refused", Some("stream/read"), 1),
            entry("list", "ok", None, 1),
            entry("revoke", "ok", None, 1),
            entry("sign", "ok", None, 3),
            entry("verify_audit", "ok", None, 1),
        ]
    );
    let (who, which, version): (Vec<u8>, Vec<u8>, u32) = outside
        .query_row("SELECT user, credential, version FROM audit WHERE seq = 6", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .unwrap();
    assert_eq!(who, user.as_uuid().as_bytes());
    assert_eq!(which, id.as_uuid().as_bytes());
    assert_eq!(version, 1);
    let report = verify_audit_file(&folder.path().join("vault.db"), None, &[]).unwrap();
    assert_eq!(report.entries, 10);
    assert_eq!(report.last_at, Some(nija_core::Clock::now(&setup.clock)));
}

#[tokio::test]
async fn entries_cannot_be_changed_deleted_or_replaced() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    busy(&setup, folder.path()).await;
    let outside = intruder(folder.path());
    for attempt in [
        "UPDATE audit SET outcome = 'ok' WHERE seq = 2",
        "DELETE FROM audit WHERE seq = 2",
        "DELETE FROM audit",
        "INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE seq = 2",
        "INSERT INTO audit SELECT seq + 1000, format, at, action, outcome, user, venue, credential, version, purpose,
         count, detail, previous, hash, actor, origin FROM audit WHERE seq = 2",
    ] {
        let error = outside.execute(attempt, []).unwrap_err().to_string();
        assert!(error.contains("append-only"), "{attempt}: {error}");
    }
    verify_audit_file(&folder.path().join("vault.db"), None, &[]).unwrap();
}

/// By whom where that was not the owner, and from where; what nobody asked for is the process's.
#[tokio::test]
async fn the_log_says_who_asked_and_from_where() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let (user, vault) = (setup.user(), open(&setup, folder.path()));
    let api = Caller::from("api 203.0.113.7");
    api.clone().by(&user.to_string()).asks(store(&setup, &vault, user)).await;
    api.by("somebody else").asks(vault.list(user)).await.unwrap();
    let rewrap = async { nija_vault::KeyRotation::rotate(&vault).await };
    Caller::from("cli").by("uid 1000").asks(rewrap).await.unwrap();
    let held = signer(&vault, user).await;
    balance(held.as_ref()).await.unwrap();
    let withdraw = held.sign(request("one", Method::Post, "/withdraw"));
    Caller::from("upkeep\n").asks(withdraw).await.unwrap_err();
    // What a lease signed is counted for all who held it, whoever ends it.
    Caller::from("api 203.0.113.8").asks(vault.revoke(user, held.credential())).await.unwrap();
    vault.close().await;
    let file = folder.path().join("vault.db");
    let mut told = Vec::new();
    nija_vault::each_audit_record(&file.clone().into(), &mut |it| {
        told.push((it.action, it.origin, it.actor));
    })
    .unwrap();
    let told: Vec<_> = told
        .iter()
        .map(|(action, origin, actor)| (action.as_str(), origin.as_deref().unwrap(), actor.as_deref()))
        .collect();
    assert_eq!(
        told,
        [
            ("create_vault", "process", None),
            ("store", "api 203.0.113.7", None),
            ("list", "api 203.0.113.7", Some("somebody else")),
            ("rotate_keys", "cli", Some("uid 1000")),
            ("open", "process", None),
            ("sign", "upkeep", None),
            ("revoke", "api 203.0.113.8", None),
            ("sign", "process", None),
        ]
    );
    verify_audit_file(&file, None, &[]).unwrap();
}

#[tokio::test]
async fn a_chain_that_was_tampered_with_is_found_at_the_very_entry() {
    let columns = [
        "at = at + 1",
        "action = 'store2'",
        "outcome = 'refused'",
        "user = x'00112233445566778899aabbccddeeff'",
        "user = NULL",
        "venue = 'two'",
        "credential = x'00112233445566778899aabbccddeeff'",
        "version = coalesce(version, 0) + 1",
        "purpose = ''",
        "count = count + 1",
        "count = -1",
        "detail = ''",
        "hash = zeroblob(32)",
        "hash = x'00'",
        "previous = zeroblob(32)",
        "format = 1",
        "format = 3",
        "actor = ''",
        "origin = 'cli'",
        "origin = NULL",
    ];
    let changes = columns.map(|set| format!("UPDATE audit SET {set} WHERE seq = 4"));
    let others = [
        "DELETE FROM audit WHERE seq = 4".to_owned(),
        "UPDATE audit SET seq = seq + 100 WHERE seq >= 4".to_owned(),
        "UPDATE audit SET seq = -1 WHERE seq = 4; UPDATE audit SET seq = 4 WHERE seq = 5;
         UPDATE audit SET seq = 5 WHERE seq = -1"
            .to_owned(),
    ];
    let (setup, pristine) = (Setup::new(), tempfile::tempdir().unwrap());
    busy(&setup, pristine.path()).await;
    for tampering in changes.iter().chain(&others) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("vault.db");
        let copy = format!("VACUUM INTO '{}'", file.display());
        intruder(pristine.path()).execute_batch(&copy).unwrap();
        verify_audit_file(&file, None, &[]).unwrap();
        let outside = intruder(folder.path());
        outside
            .execute_batch(&format!(
                "DROP TRIGGER audit_is_never_updated; DROP TRIGGER audit_is_never_deleted; {tampering}"
            ))
            .unwrap();
        let verdict = verify_audit_file(&file, None, &[]);
        assert!(matches!(verdict, Err(VaultError::AuditBroken { seq: 4, .. })), "{tampering}: {verdict:?}");
    }
}

#[tokio::test]
async fn a_change_that_cannot_be_recorded_does_not_happen() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let (user, vault) = (setup.user(), open(&setup, folder.path()));
    let blob = sealed(&vault, user, &venue("one"), "key", "secret").await.unwrap();
    intruder(folder.path()).execute_batch("ALTER TABLE audit RENAME TO elsewhere").unwrap();
    let stored = vault.store(user, &venue("one"), "", &blob).await;
    assert!(matches!(stored, Err(VaultError::Storage(_))));
    intruder(folder.path()).execute_batch("ALTER TABLE elsewhere RENAME TO audit").unwrap();
    assert!(vault.list(user).await.unwrap().is_empty());
    vault.store(user, &venue("one"), "", &blob).await.unwrap();
    vault.verify_audit().await.unwrap();
}

#[test]
fn a_file_that_is_no_vault_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let missing = verify_audit_file(&folder.path().join("none.db"), None, &[]);
    assert!(matches!(missing, Err(VaultError::Storage(_))));
    let file = folder.path().join("text.db");
    std::fs::write(&file, "not a database, but long enough to be looked at as one".repeat(50)).unwrap();
    assert!(matches!(verify_audit_file(&file, None, &[]), Err(VaultError::Storage(_))));
}

#[tokio::test]
async fn an_unlock_that_cannot_be_recorded_does_not_happen() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let (user, vault, at) = (setup.user(), open(&setup, folder.path()), venue("one"));
    let (unlock, to) = (UnlockKey::new("twelve words").unwrap(), vault.sealing_key().await.unwrap());
    let blob = unlock.seal_credential(&to, user, &at, "key", "secret", None).unwrap();
    vault.store_locked(user, &at, "mine", &blob, unlock.derivation().clone()).await.unwrap();
    let outside = intruder(folder.path());
    let full = "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'full'); END";
    outside.execute_batch(full).unwrap();
    let (key, until) = (unlock.seal_unlock(&to, user, &at).unwrap(), setup.clock.now().plus(HOUR));
    let unlocked = vault.unlock(user, &at, &key, until).await;
    assert!(matches!(unlocked, Err(VaultError::Storage(_))), "{unlocked:?}");
    assert_eq!(vault.books().unlocked_until(user, &at), None);
    outside.execute_batch("DROP TRIGGER full").unwrap();
    let opened = vault.open(user, &at, OpenPurpose::Trade).await;
    assert!(matches!(opened, Err(VaultError::Locked { .. })), "{opened:?}");
    vault.unlock(user, &at, &key, until).await.unwrap();
    vault.open(user, &at, OpenPurpose::Trade).await.unwrap();
}

#[tokio::test]
async fn readings_of_metadata_are_on_record_those_that_failed_too() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let (user, vault) = (setup.user(), open(&setup, folder.path()));
    store(&setup, &vault, user).await;
    let most = Some("100".parse().unwrap());
    let policy = OrderPolicy { pairs: [].into(), max_order: most, max_buys_per_hour: None };
    vault.set_policy(user, Some(policy)).await.unwrap();
    let outside = intruder(folder.path());
    outside.execute_batch("DELETE FROM policies").unwrap();
    assert!(matches!(vault.policy(user).await, Err(VaultError::Policy(_))));
    assert!(vault.derivation(user, &venue("one")).await.is_err());
    vault.verify_audit().await.unwrap();
    let found = entries(&outside);
    for action in ["read_policy", "read_derivation"] {
        assert!(found.contains(&entry(action, "refused", None, 1)), "{action}: {found:?}");
    }
}

/// What the log says is put back, and vouched for: not what somebody wrote into it.
#[tokio::test]
async fn a_log_that_was_tampered_with_rewinds_nothing() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let (user, vault) = (setup.user(), open(&setup, folder.path()));
    store(&setup, &vault, user).await;
    let id = vault.list(user).await.unwrap()[0].id;
    vault.revoke(user, id).await.unwrap();
    vault.checkpoint().await.unwrap();
    let outside = intruder(folder.path());
    let triggers: Vec<String> = {
        let mut read = outside.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").unwrap();
        read.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    triggers.iter().for_each(|name| outside.execute_batch(&format!("DROP TRIGGER {name}")).unwrap());
    outside.execute_batch("UPDATE audit SET action = 'list' WHERE action = 'revoke'").unwrap();
    let last: u64 = outside
        .query_row("SELECT max(seq) FROM audit", [], |row| row.get::<_, i64>(0))
        .unwrap()
        .unsigned_abs();
    let rewound = vault.rewind(Point::Entry(last)).await;
    assert!(matches!(rewound, Err(VaultError::AuditBroken { .. })), "{rewound:?}");
    let opened = vault.open(user, &venue("one"), OpenPurpose::Trade).await;
    assert!(matches!(opened, Err(VaultError::NoCredential { .. })), "{opened:?}");
}
