//! The one writer of the journal: takes all batches that wait, commits them together, answers each, and has the tables brought up
//! behind them.

mod behind;
mod checkpoint;

use nija_core::{Appended, LedgerError};
use rusqlite::Connection;
use std::{
    path::Path,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};
use tokio::{runtime::Runtime, sync::mpsc};

use behind::{LAG, UnderWay};
use checkpoint::Copier;

use super::{
    apply, connect, equity,
    fault::{Fault, Outcome},
    nonces,
    numbers::from_column,
    tables,
};
use crate::{
    encode::Encoded,
    jobs::{Answer, Counters, Job, QUEUE},
    keeper::Keeper,
    projection::{
        Generation, Staged,
        known::{Known, Screened},
        reading::Reading,
    },
};

/// Runs until the queue is closed. `timer` is this thread's own.
pub(super) fn write(mut committer: Committer, mut queue: mpsc::Receiver<Job>, timer: &Runtime) {
    let mut group = Vec::with_capacity(QUEUE);
    loop {
        match timer.block_on(committer.next(&mut queue)) {
            Next::Job(first) => {
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
                committer.move_on(LAG);
            }
            Next::Written(result) => {
                committer.written(result);
                committer.move_on(LAG);
            }
            Next::Rest => committer.move_on(Duration::ZERO),
            Next::End => break,
        }
    }
    // What does not get there now is taken up from the journal by the next opening.
    committer.settle();
}

/// What happens next.
enum Next {
    Job(Job),
    /// The tables' writer is done with what it was given.
    Written(Outcome<()>),
    /// Nothing, for as long as the tables may wait.
    Rest,
    End,
}

/// Commits groups of jobs on the one connection that writes the journal, and hands their consequences to the tables' writer.
pub(super) struct Committer {
    connection: Connection,
    copier: Copier,
    /// Reads the tables.
    lookups: Connection,
    keeper: Keeper<Generation>,
    known: Known,
    /// Until the known ids are read.
    reading: Option<Reading>,
    staged: Staged,
    under_way: UnderWay,
    /// Who waits for the tables to be level with the journal.
    waiting: Vec<Answer<()>>,
    /// When the tables' writer had written what it was given, or failed to.
    level_at: Instant,
    last_seq: u64,
    counters: Arc<Counters>,
    /// Why nothing is written any more.
    stopped: Option<LedgerError>,
}

impl Committer {
    /// Opens the journal's file and the tables' and brings these level with it.
    pub(super) fn open(path: &Path, counters: Arc<Counters>) -> Result<Self, LedgerError> {
        let connection = connect::writer(path)?;
        let tables = tables::open(path, &connection)?;
        let last: Option<i64> = connection
            .query_row("SELECT max(seq) FROM journal", [], |row| row.get(0))
            .map_err(Fault::from)?;
        Ok(Self {
            connection,
            copier: Copier::start(connect::copier(path)?)?,
            lookups: connect::lookups(path)?,
            keeper: Keeper::start(move |generation: &Generation| tables::write(&tables, generation))?,
            known: Known::new(),
            reading: Some(Reading::start({
                let path = path.to_owned();
                move || connect::lookups(&path)
            })?),
            staged: Staged::default(),
            under_way: UnderWay::Nothing,
            waiting: Vec::new(),
            level_at: Instant::now(),
            last_seq: last.map_or(0, from_column),
            counters,
            stopped: None,
        })
    }

    /// Runs the jobs in one transaction, commits once, answers each. A batch that does not follow from what is there is refused
    /// before anything of it is written, and leaves the others' work alone.
    pub(super) fn commit(&mut self, jobs: &mut Vec<Job>) {
        let first_seq = self.last_seq;
        self.learn();
        self.wait_for_room();
        let mut group = Group { failed: self.stopped.clone().or_else(|| self.no_room()) };
        let refused = group.failed.is_some();
        let writes = jobs.iter().any(|job| !matches!(job, Job::Settle(_)));
        if !refused && writes {
            // One look at the tables for the whole group; a statement by itself would lock and unlock their file.
            let begun = run(&self.lookups, "BEGIN").and_then(|()| run(&self.connection, "BEGIN IMMEDIATE"));
            self.note(&mut group, begun);
        }
        let done: Vec<Done> = jobs.drain(..).filter_map(|job| self.run(&mut group, job)).collect();
        if !self.lookups.is_autocommit() {
            let ended = run(&self.lookups, "COMMIT");
            self.note(&mut group, ended);
        }
        if group.failed.is_none() && writes {
            let committed = run(&self.connection, "COMMIT");
            self.note(&mut group, committed);
        }
        if refused {
            // Nothing was begun, so that nothing is to be undone.
        } else if group.failed.is_some() {
            self.last_seq = first_seq;
            if !self.connection.is_autocommit() {
                let undone = run(&self.connection, "ROLLBACK");
                self.note(&mut group, undone);
            }
            self.recall();
        } else if writes {
            self.counters.commits.fetch_add(1, Ordering::Relaxed);
            self.counters.jobs.fetch_add(done.len() as u64, Ordering::Relaxed);
        }
        // Before the answers: who reads after one must know that the tables may lag.
        self.tell_lag();
        for done in done {
            done.answer(group.failed.as_ref());
        }
    }

    /// Takes up which ids are known, once that was read.
    fn learn(&mut self) {
        if self.reading.as_ref().is_some_and(|reading| reading.teach(&mut self.known)) {
            self.reading = None;
        }
    }

    /// Moves a long log into the file.
    pub(super) fn checkpoint(&mut self) {
        if let Err(fault) = self.copier.look(&self.connection) {
            self.judge(fault);
        }
    }

    /// Does a job as far as the transaction goes; who waits for the tables is noted.
    fn run(&mut self, group: &mut Group, job: Job) -> Option<Done> {
        match job {
            Job::Append(encoded, answer) => Some(Done::Append(answer, self.append(group, encoded))),
            Job::Nonces { key, floor, count, answer } => {
                let reserved = match &group.failed {
                    Some(error) => Err(error.clone()),
                    // It refuses before it writes.
                    None => nonces::reserve(&self.connection, key, floor, count)
                        .map_err(|fault| self.fail(group, fault)),
                };
                Some(Done::Nonces(answer, reserved))
            }
            Job::Equity { samples, keep, answer } => {
                let kept = match &group.failed {
                    Some(error) => Err(error.clone()),
                    None => equity::keep(&self.connection, &samples, keep)
                        .map_err(|fault| self.fail(group, fault)),
                };
                Some(Done::Equity(answer, kept))
            }
            Job::Settle(answer) => {
                self.waiting.push(answer);
                None
            }
            Job::Close => None,
        }
    }

    fn append(&mut self, group: &mut Group, encoded: Encoded) -> Result<Appended, LedgerError> {
        if let Some(error) = &group.failed {
            return Err(error.clone());
        }
        let tables = Screened { tables: &self.lookups, known: &self.known };
        let sound = apply::check(&tables, &self.staged, self.last_seq, encoded)
            .map_err(|fault| self.fail(group, fault))?;
        let memory = (&mut self.staged, &mut self.known);
        let written = sound.write(&self.connection, memory, &mut self.last_seq);
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

fn run(connection: &Connection, sql: &str) -> Outcome<()> {
    connection.prepare_cached(sql)?.execute([])?;
    Ok(())
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
    Equity(Answer<()>, Result<(), LedgerError>),
}

impl Done {
    fn answer(self, failed: Option<&LedgerError>) {
        match self {
            Self::Append(answer, result) => send(answer, result, failed),
            Self::Nonces(answer, result) => send(answer, result, failed),
            Self::Equity(answer, result) => send(answer, result, failed),
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
mod tests;
