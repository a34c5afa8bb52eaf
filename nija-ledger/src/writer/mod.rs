//! What the one writer of a ledger does on every database: takes all jobs that wait, has them committed together and answered, and has
//! the tables brought up behind the journal.

mod behind;
mod state;

use nija_core::{Appended, LedgerError};
use std::time::Duration;
use tokio::{runtime::Runtime, sync::mpsc};

use crate::{
    fault::Outcome,
    jobs::{Answer, Job, QUEUE},
};
use behind::LAG;
pub(crate) use state::State;

/// Commits jobs to a database.
pub(crate) trait Commit {
    /// Runs a group of jobs and answers each. What comes in meanwhile waits in the inbox.
    fn take(&mut self, jobs: &mut Vec<Job>, inbox: &mut Inbox);

    /// What is in memory.
    fn state(&mut self) -> &mut State;

    /// Tries to draw memory anew that is [stale](State::stale), since somebody waits for it.
    fn mend(&mut self) {}

    /// Has the tables written, as [`State::move_on`] does.
    fn move_on(&mut self, lag: Duration) {
        if self.state().is_waited_for() && self.state().stale.is_some() {
            self.mend();
        }
        self.state().move_on(lag);
    }

    /// Brings the tables level with the journal; whether that could be done.
    fn settle(&mut self) -> bool {
        loop {
            if !self.state().wait_for_keeper() {
                return false;
            }
            self.move_on(Duration::ZERO);
            if let Some(end) = self.state().settled() {
                return end;
            }
        }
    }
}

/// Jobs that come in, and the time.
pub(crate) struct Inbox {
    pub(crate) queue: mpsc::Receiver<Job>,
    /// Of the writer's thread alone.
    pub(crate) timer: Runtime,
}

/// Runs until the queue is closed.
pub(crate) fn write(mut committer: impl Commit, mut inbox: Inbox) {
    let mut group = Vec::with_capacity(QUEUE);
    loop {
        match inbox.timer.block_on(committer.state().next(&mut inbox.queue)) {
            Next::Job(first) => {
                let mut next = Some(first);
                while let Some(job) = next {
                    match job {
                        Job::Close => inbox.queue.close(),
                        job => group.push(job),
                    }
                    next = if group.len() < QUEUE { inbox.queue.try_recv().ok() } else { None };
                }
                committer.take(&mut group, &mut inbox);
                committer.move_on(LAG);
            }
            Next::Written(result) => {
                committer.state().written(result);
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

/// A job that ran, not answered yet.
pub(crate) enum Done {
    Append(Answer<Appended>, Result<Appended, LedgerError>),
    Nonces(Answer<u64>, Result<u64, LedgerError>),
    /// Samples, or a ban.
    Kept(Answer<()>, Result<(), LedgerError>),
}

impl Done {
    /// `failed` says why what seemed to be done is not.
    pub(crate) fn answer(self, failed: Option<&LedgerError>) {
        match self {
            Self::Append(answer, result) => send(answer, result, failed),
            Self::Nonces(answer, result) => send(answer, result, failed),
            Self::Kept(answer, result) => send(answer, result, failed),
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
