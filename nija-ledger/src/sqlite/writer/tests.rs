//! Full and failing disks, crashes, and a log that is moved into the file.

use super::*;
use crate::verify;
use nija_core::{JournalBatch, JournalEvent, Timestamp, UserId};
use std::path::Path;
use tokio::sync::oneshot;

struct Fixture {
    folder: tempfile::TempDir,
    committer: Committer,
}

fn fixture() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    Fixture { committer: committer(folder.path()), folder }
}

fn committer(folder: &Path) -> Committer {
    Committer::open(&folder.join("ledger.db"), Arc::default()).unwrap()
}

impl Fixture {
    /// Commits so many batches of so many entries as one group.
    fn commit(&mut self, batches: usize, entries: usize) -> Vec<Result<Appended, LedgerError>> {
        let (mut jobs, mut answers) = (Vec::new(), Vec::new());
        for _ in 0..batches {
            let (answer, answered) = oneshot::channel();
            let batch = JournalBatch {
                user: UserId::from_uuid(uuid::Uuid::from_u128(7)),
                at: Timestamp::from_micros(1),
                events: vec![JournalEvent::Paused { paused: true }; entries],
            };
            jobs.push(Job::Append(Encoded::new(batch).unwrap(), answer));
            answers.push(answered);
        }
        self.committer.commit(&mut jobs);
        answers.into_iter().map(|mut answer| answer.try_recv().unwrap()).collect()
    }

    fn limit_pages(&self, pages: u32) {
        let sql = format!("PRAGMA max_page_count = {pages}");
        self.committer.connection.query_row(&sql, [], |_| Ok(())).unwrap();
    }

    fn run(&self, sql: &str) {
        self.committer.connection.execute_batch(sql).unwrap();
    }

    fn entries(&self) -> i64 {
        let sql = "SELECT count(*) FROM journal";
        self.committer.connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    fn paused(&self) -> i64 {
        let sql = "SELECT count(*) FROM paused";
        self.committer.lookups.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    fn differences(&self) -> Vec<String> {
        let reader = connect::reader(&self.folder.path().join("ledger.db")).unwrap();
        verify::differences(&reader).unwrap()
    }
}

#[test]
fn a_full_disk_refuses_the_whole_group_and_later_room_is_used() {
    let mut fixture = fixture();
    assert!(fixture.commit(2, 1).iter().all(Result::is_ok));
    fixture.limit_pages(1);
    let answers = fixture.commit(4, 2_000);
    for answer in &answers {
        assert!(
            matches!(answer, Err(LedgerError::Storage(words)) if words.contains("disk is full")),
            "{answer:?}"
        );
    }
    assert_eq!(fixture.entries(), 2);
    fixture.limit_pages(1_000_000);
    let next = fixture.commit(1, 1).remove(0).unwrap();
    assert_eq!(next.records[0].seq, 3, "no place was lost");
    assert!(fixture.committer.settle());
    assert_eq!(fixture.differences(), Vec::<String>::new());
}

#[test]
fn what_a_crash_keeps_from_the_tables_is_taken_up_from_the_journal() {
    let mut fixture = fixture();
    assert!(fixture.commit(2, 1).iter().all(Result::is_ok));
    assert_eq!((fixture.entries(), fixture.paused()), (2, 0), "durable, and not in the table yet");
    // Nothing is written on the way out, as if the process had been killed.
    fixture.committer = committer(fixture.folder.path());
    assert_eq!(fixture.paused(), 1);
    assert_eq!(fixture.differences(), Vec::<String>::new());
}

#[test]
fn tables_that_cannot_be_written_hold_up_no_append_and_lose_nothing() {
    let mut fixture = fixture();
    let other = rusqlite::Connection::open(fixture.folder.path().join("ledger.tables.db")).unwrap();
    let refuse =
        "CREATE TRIGGER full BEFORE INSERT ON user_entries BEGIN SELECT RAISE(ABORT, 'no room'); END";
    other.execute_batch(refuse).unwrap();
    assert!(fixture.commit(2, 1).iter().all(Result::is_ok));
    assert!(!fixture.committer.settle());
    assert!(fixture.committer.state.has_failed());
    assert!(fixture.commit(2, 1).iter().all(Result::is_ok), "the journal has room");
    let (answer, mut answered) = oneshot::channel();
    fixture.committer.commit(&mut vec![Job::Settle(answer)]);
    assert!(!fixture.committer.settle());
    let told = answered.try_recv().unwrap().unwrap_err().to_string();
    assert!(told.contains("no room"), "a reader is told: {told}");
    // The journal fails as well: what it did not take must not get into the tables.
    fixture.limit_pages(1);
    assert!(fixture.commit(1, 5_000)[0].is_err());
    fixture.limit_pages(1_000_000);
    other.execute_batch("DROP TRIGGER full").unwrap();
    assert!(fixture.committer.settle());
    assert_eq!((fixture.entries(), fixture.paused()), (4, 1));
    assert_eq!(fixture.differences(), Vec::<String>::new());
}

#[test]
fn tables_that_are_too_far_behind_refuse_appends_until_they_can_be_written() {
    let mut fixture = fixture();
    let other = rusqlite::Connection::open(fixture.folder.path().join("ledger.tables.db")).unwrap();
    let refuse =
        "CREATE TRIGGER full BEFORE INSERT ON user_entries BEGIN SELECT RAISE(ABORT, 'no room'); END";
    other.execute_batch(refuse).unwrap();
    assert!(fixture.commit(1, 1)[0].is_ok());
    assert!(!fixture.committer.settle());
    assert!(fixture.commit(3, 20_000).iter().all(Result::is_ok));
    for _ in 0..3 {
        let told = fixture.commit(1, 1).remove(0).unwrap_err().to_string();
        assert!(told.contains("no room"), "{told}");
        assert!(fixture.committer.state.has_failed(), "nothing was drawn anew for it");
    }
    other.execute_batch("DROP TRIGGER full").unwrap();
    assert!(fixture.committer.settle());
    assert!(fixture.commit(1, 1)[0].is_ok());
    assert!(fixture.committer.settle());
    assert_eq!((fixture.entries(), fixture.paused()), (60_002, 1));
    assert_eq!(fixture.differences(), Vec::<String>::new());
}

#[test]
fn a_long_log_is_moved_into_the_file_and_starts_over() {
    let mut fixture = fixture();
    let log = fixture.folder.path().join("ledger.db-wal");
    let mut sizes = Vec::new();
    for _ in 0..20 {
        assert!(fixture.commit(1, 20_000)[0].is_ok());
        fixture.committer.checkpoint();
        sizes.push(std::fs::metadata(&log).unwrap().len());
    }
    // It stops growing after the mark; without checkpoints it would hold everything written.
    let mark = u64::try_from(checkpoint::CHECKPOINT).unwrap() * 4096;
    assert!(sizes.iter().all(|size| *size < mark * 4), "{sizes:?}");
}

#[test]
fn a_failed_commit_is_nobodys_success() {
    let mut fixture = fixture();
    // A deferred constraint is checked by COMMIT alone.
    fixture.run(
        "PRAGMA foreign_keys = ON;
         CREATE TABLE parent (id INTEGER PRIMARY KEY);
         CREATE TABLE child (id REFERENCES parent DEFERRABLE INITIALLY DEFERRED);
         CREATE TRIGGER orphan AFTER INSERT ON journal BEGIN INSERT INTO child VALUES (99); END;",
    );
    assert!(fixture.commit(3, 1).iter().all(Result::is_err));
    assert_eq!(fixture.entries(), 0);
    fixture.run("DROP TRIGGER orphan");
    assert_eq!(fixture.commit(1, 1).remove(0).unwrap().records[0].seq, 1);
    assert_eq!(fixture.entries(), 1);
}

#[test]
fn after_a_failed_disk_nothing_is_written_any_more() {
    let mut fixture = fixture();
    assert!(fixture.commit(1, 1)[0].is_ok());
    let broken = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_IOERR_FSYNC);
    let answer = fixture.committer.state.judge(Fault::Sql(rusqlite::Error::SqliteFailure(broken, None)));
    assert!(answer.to_string().contains("disk failed"));
    let later = fixture.commit(1, 1).remove(0).unwrap_err().to_string();
    assert!(later.contains("until the ledger is opened again"), "{later}");
    assert_eq!(fixture.entries(), 1);
}
