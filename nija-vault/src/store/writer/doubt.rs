//! A test of what becomes of a commit whose answer is lost.

use super::super::sql::{Take, Value};
use super::*;
use crate::crypto::random;
use crate::store::{Sqlite, values};
use std::path::Path;
use std::sync::atomic::AtomicBool;

/// A server that commits and does not answer.
struct Silent(Sqlite, Arc<AtomicBool>);
struct Writing<'a>(Box<dyn WriteSql + 'a>, Arc<AtomicBool>);

impl Database for Silent {
    fn free_reader(&self) -> Option<Box<dyn Sql + '_>> {
        self.0.free_reader()
    }

    fn reader(&self) -> Result<Box<dyn Sql + '_>, VaultError> {
        self.0.reader()
    }

    fn writer(&self) -> Result<Box<dyn WriteSql + '_>, VaultError> {
        Ok(Box::new(Writing(self.0.writer()?, Arc::clone(&self.1))))
    }

    fn snapshot(&self, to: &Path) -> Result<(), VaultError> {
        self.0.snapshot(to)
    }
}

impl Sql for Writing<'_> {
    fn run(&mut self, sql: &str, values: &[Value<'_>]) -> Result<u64, VaultError> {
        self.0.run(sql, values)
    }

    fn each(&mut self, sql: &str, values: &[Value<'_>], take: Take<'_>) -> Result<(), VaultError> {
        self.0.each(sql, values, take)
    }

    fn script(&mut self, sql: &str) -> Result<(), VaultError> {
        self.0.script(sql)
    }
}

impl WriteSql for Writing<'_> {
    fn begin(&mut self) -> Result<(), VaultError> {
        self.0.begin()
    }

    fn commit(&mut self) -> Result<(), VaultError> {
        self.0.commit()?;
        if self.1.load(Ordering::SeqCst) { Err(closed()) } else { Ok(()) }
    }

    fn roll_back(&mut self) {
        self.0.roll_back();
    }

    fn scrub(&mut self) {
        self.0.scrub();
    }

    fn sql(&mut self) -> &mut dyn Sql {
        self
    }
}

#[tokio::test]
async fn a_commit_whose_answer_was_lost_ends_what_the_change_would_have_ended() {
    let (silent, doubts) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let database: Arc<dyn Database> = Arc::new(Silent(Sqlite::in_memory().unwrap(), Arc::clone(&silent)));
    let identity = Arc::new(Identity::new(&random().unwrap().into()).unwrap());
    let now = || Timestamp::from_micros(1);
    let doubt = {
        let doubts = Arc::clone(&doubts);
        move || {
            doubts.fetch_add(1, Ordering::SeqCst);
        }
    };
    let writer = Writer::start(Arc::clone(&database), identity, None, now, || (), doubt).unwrap();
    writer.record(Entry::new("one", now())).await.unwrap();
    assert_eq!(doubts.load(Ordering::SeqCst), 0);
    silent.store(true, Ordering::SeqCst);
    writer.record(Entry::new("two", now())).await.unwrap_err();
    assert_eq!(doubts.load(Ordering::SeqCst), 1);
    let entries =
        database
            .reader()
            .unwrap()
            .as_mut()
            .all("SELECT action FROM audit ORDER BY seq", values![], |row| row.get::<String>(0));
    assert_eq!(entries.unwrap(), ["one", "two"]);
    silent.store(false, Ordering::SeqCst);
    writer.stop().await;
}
