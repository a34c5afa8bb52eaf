//! What the one writer of a ledger does on every database: takes all jobs that wait, has them committed together and answered, and has
//! the tables brought up behind the journal.

mod behind;
mod state;

use nija_core::{Appended, LedgerError};
use std::time::{Duration, Instant};
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

/// While some append together, a commit begins no sooner than this after the one before it began, and takes up all that came by then. Each
/// costs the disk a sync and the processors far more than one append does, so that fewer and larger ones leave more for the orders (ADR 42).
const APART: Duration = Duration::from_millis(1);
/// So many jobs that wait together are some. Fewer are committed at once, since a lone order's answer should wait for nobody; and so are
/// more, since another few would make their commit no cheaper.
const SOME: std::ops::Range<usize> = 4..64;

/// Jobs that come in, and the time.
pub(crate) struct Inbox {
    pub(crate) queue: mpsc::Receiver<Job>,
    /// Of the writer's thread alone.
    pub(crate) timer: Runtime,
}

impl Inbox {
    /// Takes up a job and all that wait behind it.
    fn gather(&mut self, first: Option<Job>, group: &mut Vec<Job>) {
        let mut next = first;
        while group.len() < QUEUE {
            match next.take().or_else(|| self.queue.try_recv().ok()) {
                Some(Job::Close) => self.queue.close(),
                Some(job) => group.push(job),
                None => return,
            }
        }
    }
}

/// How long so many jobs wait for others to come along, if they do: `since` the commit before them began.
fn pause(jobs: usize, since: Duration) -> Option<Duration> {
    APART.checked_sub(since).filter(|left| SOME.contains(&jobs) && !left.is_zero())
}

/// Runs until the queue is closed.
pub(crate) fn write(mut committer: impl Commit, mut inbox: Inbox) {
    let mut group = Vec::with_capacity(QUEUE);
    let mut began = Instant::now();
    loop {
        match inbox.timer.block_on(committer.state().next(&mut inbox.queue)) {
            Next::Job(first) => {
                inbox.gather(Some(first), &mut group);
                if let Some(pause) = pause(group.len(), began.elapsed()) {
                    std::thread::sleep(pause);
                    inbox.gather(None, &mut group);
                }
                began = Instant::now();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_wait_for_others_and_neither_a_lone_one_nor_many_do() {
        let (early, late) = (Duration::from_micros(300), Duration::from_micros(1_000));
        for (jobs, left) in [(1, None), (3, None), (4, Some(700)), (63, Some(700)), (64, None), (1024, None)]
        {
            assert_eq!(pause(jobs, early), left.map(Duration::from_micros), "{jobs}");
            assert_eq!(pause(jobs, late), None, "{jobs}");
        }
    }
}
