//! The rules of every ledger, kept by each.

use nija_ledger::{
    SqliteLedger,
    testing::{ReferenceLedger, conformance},
};
use nija_test_services::Database;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::store::Place;

#[tokio::test]
async fn sqlite_keeps_the_rules() {
    let folder = tempfile::tempdir().unwrap();
    let number = AtomicU32::new(0);
    conformance(async || {
        let name = format!("ledger-{}.db", number.fetch_add(1, Ordering::Relaxed));
        SqliteLedger::open(&folder.path().join(name)).unwrap()
    })
    .await;
    assert!(number.into_inner() > 10, "each rule had a ledger");
}

#[tokio::test]
async fn postgres_keeps_the_rules() {
    let databases = std::cell::RefCell::new(Vec::new());
    if Database::make().is_none() {
        return;
    }
    conformance(async || {
        let database = Database::make().unwrap();
        let ledger = database.open();
        databases.borrow_mut().push(database);
        ledger
    })
    .await;
    assert!(databases.into_inner().len() > 10, "each rule had a ledger");
}

#[tokio::test]
async fn the_reference_keeps_the_rules() {
    let number = AtomicU32::new(0);
    conformance(async || {
        number.fetch_add(1, Ordering::Relaxed);
        ReferenceLedger::default()
    })
    .await;
    assert!(number.into_inner() > 10, "each rule had a ledger");
}
