//! Tables that are not what they should be are drawn anew.

use nija_core::{JournalEvent, Ledger, PageRequest};
use rusqlite::Connection;
use std::path::Path;

use crate::{SqliteLedger, encode::Encoded, testing::Events};

fn raw(path: &Path) -> Connection {
    Connection::open(path).unwrap()
}

/// A ledger of one user who is paused and has two orders.
async fn written(path: &Path) -> Events {
    let events = Events::new(1);
    let ledger = SqliteLedger::open(path).unwrap();
    append(&ledger, &events, "a-1").await;
    append(&ledger, &events, "a-2").await;
    ledger.append(events.batch(vec![JournalEvent::Paused { paused: true }])).await.unwrap();
    ledger.close().await;
    events
}

async fn append(ledger: &SqliteLedger, events: &Events, id: &str) {
    let batch = events.batch(vec![Events::accepted(&events.intent(id, "BTC-USD"))]);
    ledger.append(batch).await.unwrap();
}

async fn is_whole(path: &Path, events: &Events, orders: usize) {
    let ledger = SqliteLedger::open(path).unwrap();
    let all = PageRequest { before: None, limit: 100 };
    assert_eq!(ledger.orders(events.user, None, all).await.unwrap().rows.len(), orders);
    assert_eq!(ledger.verify_projections().await, Ok(vec![]));
    ledger.close().await;
}

#[tokio::test]
async fn tables_that_are_missing_damaged_or_of_another_version_are_drawn_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let tables = super::path(&path);
    let events = written(&path).await;
    std::fs::remove_file(&tables).unwrap();
    is_whole(&path, &events, 2).await;
    std::fs::write(&tables, "no database at all ".repeat(1000)).unwrap();
    is_whole(&path, &events, 2).await;
    raw(&tables).execute_batch("DROP TABLE orders; PRAGMA user_version = 0").unwrap();
    is_whole(&path, &events, 2).await;
    raw(&tables).execute_batch("DELETE FROM orders; PRAGMA user_version = 999").unwrap();
    is_whole(&path, &events, 2).await;
}

#[tokio::test]
async fn tables_of_another_ledger_or_of_a_later_time_are_drawn_anew() {
    let folder = tempfile::tempdir().unwrap();
    let (path, other) = (folder.path().join("ledger.db"), folder.path().join("other.db"));
    let events = written(&path).await;
    let backup = folder.path().join("backup.db");
    raw(&path).execute("VACUUM INTO ?1", [backup.to_str().unwrap()]).unwrap();
    let ledger = SqliteLedger::open(&path).unwrap();
    append(&ledger, &events, "a-3").await;
    ledger.close().await;
    is_whole(&path, &events, 3).await;
    // An older copy of the journal is put back; the tables stay.
    std::fs::rename(&backup, &path).unwrap();
    is_whole(&path, &events, 2).await;

    written(&other).await;
    std::fs::copy(super::path(&other), super::path(&path)).unwrap();
    raw(&super::path(&path)).execute("UPDATE orders SET state = 'filled'", []).unwrap();
    is_whole(&path, &events, 2).await;
}

#[tokio::test]
async fn a_file_that_held_both_is_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let events = Events::new(1);
    {
        let old = raw(&path);
        for sql in [
            include_str!("../migrations/0001_journal.sql"),
            include_str!("../migrations/0002_projected.sql"),
            include_str!("../migrations/0003_kill_switches.sql"),
            include_str!("../migrations/0004_children.sql"),
            include_str!("../migrations/0005_user_entries.sql"),
            include_str!("../migrations/0006_protections.sql"),
            include_str!("../migrations/0007_risk_settings.sql"),
            "PRAGMA user_version = 7",
        ] {
            old.execute_batch(sql).unwrap();
        }
        for (seq, id) in [(1, "a-1"), (2, "a-2")] {
            let batch = events.batch(vec![Events::accepted(&events.intent(id, "BTC-USD"))]);
            let at = batch.at.micros();
            let body = &Encoded::new(batch).unwrap().bodies[0];
            let sql =
                "INSERT INTO journal (seq, user, at, type, body) VALUES (?1, ?2, ?3, 'intent_accepted', ?4)";
            let user = events.user;
            old.execute(sql, rusqlite::params![seq, user.as_uuid().as_bytes(), at, body]).unwrap();
        }
        old.execute("INSERT INTO nonces VALUES (x'00112233445566778899aabbccddeeff', 700)", []).unwrap();
    }
    is_whole(&path, &events, 2).await;
    let kept: i64 = raw(&path).query_row("SELECT next FROM nonces", [], |row| row.get(0)).unwrap();
    assert_eq!(kept, 700, "nonces never go back");
}
