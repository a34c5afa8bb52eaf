//! A connection that is lost, and what was under way on it.

use nija_core::LedgerError;
use std::time::Duration;

use super::Committer;
use crate::{
    fault::Outcome,
    jobs::Job,
    numbers::from_column,
    postgres::{
        connect::Connection,
        owner::{self, Owner},
        replay,
    },
    projection::{Staged, known::Known},
    writer::Inbox,
};

/// Between two tries to reach a database that does not answer while a commit is in doubt.
const PAUSE: Duration = Duration::from_millis(200);

/// What is known without asking.
type Memory<'m> = (&'m Staged, &'m Known);

impl Committer {
    /// Runs what may be run twice: where the server had closed the connection, on a new one.
    pub(super) fn again<T>(
        &mut self,
        mut work: impl FnMut(&Connection, Memory<'_>, Owner) -> Outcome<T>,
    ) -> Result<T, LedgerError> {
        let was_open = self.connection.is_some();
        match self.once(&mut work) {
            Ok(Some(done)) => return Ok(done),
            Ok(None) if was_open => {}
            Ok(None) => return Err(unreachable()),
            Err(error) => return Err(error),
        }
        self.once(&mut work)?.ok_or_else(unreachable)
    }

    /// `None` where the connection was lost on the way.
    fn once<T>(
        &mut self,
        work: &mut dyn FnMut(&Connection, Memory<'_>, Owner) -> Outcome<T>,
    ) -> Result<Option<T>, LedgerError> {
        self.reach()?;
        let Some(connection) = &self.connection else { return Ok(None) };
        match work(connection, (&self.state.staged, &self.state.known), self.owner) {
            Ok(done) => Ok(Some(done)),
            Err(fault) if fault.is_lost() => {
                tracing::warn!(error = %LedgerError::from(fault), "the ledger's connection is lost");
                self.connection = None;
                Ok(None)
            }
            Err(fault) => Err(self.state.judge(fault)),
        }
    }

    /// Makes sure of the connection, and of what is in memory.
    pub(super) fn reach(&mut self) -> Result<(), LedgerError> {
        if self.connection.as_ref().is_none_or(Connection::is_closed) {
            let end = self.reconnect()?;
            if end != self.state.last_seq {
                return Err(self.torn(end, self.state.last_seq));
            }
        }
        if self.state.stale.is_some() {
            self.recall();
        }
        self.state.stale.clone().or_else(|| self.state.stopped.clone()).map_or(Ok(()), Err)
    }

    /// Connects again as the same owner; answers with the journal's last entry. Nothing of the old connection can arrive any more.
    fn reconnect(&mut self) -> Result<u64, LedgerError> {
        self.connection = None;
        if let Some(stopped) = self.state.stopped.clone() {
            return Err(stopped);
        }
        let connect = || -> Outcome<_> {
            let connection = Connection::open(&self.address)?;
            let Some(owner) = self.owner.again(&connection)? else { return Ok(None) };
            let end = connection.row("SELECT coalesce(max(seq), 0) FROM journal", &[])?;
            let end = end.map_or(Ok(0), |row| row.try_get(0))?;
            Ok(Some((connection, owner, from_column(end))))
        };
        match connect().map_err(LedgerError::from)? {
            Some((connection, owner, end)) => {
                tracing::info!(epoch = owner.epoch, "the ledger's connection is made again");
                (self.connection, self.owner) = (Some(connection), owner);
                Ok(end)
            }
            None => Err(self.stop(owner::lost())),
        }
    }

    /// Whether entries whose commit lost its answer are in the journal: known once the database is back, and until then nobody is
    /// answered who waits for them. Whoever comes meanwhile is told that it cannot be reached.
    pub(super) fn arrived(
        &mut self,
        first_seq: u64,
        mut why: LedgerError,
        inbox: &mut Inbox,
    ) -> Result<bool, LedgerError> {
        loop {
            match self.reconnect() {
                Ok(end) if end == self.state.last_seq => return Ok(true),
                Ok(end) if end == first_seq => return Ok(false),
                Ok(end) => return Err(self.torn(end, first_seq)),
                Err(error) if self.state.stopped.is_some() => return Err(error),
                Err(error) => why = if matches!(error, LedgerError::Storage(_)) { error } else { why },
            }
            if !inbox.refuse_for(PAUSE, &why) {
                let words = format!(
                    "the ledger was closed before it could be known whether the entries are in it: {why}"
                );
                return Err(self.stop(LedgerError::Storage(words)));
            }
        }
    }

    /// The journal ends elsewhere than this server left it.
    fn torn(&mut self, end: u64, last: u64) -> LedgerError {
        self.stop(LedgerError::Storage(format!(
            "the journal in the database ends with entry {end} and this server's with {last}: an older copy of it was put back, or a \
             standby took over that lacked the last commits; nothing is written until the ledger is opened again"
        )))
    }

    /// Draws memory anew from what is in the database; what fails is tried again before the next append.
    pub(super) fn recall(&mut self) {
        if self.state.stopped.is_some() {
            return;
        }
        self.state.wait_for_keeper();
        let Some(connection) = &self.connection else { return };
        match replay::missing(connection) {
            Ok(staged) => self.state.redraw(staged),
            Err(fault) => {
                let lost = fault.is_lost();
                self.state.stale = Some(self.state.judge(fault));
                if lost {
                    self.connection = None;
                }
            }
        }
    }
}

impl Inbox {
    /// Refuses what comes in for a while; `false` once the ledger is being closed.
    fn refuse_for(&mut self, pause: Duration, why: &LedgerError) -> bool {
        let Self { queue, timer } = self;
        timer.block_on(async {
            let end = tokio::time::sleep(pause);
            tokio::pin!(end);
            loop {
                let job = tokio::select! {
                    () = &mut end => return true,
                    job = queue.recv() => job,
                };
                match job {
                    None => return false,
                    Some(Job::Close) => queue.close(),
                    Some(Job::Append(_, answer)) => drop(answer.send(Err(why.clone()))),
                    Some(Job::Nonces { answer, .. }) => drop(answer.send(Err(why.clone()))),
                    Some(
                        Job::Equity { answer, .. }
                        | Job::Ban { answer, .. }
                        | Job::NoBan { answer, .. }
                        | Job::Settle(answer),
                    ) => {
                        drop(answer.send(Err(why.clone())));
                    }
                }
            }
        })
    }
}

fn unreachable() -> LedgerError {
    LedgerError::Storage("the database cannot be reached".into())
}
