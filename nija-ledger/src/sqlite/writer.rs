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
            next = if group.len() < QUEUE {
                queue.try_recv().ok()
            } else {
                None
            };
        }
        committer.commit(&mut group);
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
        Ok(Self {
            connection,
            last_seq: last.map_or(0, from_column),
            counters,
            stopped: None,
        })
    }

    /// Runs the jobs, each in a savepoint of its own within one transaction; commits once; answers each.
    pub(super) fn commit(&mut self, jobs: &mut Vec<Job>) {
        if jobs.is_empty() {
            return;
        }
        let first_seq = self.last_seq;
        let mut group = Group {
            failed: self.stopped.clone(),
        };
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

    fn run(&mut self, group: &mut Group, job: Job) -> Done {
        match job {
            Job::Append(encoded, answer) => Done::Append(
                answer,
                self.in_savepoint(group, |connection, last_seq| apply(connection, last_seq, encoded)),
            ),
            Job::Nonces {
                key,
                floor,
                count,
                answer,
            } => Done::Nonces(
                answer,
                self.in_savepoint(group, |connection, _| {
                    nonces::reserve(connection, key, floor, count)
                }),
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
            let undone = self
                .statement("ROLLBACK TO batch")
                .and_then(|()| self.statement("RELEASE batch"));
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
