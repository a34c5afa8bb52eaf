//! Whatever someone does to the log who can write the database, knows how the chain is made, and has no key: behind a checkpoint it is
//! found, on both databases.

use nija_core::VaultError;
use nija_vault::testing::Setup;
use nija_vault::{
    AuditRecord, Checkpoint, LocalVault, VaultDatabase, each_audit_record, prove_audit_entry, verify_audit,
};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};

use crate::common::{PostgresDatabase, balance, intruder, open, signer, store};

/// An entry with the hash that is written beside it.
type Written = (AuditRecord, [u8; 32]);

#[derive(Debug, Clone)]
enum Deed {
    /// Another value in one field.
    Change(Index, u8, u8),
    Remove(Index),
    /// Two entries in each other's place.
    Swap(Index, Index),
    /// One more, a copy of another.
    Insert(Index, Index),
    /// The end is gone.
    Truncate(Index),
    /// The end is in the order of the beginning.
    Reverse,
}

fn deeds() -> impl Strategy<Value = (Deed, bool)> {
    let at = any::<Index>;
    let deed = prop_oneof![
        4 => (at(), 0u8..14, any::<u8>()).prop_map(|(at, field, by)| Deed::Change(at, field, by)),
        2 => at().prop_map(Deed::Remove),
        2 => (at(), at()).prop_map(|(one, two)| Deed::Swap(one, two)),
        1 => (at(), at()).prop_map(|(from, to)| Deed::Insert(from, to)),
        2 => at().prop_map(Deed::Truncate),
        1 => Just(Deed::Reverse),
    ];
    // Whether numbers, links and hashes are then made anew, as the chain would have them.
    (deed, any::<bool>())
}

fn change(record: &mut AuditRecord, field: u8, by: u8) {
    let text = || Some(format!("x{by}"));
    match field {
        0 => record.at_micros ^= i64::from(by) + 1,
        1 => record.action.push('x'),
        2 => record.outcome = if record.outcome == "ok" { "refused".into() } else { "ok".into() },
        3 => record.user = record.user.xor(Some([by; 16])),
        4 => record.venue = record.venue.take().xor(text()),
        5 => record.credential = record.credential.xor(Some([by; 16])),
        6 => record.version = record.version.xor(Some(u32::from(by))),
        7 => record.purpose = record.purpose.take().xor(text()),
        8 => record.count += u64::from(by) + 1,
        9 => record.detail = record.detail.take().xor(text()),
        10 => record.previous[usize::from(by) % 32] ^= 1,
        11 => record.actor = record.actor.take().xor(text()),
        12 => record.origin = record.origin.take().xor(text()),
        _ => record.format += 1,
    }
}

fn done(good: &[Written], deed: &Deed, anew: bool) -> Vec<Written> {
    let mut log = good.to_vec();
    match deed {
        Deed::Change(at, field, by) => change(&mut log[at.index(good.len())].0, *field, *by),
        Deed::Remove(at) => drop(log.remove(at.index(good.len()))),
        Deed::Swap(one, two) => {
            let (one, two) = (one.index(good.len()), two.index(good.len()));
            log.swap(one, two);
            // In each other's place, under that place's number.
            let seq = log[one].0.seq;
            log[one].0.seq = log[two].0.seq;
            log[two].0.seq = seq;
        }
        Deed::Insert(from, to) => {
            let mut copy = log[from.index(good.len())].clone();
            copy.0.seq = log.len() as u64 + 1;
            log.insert(to.index(good.len()), copy);
        }
        Deed::Truncate(from) => log.truncate(from.index(good.len())),
        Deed::Reverse => {
            log.reverse();
            log.iter_mut().zip(1..).for_each(|((record, _), seq)| record.seq = seq);
        }
    }
    if anew {
        let mut head = [0; 32];
        for ((record, hash), seq) in log.iter_mut().zip(1..) {
            (record.seq, record.previous) = (seq, head);
            // Of a format that nobody knows: as it is.
            head = record.hash().unwrap_or(*hash);
            *hash = head;
        }
    }
    log
}

/// The statements that make the table hold this.
fn script(log: &[Written], blob: &dyn Fn(&[u8]) -> String) -> String {
    let text = |text: Option<&String>| {
        text.map_or("NULL".to_owned(), |text| format!("'{}'", text.replace('\'', "''")))
    };
    let bytes = |bytes: Option<&[u8; 16]>| bytes.map_or("NULL".to_owned(), |bytes| blob(bytes));
    let mut script = "DELETE FROM audit;".to_owned();
    for (record, hash) in log {
        script += &format!(
            r#"INSERT INTO audit (seq, format, at, action, outcome, "user", venue, credential, version, purpose, count,
               detail, previous, hash, actor, origin) VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {});"#,
            record.seq,
            record.format,
            record.at_micros,
            text(Some(&record.action)),
            text(Some(&record.outcome)),
            bytes(record.user.as_ref()),
            text(record.venue.as_ref()),
            bytes(record.credential.as_ref()),
            record.version.map_or("NULL".to_owned(), |version| version.to_string()),
            text(record.purpose.as_ref()),
            record.count,
            text(record.detail.as_ref()),
            blob(&record.previous),
            blob(hash),
            text(record.actor.as_ref()),
            text(record.origin.as_ref()),
        );
    }
    script
}

/// A log with some entries behind a checkpoint; answers with the vault's key.
async fn fill(setup: &Setup, vault: LocalVault) -> [u8; 32] {
    let user = setup.user();
    for _ in 0..6 {
        store(setup, &vault, user).await;
        balance(signer(&vault, user).await.as_ref()).await.unwrap();
    }
    let pinned = hex::decode(vault.keys().identity).unwrap().try_into().unwrap();
    vault.close().await;
    pinned
}

fn every_deed_is_found(
    database: &VaultDatabase,
    pinned: &[u8; 32],
    cases: u32,
    blob: &dyn Fn(&[u8]) -> String,
    run: &dyn Fn(&str),
) {
    let mut good: Vec<Written> = Vec::new();
    each_audit_record(database, &mut |record| {
        let hash = record.hash().unwrap();
        good.push((record, hash));
    })
    .unwrap();
    let verify = |kept: &[Checkpoint]| verify_audit(database, Some(pinned), kept, &mut |_| ());
    let report = verify(&[]).unwrap();
    assert_eq!((report.entries, report.signed_entries), (good.len() as u64, good.len() as u64));
    let kept = prove_audit_entry(database, 1).unwrap().checkpoint;
    let mut runner = TestRunner::new(Config { cases, ..Config::default() });
    let outcome = runner.run(&(deeds(), any::<bool>()), |((deed, anew), checkpoints_too)| {
        let bad = done(&good, &deed, anew);
        // An entry that is appended behind all others is behind no checkpoint: the report's `signed_entries` tell.
        prop_assume!(!bad.starts_with(&good));
        run(&script(&bad, blob));
        if checkpoints_too {
            run("CREATE TABLE kept AS SELECT * FROM checkpoints; DELETE FROM checkpoints;");
        }
        // Where the vault's own checkpoints were deleted as well, one that was kept elsewhere finds it.
        let kept = if checkpoints_too { std::slice::from_ref(&kept) } else { &[] };
        let verdict = verify(kept);
        if checkpoints_too {
            run("INSERT INTO checkpoints SELECT * FROM kept; DROP TABLE kept;");
        }
        prop_assert!(matches!(verdict, Err(VaultError::AuditBroken { .. })), "{:?}", verdict);
        Ok(())
    });
    outcome.unwrap();
    run(&script(&good, blob));
    assert_eq!(verify(&[]).unwrap(), report);
}

#[tokio::test]
async fn every_deed_behind_a_checkpoint_is_found_in_sqlite() {
    let (setup, folder) = (Setup::new(), tempfile::tempdir().unwrap());
    let pinned = fill(&setup, open(&setup, folder.path())).await;
    let outside = intruder(folder.path());
    crate::checkpoints::drop_triggers(&outside);
    let database = VaultDatabase::Sqlite(folder.path().join("vault.db"));
    let blob = |bytes: &[u8]| format!("x'{}'", hex::encode(bytes));
    let run = |script: &str| outside.execute_batch(&format!("BEGIN; {script} COMMIT;")).unwrap();
    every_deed_is_found(&database, &pinned, 400, &blob, &run);
}

#[tokio::test]
async fn every_deed_behind_a_checkpoint_is_found_in_postgresql() {
    let Some(postgres) = PostgresDatabase::make() else { return };
    let setup = Setup::new();
    let pinned = fill(&setup, postgres.open_vault(&setup)).await;
    let run = |script: &str| {
        postgres.run(&format!("SET search_path TO nija_vault; BEGIN; {script} COMMIT;")).unwrap();
    };
    run("ALTER TABLE audit DISABLE TRIGGER ALL; ALTER TABLE checkpoints DISABLE TRIGGER ALL;");
    let database = VaultDatabase::Postgres(postgres.url().into());
    let blob = |bytes: &[u8]| format!("'\\x{}'::bytea", hex::encode(bytes));
    every_deed_is_found(&database, &pinned, 100, &blob, &run);
}
