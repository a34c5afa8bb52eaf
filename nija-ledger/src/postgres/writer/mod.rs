//! The one connection that writes the journal: each group of batches by one statement.

mod reach;

use nija_core::{Appended, LedgerError};
use nija_postgres::Address;
use std::sync::Arc;

use super::{
    ahead::Found,
    beside,
    connect::Connection,
    group::Group,
    keeper,
    owner::{self, Owner},
};
use crate::{
    encode::Encoded,
    fault::{Fault, Outcome},
    jobs::{Answer, Counters, Job},
    keeper::Keeper,
    projection::{reading::Reading, sound::Sound},
    writer::{Commit, Done, Inbox, State},
};

/// Commits groups of jobs on the one connection that writes the journal, and hands their consequences to the tables' writer.
pub(super) struct Committer {
    address: Address,
    /// `None` while the database cannot be reached.
    connection: Option<Connection>,
    owner: Owner,
    state: State,
}

impl Committer {
    /// The tables are level with the journal, which ends with entry `last_seq`.
    pub(super) fn new(
        address: Address,
        connection: Connection,
        owner: Owner,
        last_seq: u64,
        counters: Arc<Counters>,
    ) -> Outcome<Self> {
        let keeper = Keeper::start(keeper::writer(address.clone()))?;
        let reading = Reading::start({
            let address = address.clone();
            move || Connection::open(&address)
        })?;
        let state = State::new(last_seq, keeper, reading, counters);
        Ok(Self { address, connection: Some(connection), owner, state })
    }

    fn append(&mut self, appends: Vec<(Encoded, Answer<Appended>)>, done: &mut Vec<Done>, inbox: &mut Inbox) {
        let first_seq = self.state.last_seq;
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
        if let Some(error) = self.state.refusal() {
            return Err(error);
        }
        self.state.learn();
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
            let State { staged, known, last_seq, .. } = &mut self.state;
            match Sound::draw(&tables, staged, *last_seq, batch) {
                Ok(mut sound) => {
                    group.take(&mut sound);
                    results.push(Ok(sound.take_up((staged, known), last_seq)));
                }
                Err(Fault::Ledger(error)) => results.push(Err(error)),
                Err(fault) => return Err(self.state.judge(fault)),
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
                    let why = self.state.judge(fault);
                    if self.arrived(first_seq, why, inbox)? {
                        break;
                    }
                }
                Err(fault) => return Err(self.state.judge(fault)),
            }
        }
        self.state.count_commit();
        Ok(())
    }

    /// What was drawn and is not in the journal leaves memory as well.
    fn undo(&mut self, first_seq: u64, why: &LedgerError) {
        if self.state.last_seq != first_seq {
            self.state.last_seq = first_seq;
            self.state.stale = Some(why.clone());
            self.recall();
        }
    }

    /// Does what stands beside the journal, in a transaction of its own.
    fn beside<T>(&mut self, mut work: impl FnMut(&Connection) -> Outcome<T>) -> Result<T, LedgerError> {
        if let Some(stopped) = self.state.stopped.clone() {
            return Err(stopped);
        }
        // Done a second time it takes other nonces, or writes the same.
        let done = self.again(|connection, _, owner| {
            connection.in_transaction(|| {
                Ok(if owner.is_current(connection)? { Some(work(connection)?) } else { None })
            })
        })?;
        match done {
            Some(done) => {
                self.state.count_commit();
                Ok(done)
            }
            None => Err(self.stop(owner::lost())),
        }
    }

    fn stop(&mut self, why: LedgerError) -> LedgerError {
        tracing::error!(error = %why, "the ledger writes nothing any more");
        self.state.stopped = Some(why.clone());
        why
    }
}

impl Commit for Committer {
    /// A batch that does not follow from what is there is refused before anything is written, and leaves the others' work alone.
    fn take(&mut self, jobs: &mut Vec<Job>, inbox: &mut Inbox) {
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
                    done.push(Done::Kept(answer, kept));
                }
                Job::Ban { ban, answer } => {
                    let kept = self.beside(|c| beside::keep_ban(c, &ban));
                    done.push(Done::Kept(answer, kept));
                }
                Job::NoBan { venue, answer } => {
                    let lifted = self.beside(|c| beside::lift_ban(c, &venue));
                    done.push(Done::Kept(answer, lifted));
                }
                Job::Settle(answer) => self.state.wait_for_tables(answer),
                Job::Close => {}
            }
        }
        if !appends.is_empty() {
            self.append(appends, &mut done, inbox);
        }
        self.state.count_jobs(done.len());
        self.state.tell_lag();
        for done in done {
            done.answer(None);
        }
    }

    fn state(&mut self) -> &mut State {
        &mut self.state
    }

    fn mend(&mut self) {
        // Who waits is told why it is stale still.
        let _ = self.reach();
    }
}
