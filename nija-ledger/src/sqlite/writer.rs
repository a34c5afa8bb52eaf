//! The one writer: takes all batches that wait, commits them together, answers each, and brings the tables up behind them.

use nija_core::{Appended, CredentialId, LedgerError};
use rusqlite::Connection;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    runtime::Runtime,
    sync::{mpsc, oneshot},
};

use super::{
    apply,
    fault::{Fault, Outcome},
    nonces,
    numbers::from_column,
    projection::{Staged, replay},
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
    /// Bring the tables level with the journal.
    Settle(Answer<()>),
    /// Finish what waits and end.
    Close,
}

/// What the writer did, counted.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) commits: AtomicU64,
    pub(super) jobs: AtomicU64,
    /// Whether the tables lack something that was answered.
    pub(super) lags: AtomicBool,
}

/// Frames in the write-ahead log (4 KiB each) from which on they are moved into the file.
const CHECKPOINT: i64 = 4000;

/// How long the tables may lag behind the journal while appends go on.
const LAG: Duration = Duration::from_millis(100);
/// They catch up when nothing was appended for this long.
const REST: Duration = Duration::from_millis(20);
/// Between two tries to write them to a disk that does not take them.
const RETRY: Duration = Duration::from_secs(1);

/// Runs until the queue is closed. `timer` is this thread's own.
pub(super) fn run(mut committer: Committer, mut queue: mpsc::Receiver<Job>, timer: &Runtime) {
    let mut group = Vec::with_capacity(QUEUE);
    let mut rest = REST;
    loop {
        let first = if committer.staged.is_dirty() {
            let next = timer.block_on(async { tokio::time::timeout(rest, queue.recv()).await });
            match next {
                Ok(first) => first,
                Err(_) => {
                    rest = if committer.settle() { REST } else { RETRY };
                    continue;
                }
            }
        } else {
            queue.blocking_recv()
        };
        let Some(first) = first else {
            break;
        };
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
    // What does not get there now is taken up from the journal by the next opening.
    committer.settle();
}

/// Commits groups of jobs on the one writing connection.
pub(super) struct Committer {
    connection: Connection,
    staged: Staged,
    /// When the tables were level with the journal.
    level_at: Instant,
    last_seq: u64,
    counters: Arc<Counters>,
    /// Why nothing is written any more.
    stopped: Option<LedgerError>,
}

impl Committer {
    pub(super) fn new(connection: Connection, counters: Arc<Counters>) -> Outcome<Self> {
        let last: Option<i64> = connection.query_row("SELECT max(seq) FROM journal", [], |row| row.get(0))?;
        let staged = replay::missing(&connection)?;
        counters.lags.store(staged.is_dirty(), Ordering::Release);
        let last_seq = last.map_or(0, from_column);
        Ok(Self { connection, staged, level_at: Instant::now(), last_seq, counters, stopped: None })
    }

    /// Runs the jobs in one transaction, commits once, answers each. A batch that does not follow from what is there is refused
    /// before anything of it is written, and leaves the others' work alone.
    pub(super) fn commit(&mut self, jobs: &mut Vec<Job>) {
        let first_seq = self.last_seq;
        let mut group = Group { failed: self.stopped.clone(), level: self.level_at.elapsed() >= LAG };
        if group.failed.is_none() {
            let begun = self.statement("BEGIN IMMEDIATE");
            self.note(&mut group, begun);
        }
        let done: Vec<Done> = jobs.drain(..).map(|job| self.run(&mut group, job)).collect();
        let level = group.level && self.staged.is_dirty();
        if group.failed.is_none() && level {
            let written = self.staged.write(&self.connection, self.last_seq);
            self.note(&mut group, written);
        }
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
            self.recall();
        } else {
            if level {
                self.staged.written();
            }
            if !self.staged.is_dirty() {
                self.level_at = Instant::now();
            }
            self.counters.commits.fetch_add(1, Ordering::Relaxed);
            self.counters.jobs.fetch_add(done.len() as u64, Ordering::Relaxed);
        }
        // Before the answers: who reads after one must know that the tables may lag.
        self.counters.lags.store(self.staged.is_dirty(), Ordering::Release);
        for done in done {
            done.answer(group.failed.as_ref());
        }
    }

    /// Brings the tables level with the journal; whether that could be done.
    fn settle(&mut self) -> bool {
        let (answer, mut answered) = oneshot::channel();
        self.commit(&mut vec![Job::Settle(answer)]);
        matches!(answered.try_recv(), Ok(Ok(())))
    }

    /// After a transaction that came to nothing, memory is drawn anew from what is on the disk.
    fn recall(&mut self) {
        if !self.staged.is_dirty() || self.stopped.is_some() {
            return;
        }
        match replay::missing(&self.connection) {
            Ok(staged) => self.staged = staged,
            Err(fault) => {
                let error = self.judge(fault);
                self.stopped.get_or_insert(error);
            }
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
            Job::Append(encoded, answer) => Done::Append(answer, self.append(group, encoded)),
            Job::Nonces { key, floor, count, answer } => {
                let reserved = match &group.failed {
                    Some(error) => Err(error.clone()),
                    // It refuses before it writes.
                    None => nonces::reserve(&self.connection, key, floor, count)
                        .map_err(|fault| self.fail(group, fault)),
                };
                Done::Nonces(answer, reserved)
            }
            Job::Settle(answer) => {
                group.level = true;
                Done::Settled(answer)
            }
            Job::Close => Done::Nothing,
        }
    }

    fn append(&mut self, group: &mut Group, encoded: Encoded) -> Result<Appended, LedgerError> {
        if let Some(error) = &group.failed {
            return Err(error.clone());
        }
        let sound = apply::check(&self.connection, &self.staged, self.last_seq, encoded)
            .map_err(|fault| self.fail(group, fault))?;
        let written = sound.write(&self.connection, &mut self.staged, &mut self.last_seq);
        written.map_err(|fault| {
            let error = self.judge(fault);
            // Part of it may be written.
            group.failed = Some(error.clone());
            error
        })
    }

    /// What was refused concerns its caller alone; what the storage did concerns all.
    fn fail(&mut self, group: &mut Group, fault: Fault) -> LedgerError {
        let storage = matches!(fault, Fault::Sql(_));
        let error = self.judge(fault);
        if storage || self.stopped.is_some() {
            group.failed = Some(error.clone());
        }
        error
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
    /// Whether the tables are brought level with the journal as well.
    level: bool,
}

/// A job that ran, not answered yet.
enum Done {
    Append(Answer<Appended>, Result<Appended, LedgerError>),
    Nonces(Answer<u64>, Result<u64, LedgerError>),
    Settled(Answer<()>),
    Nothing,
}

impl Done {
    fn answer(self, failed: Option<&LedgerError>) {
        match self {
            Self::Append(answer, result) => send(answer, result, failed),
            Self::Nonces(answer, result) => send(answer, result, failed),
            Self::Settled(answer) => send(answer, Ok(()), failed),
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
    use crate::sqlite::{connect, verify};
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
        assert!(fixture.committer.settle());
        assert_eq!(verify::differences(&fixture.committer.connection).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn what_a_crash_keeps_from_the_tables_is_taken_up_from_the_journal() {
        let mut fixture = fixture();
        assert!(fixture.commit(2, 1).iter().all(Result::is_ok));
        let paused = |committer: &Committer| -> i64 {
            committer.connection.query_row("SELECT count(*) FROM paused", [], |row| row.get(0)).unwrap()
        };
        assert_eq!(
            (fixture.entries(), paused(&fixture.committer)),
            (2, 0),
            "durable, and not in the table yet"
        );
        // Nothing is written on the way out, as if the process had been killed.
        let path = fixture.folder.path().join("ledger.db");
        fixture.committer = Committer::new(connect::writer(&path).unwrap(), Arc::default()).unwrap();
        assert!(fixture.committer.staged.is_dirty() && fixture.committer.settle());
        assert_eq!(paused(&fixture.committer), 1);
        assert_eq!(verify::differences(&fixture.committer.connection).unwrap(), Vec::<String>::new());
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
        let answer = fixture.committer.judge(Fault::Sql(rusqlite::Error::SqliteFailure(broken, None)));
        assert!(answer.to_string().contains("disk failed"));
        let later = fixture.commit(1, 1).remove(0).unwrap_err().to_string();
        assert!(later.contains("until the ledger is opened again"), "{later}");
        assert_eq!(fixture.entries(), 1);
    }
}
