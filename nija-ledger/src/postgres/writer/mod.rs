//! The one writer: takes all batches that wait, commits them by one statement, answers each, and has the tables brought up behind them.

mod behind;
mod reach;

use nija_core::{Appended, LedgerError};
use postgres::Config;
use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};
use tokio::{runtime::Runtime, sync::mpsc};

use behind::{LAG, UnderWay};

use super::{
    ahead::Found,
    beside,
    connect::Connection,
    group::Group,
    keeper::{self, Work},
    owner::{self, Owner},
};
use crate::{
    encode::Encoded,
    fault::{Fault, Outcome},
    jobs::{Answer, Counters, Job, QUEUE},
    keeper::Keeper,
    projection::{Staged, known::Known, reading::Reading},
};

/// Runs until the queue is closed. `timer` is this thread's own.
pub(super) fn write(mut committer: Committer, queue: mpsc::Receiver<Job>, timer: Runtime) {
    let mut group = Vec::with_capacity(QUEUE);
    let mut inbox = Inbox { queue, timer };
    loop {
        match inbox.timer.block_on(committer.next(&mut inbox.queue)) {
            Next::Job(first) => {
                let mut next = Some(first);
                while let Some(job) = next {
                    match job {
                        Job::Close => inbox.queue.close(),
                        job => group.push(job),
                    }
                    next = if group.len() < QUEUE { inbox.queue.try_recv().ok() } else { None };
                }
                committer.commit(&mut group, &mut inbox);
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

/// Jobs that come in, and the time.
pub(super) struct Inbox {
    queue: mpsc::Receiver<Job>,
    timer: Runtime,
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
    config: Config,
    /// `None` while the database cannot be reached.
    connection: Option<Connection>,
    owner: Owner,
    keeper: Keeper<Work>,
    known: Known,
    /// Until the known ids are read.
    reading: Option<Reading>,
    staged: Staged,
    /// Why what is in memory must be drawn anew before anything is built on it.
    stale: Option<LedgerError>,
    under_way: UnderWay,
    /// The last entry whose consequences were handed to the tables' writer.
    given: u64,
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
    /// The tables are level with the journal, which ends with entry `last_seq`.
    pub(super) fn new(
        config: Config,
        connection: Connection,
        owner: Owner,
        last_seq: u64,
        counters: Arc<Counters>,
    ) -> Outcome<Self> {
        Ok(Self {
            keeper: Keeper::start(keeper::writer(config.clone()))?,
            known: Known::new(),
            reading: Some(Reading::start({
                let config = config.clone();
                move || Connection::open(&config)
            })?),
            config,
            connection: Some(connection),
            owner,
            staged: Staged::default(),
            stale: None,
            under_way: UnderWay::Nothing,
            given: last_seq,
            waiting: Vec::new(),
            level_at: Instant::now(),
            last_seq,
            counters,
            stopped: None,
        })
    }

    /// Runs the jobs and answers each. A batch that does not follow from what is there is refused before anything is written, and leaves
    /// the others' work alone.
    pub(super) fn commit(&mut self, jobs: &mut Vec<Job>, inbox: &mut Inbox) {
        let mut appends = Vec::with_capacity(jobs.len());
        let mut done = Vec::new();
        for job in jobs.drain(..) {
            match job {
                Job::Append(encoded, answer) => appends.push((encoded, answer)),
                Job::Nonces { key, floor, count, answer } => {
                    let reserved = self.beside(|c| beside::reserve(c, key, floor, count));
                    done.push(Done::Nonces(answer, reserved));
                }
                Job::Equity { samples, keep, answer } => {
                    let kept = self.beside(|c| beside::keep_equity(c, &samples, keep));
                    done.push(Done::Equity(answer, kept));
                }
                Job::Settle(answer) => self.waiting.push(answer),
                Job::Close => {}
            }
        }
        if !appends.is_empty() {
            self.append(appends, &mut done, inbox);
        }
        self.counters.jobs.fetch_add(done.len() as u64, Ordering::Relaxed);
        // Before the answers: who reads after one must know that the tables may lag.
        self.tell_lag();
        for done in done {
            done.answer();
        }
    }

    /// Takes up which ids are known, once that was read.
    fn learn(&mut self) {
        if self.reading.as_ref().is_some_and(|reading| reading.teach(&mut self.known)) {
            self.reading = None;
        }
    }

    fn append(&mut self, appends: Vec<(Encoded, Answer<Appended>)>, done: &mut Vec<Done>, inbox: &mut Inbox) {
        let first_seq = self.last_seq;
        let (batches, answers): (Vec<_>, Vec<_>) = appends.into_iter().unzip();
        let number = batches.len();
        let results = match self.draw(batches) {
            Ok((group, results)) => match self.write(&group, first_seq, inbox) {
                Ok(()) => results,
                Err(error) => {
                    self.undo(first_seq, &error);
                    let failed = |result: Result<_, _>| result.and(Err(error.clone()));
                    results.into_iter().map(failed).collect()
                }
            },
            Err(error) => {
                self.undo(first_seq, &error);
                vec![Err(error); number]
            }
        };
        done.extend(answers.into_iter().zip(results).map(|(answer, result)| Done::Append(answer, result)));
    }

    /// Draws the consequences of batches; nothing is written.
    fn draw(
        &mut self,
        batches: Vec<Encoded>,
    ) -> Result<(Group, Vec<Result<Appended, LedgerError>>), LedgerError> {
        self.wait_for_room();
        if let Some(error) = self.stopped.clone().or_else(|| self.no_room()) {
            return Err(error);
        }
        self.learn();
        let found = self.again(|connection, memory, _| {
            let events = batches.iter().flat_map(|encoded| {
                let user = encoded.batch.user;
                encoded.batch.events.iter().map(move |event| (user, event))
            });
            Found::fetch(connection, memory, events)
        })?;
        let (mut group, mut results) = (Group::default(), Vec::with_capacity(batches.len()));
        let Some(connection) = &self.connection else { return Err(owner::lost()) };
        let tables = found.on(connection);
        for batch in batches {
            match group.take(&tables, (&mut self.staged, &mut self.known), &mut self.last_seq, batch) {
                Ok(appended) => results.push(Ok(appended)),
                Err(Fault::Ledger(error)) => results.push(Err(error)),
                Err(fault) => return Err(told(fault)),
            }
        }
        Ok((group, results))
    }

    /// Writes what was drawn, so that it is durable; an error says that nothing of it is there.
    fn write(&mut self, group: &Group, first_seq: u64, inbox: &mut Inbox) -> Result<(), LedgerError> {
        if group.is_empty() {
            return Ok(());
        }
        loop {
            let Some(connection) = &self.connection else { return Err(owner::lost()) };
            match group.write(connection, self.owner.epoch) {
                Ok(()) => break,
                Err(fault) if fault.is_code(owner::FENCED) => return Err(self.stop(owner::lost())),
                Err(fault) if fault.is_lost() => {
                    if self.arrived(first_seq, told(fault), inbox)? {
                        break;
                    }
                }
                Err(fault) => return Err(told(fault)),
            }
        }
        self.counters.commits.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// What was drawn and is not in the journal leaves memory as well.
    fn undo(&mut self, first_seq: u64, why: &LedgerError) {
        if self.last_seq != first_seq {
            self.last_seq = first_seq;
            self.stale = Some(why.clone());
            self.recall();
        }
    }

    /// Does what stands beside the journal, in a transaction of its own.
    fn beside<T>(&mut self, mut work: impl FnMut(&Connection) -> Outcome<T>) -> Result<T, LedgerError> {
        if let Some(stopped) = self.stopped.clone() {
            return Err(stopped);
        }
        // Done a second time it takes other nonces, or writes the same samples.
        let done = self.again(|connection, _, owner| {
            connection.in_transaction(|| {
                Ok(if owner.is_current(connection)? { Some(work(connection)?) } else { None })
            })
        })?;
        match done {
            Some(done) => {
                self.counters.commits.fetch_add(1, Ordering::Relaxed);
                Ok(done)
            }
            None => Err(self.stop(owner::lost())),
        }
    }

    fn stop(&mut self, why: LedgerError) -> LedgerError {
        tracing::error!(error = %why, "the ledger writes nothing any more");
        self.stopped = Some(why.clone());
        why
    }
}

/// The fault in the ledger's words, and in the log where it is the storage's.
fn told(fault: Fault) -> LedgerError {
    let error = LedgerError::from(fault);
    if matches!(error, LedgerError::Storage(_)) {
        tracing::error!(%error, "the ledger could not write");
    }
    error
}

/// A job that ran, not answered yet.
enum Done {
    Append(Answer<Appended>, Result<Appended, LedgerError>),
    Nonces(Answer<u64>, Result<u64, LedgerError>),
    Equity(Answer<()>, Result<(), LedgerError>),
}

impl Done {
    /// A caller that went away does not want the answer; what it asked for is done all the same.
    fn answer(self) {
        match self {
            Self::Append(answer, result) => drop(answer.send(result)),
            Self::Nonces(answer, result) => drop(answer.send(result)),
            Self::Equity(answer, result) => drop(answer.send(result)),
        }
    }
}
