//! The one connection that writes the journal.

mod checkpoint;

use nija_core::{Appended, LedgerError};
use rusqlite::Connection;
use std::{path::Path, sync::Arc};

use checkpoint::Copier;

use super::{
    apply, bans, connect, equity,
    fault::{Fault, Outcome},
    nonces,
    numbers::from_column,
    projection::replay,
    tables,
};
use crate::{
    encode::Encoded,
    jobs::{Counters, Job},
    keeper::Keeper,
    projection::{Generation, known::Screened, reading::Reading, sound::Sound},
    writer::{Commit, Done, Inbox, State},
};

/// Commits groups of jobs on the one connection that writes the journal, and hands their consequences to the tables' writer.
pub(super) struct Committer {
    connection: Connection,
    copier: Copier,
    /// Reads the tables.
    lookups: Connection,
    state: State,
}

impl Committer {
    /// Opens the journal's file and the tables' and brings these level with it.
    pub(super) fn open(path: &Path, counters: Arc<Counters>) -> Result<Self, LedgerError> {
        let connection = connect::writer(path)?;
        let tables = tables::open(path, &connection)?;
        let last: Option<i64> = connection
            .query_row("SELECT max(seq) FROM journal", [], |row| row.get(0))
            .map_err(Fault::from)?;
        let copier = Copier::start(connect::copier(path)?)?;
        let lookups = connect::lookups(path)?;
        let keeper = Keeper::start(move |generation: &Generation| tables::write(&tables, generation))?;
        let path = path.to_owned();
        let reading = Reading::start(move || connect::lookups(&path))?;
        let state = State::new(last.map_or(0, from_column), keeper, reading, counters);
        Ok(Self { connection, copier, lookups, state })
    }

    /// Runs the jobs in one transaction, commits once, answers each. A batch that does not follow from what is there is refused
    /// before anything of it is written, and leaves the others' work alone.
    fn commit(&mut self, jobs: &mut Vec<Job>) {
        let first_seq = self.state.last_seq;
        self.state.learn();
        let mut group = Group { failed: self.state.refusal() };
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
            self.state.last_seq = first_seq;
            if !self.connection.is_autocommit() {
                let undone = run(&self.connection, "ROLLBACK");
                self.note(&mut group, undone);
            }
            self.recall();
        } else if writes {
            self.state.count_commit();
            self.state.count_jobs(done.len());
        }
        self.state.tell_lag();
        for done in done {
            done.answer(group.failed.as_ref());
        }
    }

    /// Moves a long log into the file.
    fn checkpoint(&mut self) {
        if let Err(fault) = self.copier.look(&self.connection) {
            self.state.judge(fault);
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
                let kept = self.keep(group, |connection| equity::keep(connection, &samples, keep));
                Some(Done::Kept(answer, kept))
            }
            Job::Ban { ban, answer } => {
                let kept = self.keep(group, |connection| bans::keep(connection, &ban));
                Some(Done::Kept(answer, kept))
            }
            Job::NoBan { venue, answer } => {
                let lifted = self.keep(group, |connection| bans::lift(connection, &venue));
                Some(Done::Kept(answer, lifted))
            }
            Job::Settle(answer) => {
                self.state.wait_for_tables(answer);
                None
            }
            Job::Close => None,
        }
    }

    /// Writes something that was measured.
    fn keep(
        &mut self,
        group: &mut Group,
        write: impl FnOnce(&Connection) -> Outcome<()>,
    ) -> Result<(), LedgerError> {
        match &group.failed {
            Some(error) => Err(error.clone()),
            None => write(&self.connection).map_err(|fault| self.fail(group, fault)),
        }
    }

    fn append(&mut self, group: &mut Group, encoded: Encoded) -> Result<Appended, LedgerError> {
        if let Some(error) = &group.failed {
            return Err(error.clone());
        }
        let State { staged, known, last_seq, .. } = &mut self.state;
        let tables = Screened { tables: &self.lookups, known };
        let sound = match Sound::draw(&tables, staged, *last_seq, encoded) {
            Ok(sound) => sound,
            Err(fault) => return Err(self.fail(group, fault)),
        };
        if let Err(fault) = apply::write(&self.connection, &sound) {
            let error = self.state.judge(fault);
            // Part of it may be written.
            group.failed = Some(error.clone());
            return Err(error);
        }
        Ok(sound.take_up((staged, known), last_seq))
    }

    /// What was refused concerns its caller alone; what the storage did concerns all.
    fn fail(&mut self, group: &mut Group, fault: Fault) -> LedgerError {
        let storage = matches!(fault, Fault::Sql(_));
        let error = self.state.judge(fault);
        if storage || self.state.stopped.is_some() {
            group.failed = Some(error.clone());
        }
        error
    }

    fn note(&mut self, group: &mut Group, result: Outcome<()>) {
        if let Err(fault) = result {
            group.failed = Some(self.state.judge(fault));
        }
    }

    /// After a transaction that came to nothing, memory is drawn anew from what is on the disk.
    fn recall(&mut self) {
        if !self.state.staged.is_dirty() || self.state.stopped.is_some() {
            return;
        }
        self.state.wait_for_keeper();
        match replay::missing(&self.connection, &self.lookups) {
            Ok(staged) => self.state.redraw(staged),
            Err(fault) => {
                let error = self.state.judge(fault);
                self.state.stopped.get_or_insert(error);
            }
        }
    }
}

impl Commit for Committer {
    fn take(&mut self, jobs: &mut Vec<Job>, _: &mut Inbox) {
        self.commit(jobs);
        self.checkpoint();
    }

    fn state(&mut self) -> &mut State {
        &mut self.state
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

#[cfg(test)]
mod tests;
