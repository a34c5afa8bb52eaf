//! Checkpoints, proofs, and the second sink of the audit log.

use nija_core::{Vault, VaultError};
use nija_vault::testing::{Setup, sealed, venue};
use nija_vault::{
    AuditRecord, Checkpoint, LocalVault, LocalVaultConfig, checkpoints_of_log, prove_audit_entry,
    verify_audit_file, verify_audit_log,
};
use rusqlite::{Connection, params};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::common::{balance, config, intruder, open, signer, store};

fn database(folder: &Path) -> PathBuf {
    folder.join("vault.db")
}

fn pinned(vault: &LocalVault) -> [u8; 32] {
    hex::decode(vault.keys().identity).unwrap().try_into().unwrap()
}

/// A vault with some entries behind a checkpoint, and the key that signed.
async fn signed_vault(setup: &Setup, folder: &Path) -> [u8; 32] {
    let (user, vault) = (setup.user(), open(setup, folder));
    for _ in 0..5 {
        store(setup, &vault, user).await;
        balance(signer(&vault, user).await.as_ref()).await.unwrap();
    }
    let key = pinned(&vault);
    vault.close().await;
    key
}

/// The database without what stands in an intruder's way.
fn unguarded(folder: &Path) -> Connection {
    let outside = intruder(folder);
    drop_triggers(&outside);
    outside
}

pub(crate) fn drop_triggers(outside: &Connection) {
    outside
        .execute_batch(
            "DROP TRIGGER audit_is_never_updated; DROP TRIGGER audit_is_never_deleted; DROP TRIGGER audit_only_grows;
             DROP TRIGGER checkpoints_are_never_updated; DROP TRIGGER checkpoints_are_never_deleted;
             DROP TRIGGER checkpoints_only_grow;",
        )
        .unwrap();
}

fn entry_of(row: &rusqlite::Row<'_>) -> AuditRecord {
    AuditRecord {
        seq: row.get::<_, i64>(0).unwrap().unsigned_abs(),
        format: row.get(1).unwrap(),
        at_micros: row.get(2).unwrap(),
        action: row.get(3).unwrap(),
        outcome: row.get(4).unwrap(),
        user: row.get(5).unwrap(),
        venue: row.get(6).unwrap(),
        credential: row.get(7).unwrap(),
        version: row.get(8).unwrap(),
        purpose: row.get(9).unwrap(),
        count: row.get::<_, i64>(10).unwrap().unsigned_abs(),
        detail: row.get(11).unwrap(),
        previous: row.get(12).unwrap(),
        actor: row.get(14).unwrap(),
        origin: row.get(15).unwrap(),
    }
}

/// What someone does who knows how the chain is made: takes an entry out and makes every hash after it anew.
fn rebuild_without(outside: &Connection, seq: i64) {
    outside.execute("DELETE FROM audit WHERE seq = ?1", [seq]).unwrap();
    let rows: Vec<_> = outside
        .prepare("SELECT * FROM audit ORDER BY seq")
        .unwrap()
        .query_map([], |row| Ok(entry_of(row)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let mut head = [0u8; 32];
    for (place, mut entry) in rows.into_iter().enumerate() {
        let old = entry.seq;
        entry.seq = place as u64 + 1;
        entry.previous = head;
        head = entry.hash().unwrap();
        outside
            .execute(
                "UPDATE audit SET seq = ?2, previous = ?3, hash = ?4 WHERE seq = ?1",
                params![old as i64, entry.seq as i64, entry.previous, head],
            )
            .unwrap();
    }
}

#[tokio::test]
async fn a_vault_signs_for_its_log_when_it_closes_and_all_of_it_is_compared() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let key = signed_vault(&setup, folder.path()).await;
    let report = verify_audit_file(&database(folder.path()), Some(&key), &[]).unwrap();
    assert!(report.entries >= 11, "{report:?}");
    assert_eq!((report.checkpoints, report.signed_entries), (1, report.entries));
    assert_eq!(report.signer, Some(hex::encode(key)));
    let stranger = [7u8; 32];
    let refused = verify_audit_file(&database(folder.path()), Some(&stranger), &[]);
    assert!(matches!(refused, Err(VaultError::AuditBroken { .. })));
}

#[tokio::test]
async fn what_is_done_behind_a_checkpoint_is_found_even_by_someone_who_makes_the_chain_anew() {
    type Attack = (&'static str, fn(&Connection));
    let attacks: [Attack; 6] = [
        ("cut off", |outside| {
            outside.execute("DELETE FROM audit WHERE seq >= (SELECT max(seq) FROM audit)", []).unwrap();
        }),
        ("cut to nothing", |outside| {
            outside.execute("DELETE FROM audit", []).unwrap();
        }),
        ("taken out and rebuilt", |outside| rebuild_without(outside, 4)),
        ("the last taken out and one put in its place", |outside| {
            rebuild_without(outside, 5);
            let (mut entry, head) = outside
                .query_row("SELECT * FROM audit ORDER BY seq DESC LIMIT 1", [], |row| {
                    Ok((entry_of(row), row.get::<_, [u8; 32]>(13)?))
                })
                .unwrap();
            entry.seq += 1;
            entry.previous = head;
            outside
                .execute(
                    "INSERT INTO audit SELECT ?1, format, at, action, outcome, user, venue, credential, version, purpose,
                     count, detail, ?2, ?3, actor, origin FROM audit WHERE seq = ?1 - 1",
                    params![entry.seq as i64, entry.previous, entry.hash().unwrap()],
                )
                .unwrap();
        }),
        ("the checkpoint's tree changed", |outside| {
            outside.execute("UPDATE checkpoints SET root = zeroblob(32)", []).unwrap();
        }),
        ("the checkpoint moved", |outside| {
            outside.execute("UPDATE checkpoints SET entries = entries - 1", []).unwrap();
        }),
    ];
    let setup = Setup::new();
    for (name, attack) in attacks {
        let folder = tempfile::tempdir().unwrap();
        let key = signed_vault(&setup, folder.path()).await;
        attack(&unguarded(folder.path()));
        let verdict = verify_audit_file(&database(folder.path()), Some(&key), &[]);
        assert!(matches!(verdict, Err(VaultError::AuditBroken { .. })), "{name}: {verdict:?}");
        // Without a pinned key as well: the checkpoint that is there still speaks.
        let verdict = verify_audit_file(&database(folder.path()), None, &[]);
        assert!(matches!(verdict, Err(VaultError::AuditBroken { .. })), "{name}: {verdict:?}");
    }
}

#[tokio::test]
async fn checkpoints_cannot_be_changed_or_taken_away() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    signed_vault(&setup, folder.path()).await;
    let outside = intruder(folder.path());
    for attempt in [
        "UPDATE checkpoints SET at = 0",
        "DELETE FROM checkpoints",
        "INSERT OR REPLACE INTO checkpoints SELECT * FROM checkpoints",
        "INSERT INTO checkpoints SELECT entries - 1, at, head, root, signer, signature, frontier FROM checkpoints",
    ] {
        let error = outside.execute(attempt, []).unwrap_err().to_string();
        assert!(error.contains("append-only"), "{attempt}: {error}");
    }
}

#[tokio::test]
async fn a_proof_holds_for_its_entry_alone() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let key = signed_vault(&setup, folder.path()).await;
    let entries = verify_audit_file(&database(folder.path()), None, &[]).unwrap().entries;
    for seq in 1..=entries {
        let proof = prove_audit_entry(&database(folder.path()).into(), seq).unwrap();
        assert!(proof.checkpoint.is_signed_by(&key));
        let path: Vec<u8> = proof.path.iter().flat_map(|node| hex::decode(node).unwrap()).collect();
        let path = ct_merkle::InclusionProof::<sha2::Sha256>::try_from_bytes(path).unwrap();
        let root =
            ct_merkle::RootHash::<sha2::Sha256>::new(proof.checkpoint.root.into(), proof.checkpoint.entries);
        root.verify_inclusion(&proof.entry.hash().unwrap(), seq - 1, &path).unwrap();
        let mut changed = proof.entry.clone();
        changed.count += 1;
        assert!(root.verify_inclusion(&changed.hash().unwrap(), seq - 1, &path).is_err());
    }
    for missing in [0, entries + 1, u64::MAX] {
        assert!(matches!(
            prove_audit_entry(&database(folder.path()).into(), missing),
            Err(VaultError::Storage(_))
        ));
    }
}

fn with_file(setup: &Setup, folder: &Path, file: &Path) -> LocalVault {
    let config = LocalVaultConfig { audit_file: Some(file.to_owned()), ..config(setup, folder) };
    LocalVault::open(config).unwrap()
}

#[tokio::test]
async fn the_log_file_holds_the_same_chain_and_outlives_a_database_that_was_tampered_with() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let file = folder.path().join("audit.log");
    let user = setup.user();
    for _ in 0..3 {
        let vault = with_file(&setup, folder.path(), &file);
        store(&setup, &vault, user).await;
        balance(signer(&vault, user).await.as_ref()).await.unwrap();
        vault.close().await;
    }
    let of_database = verify_audit_file(&database(folder.path()), None, &[]).unwrap();
    let of_file = verify_audit_log(&file, None).unwrap();
    assert_eq!(of_file, of_database);
    assert_eq!(of_file.checkpoints, 3);
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    // Entries and every checkpoint over them taken out of the database: the file's checkpoints tell.
    let outside = unguarded(folder.path());
    outside.execute_batch("DELETE FROM checkpoints; DELETE FROM audit WHERE seq > 3").unwrap();
    verify_audit_file(&database(folder.path()), None, &[]).unwrap();
    let kept: Vec<Checkpoint> = checkpoints_of_log(&file).unwrap();
    let verdict = verify_audit_file(&database(folder.path()), None, &kept);
    assert!(matches!(verdict, Err(VaultError::AuditBroken { seq: 4, .. })), "{verdict:?}");
    // And the other way round.
    let text = std::fs::read_to_string(&file).unwrap();
    let shorter: Vec<_> =
        text.lines().enumerate().filter(|(number, _)| *number != 2).map(|(_, line)| line).collect();
    std::fs::write(&file, shorter.join("\n") + "\n").unwrap();
    assert!(matches!(verify_audit_log(&file, None), Err(VaultError::AuditBroken { seq: 3, .. })));
}

/// A database that was put back would fill up to where the file ends before the file heard of anything again.
#[tokio::test]
async fn a_log_file_that_the_database_fell_behind_raises_an_alarm() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let (user, file) = (setup.user(), folder.path().join("audit.log"));
    let vault = with_file(&setup, folder.path(), &file);
    store(&setup, &vault, user).await;
    let back = tempfile::tempdir().unwrap();
    let keep = format!("VACUUM INTO '{}'", database(back.path()).display());
    intruder(folder.path()).execute_batch(&keep).unwrap();
    std::fs::copy(folder.path().join("vault.key"), back.path().join("vault.key")).unwrap();
    for _ in 0..3 {
        store(&setup, &vault, user).await;
    }
    vault.close().await;
    // As it was before, beside the file that goes on; what follows is of another time.
    setup.clock.advance(Duration::from_secs(1));
    let vault = with_file(&setup, back.path(), &file);
    for _ in 0..20 {
        store(&setup, &vault, user).await;
    }
    let error = || vault.health().file.unwrap().error;
    until("the file says that it is of another history", || {
        error().is_some_and(|error| error.contains("the log file has another entry there"))
    });
    // Kept elsewhere, it is begun anew with all that the database has.
    std::fs::rename(&file, folder.path().join("audit.log.1")).unwrap();
    until("a new file is begun", || error().is_none());
    vault.close().await;
    let of_database = verify_audit_file(&database(back.path()), None, &[]).unwrap();
    assert_eq!(verify_audit_log(&file, None).unwrap(), of_database);
}

/// Waits for something that another thread brings about.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(60), "never happened: {what}");
        std::thread::yield_now();
    }
}

#[tokio::test]
async fn a_log_file_that_blocks_or_refuses_raises_an_alarm_and_signing_goes_on() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let user = setup.user();
    // A pipe that nobody reads blocks whoever opens it; a folder refuses.
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let vault = with_file(&setup, folder.path(), &pipe);
    store(&setup, &vault, user).await;
    for _ in 0..1100 {
        vault.list(user).await.unwrap();
    }
    balance(signer(&vault, user).await.as_ref()).await.unwrap();
    vault.verify_audit().await.unwrap();
    let health = vault.health();
    let file = health.file.unwrap();
    assert_eq!(
        (health.database, file.written, file.is_far_behind),
        (None, 0, true),
        "a pipe blocks without an error"
    );
    drop(vault);
    let refusing = folder.path().join("log");
    std::fs::create_dir(&refusing).unwrap();
    let vault = with_file(&setup, folder.path(), &refusing);
    store(&setup, &vault, user).await;
    until("an alarm", || vault.health().file.unwrap().error.is_some());
    balance(signer(&vault, user).await.as_ref()).await.unwrap();
    // When the file takes entries again it gets all that it missed.
    std::fs::remove_dir(&refusing).unwrap();
    store(&setup, &vault, user).await;
    until("the end of the alarm", || vault.health().file.unwrap().error.is_none());
    vault.close().await;
    let of_file = verify_audit_log(&refusing, None).unwrap();
    assert_eq!(of_file, verify_audit_file(&database(folder.path()), None, &[]).unwrap());
}

#[tokio::test]
async fn a_database_that_takes_no_entries_raises_an_alarm_and_signing_goes_on() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let (user, file) = (setup.user(), folder.path().join("audit.log"));
    let vault = with_file(&setup, folder.path(), &file);
    store(&setup, &vault, user).await;
    let outside = intruder(folder.path());
    outside
        .execute_batch(
            "CREATE TRIGGER disk_full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'disk full'); END",
        )
        .unwrap();
    // Cold and cached, the exits go through; a change does not.
    for _ in 0..3 {
        setup.clock.advance(Duration::from_secs(301));
        balance(signer(&vault, user).await.as_ref()).await.unwrap();
    }
    let blob = sealed(&vault, user, &venue("one"), "key", "secret").await.unwrap();
    assert!(matches!(vault.store(user, &venue("one"), "", &blob).await, Err(VaultError::Storage(_))));
    until("an alarm", || vault.health().database.is_some() && vault.health().waiting >= 3);
    until("pending lines", || {
        std::fs::read_to_string(&file).is_ok_and(|text| text.matches("\"pending\"").count() >= 3)
    });
    outside.execute_batch("DROP TRIGGER disk_full").unwrap();
    vault.store(user, &venue("one"), "", &blob).await.unwrap();
    until("the end of the alarm", || vault.health().database.is_none());
    vault.close().await;
    let of_database = verify_audit_file(&database(folder.path()), None, &[]).unwrap();
    let opened: i64 =
        outside.query_row("SELECT count(*) FROM audit WHERE action = 'open'", [], |row| row.get(0)).unwrap();
    assert_eq!(opened, 3, "what waited is in the log");
    assert_eq!(verify_audit_log(&file, None).unwrap(), of_database);
}

/// A crash in the middle of a line, and after lines that the database has and the file has not.
#[tokio::test]
async fn a_log_file_that_was_cut_off_in_a_line_goes_on_behind_the_last_whole_one() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let (user, file) = (setup.user(), folder.path().join("audit.log"));
    let vault = with_file(&setup, folder.path(), &file);
    for _ in 0..3 {
        store(&setup, &vault, user).await;
    }
    vault.close().await;
    let whole = std::fs::read(&file).unwrap();
    let third_last =
        whole.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at).rev().nth(3);
    for cut in [whole.len() - 1, whole.len() - 40, third_last.unwrap() + 30, third_last.unwrap() + 1, 20, 0] {
        std::fs::write(&file, &whole[..cut]).unwrap();
        let vault = with_file(&setup, folder.path(), &file);
        store(&setup, &vault, user).await;
        vault.close().await;
        let report = verify_audit_file(&database(folder.path()), None, &[]).unwrap();
        assert_eq!(verify_audit_log(&file, None).unwrap(), report, "cut at {cut}");
    }
}

/// A million entries; `cargo test -p nija-vault --test it long_log -- --nocapture` prints how long it took, and `cargo bench -p nija-vault
/// --bench audit` measures it.
#[tokio::test]
async fn a_long_log_is_verified_and_proven_in_a_walk() {
    let count: u64 = std::env::var("NIJA_ENTRIES").map_or(1_000_000, |text| text.parse().unwrap());
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let key = signed_vault(&setup, folder.path()).await;
    let mut outside = intruder(folder.path());
    let (mut seq, mut head) = outside
        .query_row("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1", [], |row| {
            Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get::<_, [u8; 32]>(1)?))
        })
        .unwrap();
    let adding = outside.transaction().unwrap();
    while seq < count {
        seq += 1;
        let record = AuditRecord {
            format: 2,
            seq,
            at_micros: 1_700_000_000_000_000 + seq as i64,
            action: "sign".into(),
            outcome: "ok".into(),
            user: Some([1; 16]),
            venue: Some("one".into()),
            credential: Some([2; 16]),
            version: Some(1),
            purpose: None,
            count: 1,
            detail: None,
            actor: None,
            origin: Some("process".into()),
            previous: head,
        };
        head = record.hash().unwrap();
        adding
            .prepare_cached(
                "INSERT INTO audit VALUES (?1, 2, ?2, 'sign', 'ok', ?3, 'one', ?4, 1, NULL, 1, NULL, ?5, ?6, NULL, 'process')",
            )
            .unwrap()
            .execute(params![
                seq as i64,
                record.at_micros,
                record.user,
                record.credential,
                record.previous,
                head
            ])
            .unwrap();
    }
    adding.commit().unwrap();
    let vault = open(&setup, folder.path());
    let start = Instant::now();
    vault.checkpoint().await.unwrap();
    let signing = start.elapsed();
    let start = Instant::now();
    let report = verify_audit_file(&database(folder.path()), Some(&key), &[]).unwrap();
    let verifying = start.elapsed();
    assert_eq!((report.entries, report.signed_entries), (count, count));
    let start = Instant::now();
    let proof = vault.prove_audit_entry(count / 2).await.unwrap();
    println!("{count} entries: checkpoint {signing:?}, verified {verifying:?}, proof {:?}", start.elapsed());
    assert_eq!(proof.entry.seq, count / 2);
    assert_eq!(proof.path.len(), count.next_power_of_two().trailing_zeros() as usize);
}
