//! A journal that is tampered with, a second process, and damaged files.

use nija_core::{JournalEvent, Ledger, LedgerError};
use nija_ledger::{SqliteLedger, testing::Events};

use crate::store::{Place, Store};

#[tokio::test]
async fn the_journal_refuses_changes_and_deletions() {
    let store = Store::new();
    let ledger = store.open();
    let events = Events::new(1);
    let batch = events.batch(vec![JournalEvent::Paused { paused: true }]);
    ledger.append(batch).await.unwrap();
    ledger.close().await;
    let raw = store.raw();
    for sql in [
        "UPDATE journal SET at = 0",
        "DELETE FROM journal",
        "REPLACE INTO journal (seq, user, at, type, body) VALUES (1, x'00', 0, 'paused', '{}')",
        "INSERT INTO journal (seq, user, at, type, body) VALUES (0, x'00', 0, 'paused', '{}')",
    ] {
        let error = raw.execute(sql, []).unwrap_err();
        assert!(error.to_string().contains("append-only"), "{sql}: {error}");
    }
}

#[tokio::test]
async fn a_second_opening_is_refused_until_the_first_is_closed() {
    let store = Store::new();
    let first = store.open();
    let error = SqliteLedger::open(&store.path()).unwrap_err().to_string();
    let process = std::process::id().to_string();
    assert!(error.contains("in use") && error.contains(&process), "{error}");
    first.close().await;
    let second = store.open();
    drop(second);
    store.open();
}

#[test]
fn a_file_that_is_no_ledger_is_refused_in_words() {
    let store = Store::new();
    std::fs::write(store.path(), "this is a letter, not a database".repeat(100)).unwrap();
    let error = SqliteLedger::open(&store.path()).unwrap_err().to_string();
    assert!(error.contains("damaged"), "{error}");
    let missing = store.path().join("no/such/folder/ledger.db");
    assert!(matches!(SqliteLedger::open(&missing), Err(LedgerError::Storage(_))));
}

/// Whoever can write the file can drop its guards; an entry that is gone is missed all the same.
#[tokio::test]
async fn an_entry_that_is_missing_from_the_journal_is_found() {
    let (store, events) = (Store::new(), Events::new(1));
    let ledger = store.open();
    for name in ["a-1", "a-2", "a-3"] {
        let batch = events.batch(vec![Events::accepted(&events.intent(name, "BTC-USD"))]);
        ledger.append(batch).await.unwrap();
    }
    assert_eq!(ledger.verify_projections().await, Ok(vec![]));
    ledger.close().await;
    let delete = "DELETE FROM journal WHERE seq = 2";
    assert!(store.raw().execute_batch(delete).is_err(), "the guards stand");
    store.raw().execute_batch(&format!("DROP TRIGGER journal_is_never_deleted; {delete}")).unwrap();
    let found = store.open().verify_projections().await;
    assert_eq!(found, Ok(vec!["the journal goes from entry 1 to 3".to_owned()]));
}
