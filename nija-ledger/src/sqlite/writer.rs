//! The one writer: takes all batches that wait, commits them together, then answers each.

use nija_core::{Appended, CredentialId, LedgerError};
use rusqlite::Connection;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use tokio::sync::{mpsc, oneshot};

use super::{
    apply::apply,
    fault::{Fault, Outcome},
    nonces,
    numbers::from_column,
};
use crate::encode::Encoded;

/// Jobs that may wait; a caller beyond waits for room. Also the most that one commit takes.
pub(super) const QUEUE: usize = 1024;

pub(super) type Answer<T> = oneshot::Sender<Result<T, LedgerError>>;

/// Something for the writer to do.
pub(super) enum Job {
    Append(Encoded, Answer<Appended>),
    Nonces {
        key: CredentialId,
        floor: u64,
        count: u64,
        answer: Answer<u64>,
    },
    /// Finish what waits and end.
    Close,
}

/// What the writer did, counted.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) commits: AtomicU64,
    pub(super) jobs: AtomicU64,
}

/// Frames in the write-ahead log (4 KiB each) from which on they are moved into the file.
const CHECKPOINT: i64 = 4000;

/// Runs until the queue is closed.
pub(super) fn run(mut committer: Committer, mut queue: mpsc::Receiver<Job>) {
    let mut group = Vec::with_capacity(QUEUE);
    while let Some(first) = queue.blocking_recv() {
        let mut next = Some(first);
        while let Some(job) = next {
            match job {
                Job::Close => queue.close(),
                job => group.push(job),
            }
            next = if group.len() < QUEUE { queue.try_recv().ok() } else { None };
        }
        committer.commit(&mut group);
        committer.checkpoint();
    }
}

/// Commits groups of jobs on the one writing connection.
pub(super) struct Committer {
    connection: Connection,
    last_seq: u64,
    counters: Arc<Counters>,
    /// Why nothing is written any more.
    stopped: Option<LedgerError>,
}

impl Committer {
    pub(super) fn new(connection: Connection, counters: Arc<Counters>) -> Outcome<Self> {
        let last: Option<i64> = connection.query_row("SELECT max(seq) FROM journal", [], |row| row.get(0))?;
        Ok(Self { connection, last_seq: last.map_or(0, from_column), counters, stopped: None })
    }

    /// Runs the jobs, each in a savepoint of its own within one transaction; commits once; answers each.
    pub(super) fn commit(&mut self, jobs: &mut Vec<Job>) {
        if jobs.is_empty() {
            return;
        }
        let first_seq = self.last_seq;
        let mut group = Group { failed: self.stopped.clone() };
        if group.failed.is_none() {
            let begun = self.statement("BEGIN IMMEDIATE");
            self.note(&mut group, begun);
        }
        let done: Vec<Done> = jobs.drain(..).map(|job| self.run(&mut group, job)).collect();
        if group.failed.is_none() {
            let committed = self.statement("COMMIT");
            self.note(&mut group, committed);
        }
        if group.failed.is_some() {
            self.last_seq = first_seq;
            if !self.connection.is_autocommit() {
                let undone = self.statement("ROLLBACK");
                self.note(&mut group, undone);
            }
        } else {
            self.counters.commits.fetch_add(1, Ordering::Relaxed);
            self.counters.jobs.fetch_add(done.len() as u64, Ordering::Relaxed);
        }
        for done in done {
            done.answer(group.failed.as_ref());
        }
    }

    /// Moves a long log into the file. Runs after the answers, so that nobody waits for it who was not waiting anyway.
    pub(super) fn checkpoint(&mut self) {
        let frames = |mode: &str| -> Outcome<i64> {
            let sql = format!("PRAGMA wal_checkpoint({mode})");
            let mut statement = self.connection.prepare_cached(&sql)?;
            Ok(statement.query_row([], |row| row.get(1))?)
        };
        let moved = frames("NOOP").and_then(|length| match length {
            CHECKPOINT.. => frames("PASSIVE").map(drop),
            _ => Ok(()),
        });
        if let Err(fault) = moved {
            self.judge(fault);
        }
    }

    fn run(&mut self, group: &mut Group, job: Job) -> Done {
        match job {
            Job::Append(encoded, answer) => Done::Append(
                answer,
                self.in_savepoint(group, |connection, last_seq| apply(connection, last_seq, encoded)),
            ),
            Job::Nonces { key, floor, count, answer } => Done::Nonces(
                answer,
                self.in_savepoint(group, |connection, _| nonces::reserve(connection, key, floor, count)),
            ),
            Job::Close => Done::Nothing,
        }
    }

    /// A job that fails takes back what it wrote and leaves the others' work alone.
    fn in_savepoint<T>(
        &mut self,
        group: &mut Group,
        work: impl FnOnce(&Connection, &mut u64) -> Outcome<T>,
    ) -> Result<T, LedgerError> {
        if let Some(error) = &group.failed {
            return Err(error.clone());
        }
        let before = self.last_seq;
        let result = self.statement("SAVEPOINT batch").and_then(|()| {
            let value = work(&self.connection, &mut self.last_seq)?;
            self.statement("RELEASE batch")?;
            Ok(value)
        });
        result.map_err(|fault| {
            self.last_seq = before;
            if self.connection.is_autocommit() {
                // Some errors, a full disk among them, end the whole transaction.
                let words = self.judge(fault);
                group.failed = Some(words.clone());
                return words;
            }
            let undone = self.statement("ROLLBACK TO batch").and_then(|()| self.statement("RELEASE batch"));
            self.note(group, undone);
            self.judge(fault)
        })
    }

    fn statement(&self, sql: &str) -> Outcome<()> {
        self.connection.prepare_cached(sql)?.execute([])?;
        Ok(())
    }

    fn note(&mut self, group: &mut Group, result: Outcome<()>) {
        if let Err(fault) = result {
            group.failed = Some(self.judge(fault));
        }
    }

    /// After a failed read or write of the disk nobody knows what is on it: building on would lose acknowledged
    /// work silently, so the writer stops until the ledger is opened again and SQLite has recovered its log.
    fn judge(&mut self, fault: Fault) -> LedgerError {
        let doubt = fault.leaves_doubt();
        let error = LedgerError::from(fault);
        if matches!(error, LedgerError::Storage(_)) {
            tracing::error!(%error, stopped = doubt, "the ledger could not write");
        }
        if doubt {
            self.stopped = Some(LedgerError::Storage(format!(
                "nothing is written any more until the ledger is opened again, since {error}"
            )));
        }
        error
    }
}

/// The state of one transaction.
struct Group {
    /// Why none of its jobs counts.
    failed: Option<LedgerError>,
}

/// A job that ran, not answered yet.
enum Done {
    Append(Answer<Appended>, Result<Appended, LedgerError>),
    Nonces(Answer<u64>, Result<u64, LedgerError>),
    Nothing,
}

impl Done {
    fn answer(self, failed: Option<&LedgerError>) {
        match self {
            Self::Append(answer, result) => send(answer, result, failed),
            Self::Nonces(answer, result) => send(answer, result, failed),
            Self::Nothing => {}
        }
    }
}

/// A caller that went away does not want the answer; what it asked for is done all the same.
fn send<T>(answer: Answer<T>, result: Result<T, LedgerError>, failed: Option<&LedgerError>) {
    let result = match failed {
        Some(error) if result.is_ok() => Err(error.clone()),
        _ => result,
    };
    let _ = answer.send(result);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::connect;
    use nija_core::{JournalBatch, JournalEvent, Timestamp, UserId};

    struct Fixture {
        folder: tempfile::TempDir,
        committer: Committer,
    }

    fn fixture() -> Fixture {
        let folder = tempfile::tempdir().unwrap();
        let connection = connect::writer(&folder.path().join("ledger.db")).unwrap();
        Fixture { committer: Committer::new(connection, Arc::default()).unwrap(), folder }
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
    }

    #[test]
    fn a_long_log_is_moved_into_the_file_and_starts_over() {
        let mut fixture = fixture();
        let log = fixture.folder.path().join("ledger.db-wal");
        let mut sizes = Vec::new();
        for _ in 0..12 {
            assert!(fixture.commit(1, 20_000)[0].is_ok());
            fixture.committer.checkpoint();
            sizes.push(std::fs::metadata(&log).unwrap().len());
        }
        // It stops growing soon after the mark; without checkpoints it would hold everything written.
        let mark = u64::try_from(CHECKPOINT).unwrap() * 4096;
        assert!(sizes.iter().all(|size| *size < mark * 5 / 4), "{sizes:?}");
        assert_eq!(sizes[sizes.len() - 1], sizes[sizes.len() - 2], "{sizes:?}");
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
        let mut group = Group { failed: None };
        let answer: Result<(), LedgerError> = fixture
            .committer
            .in_savepoint(&mut group, |_, _| Err(Fault::Sql(rusqlite::Error::SqliteFailure(broken, None))));
        assert!(answer.unwrap_err().to_string().contains("disk failed"));
        let later = fixture.commit(1, 1).remove(0).unwrap_err().to_string();
        assert!(later.contains("until the ledger is opened again"), "{later}");
        assert_eq!(fixture.entries(), 1);
    }
}
