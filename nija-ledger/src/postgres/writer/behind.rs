//! How the tables follow the journal: one generation under way at a time, given on when there is a time for it or a reader waits.

use nija_core::LedgerError;
use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};
use tokio::sync::mpsc;

use super::{Committer, Next, told};
use crate::{
    fault::Outcome,
    jobs::{Answer, Job},
    postgres::keeper::Work,
};

/// How long the tables may lag behind the journal while appends go on, when their writer keeps up.
pub(super) const LAG: Duration = Duration::from_millis(500);
/// They catch up when nothing was appended for this long.
const REST: Duration = Duration::from_millis(20);
/// Between two tries to write them to a database that does not take them.
const RETRY: Duration = Duration::from_secs(1);
/// Entries that the tables may be behind by, so that memory has a bound: beyond it appends wait for the tables' writer.
const BEHIND: usize = 50_000;

/// What the tables' writer was given.
pub(super) enum UnderWay {
    Nothing,
    Generation {
        work: Arc<Work>,
        waiting: Vec<Answer<()>>,
    },
    /// It failed and is to be given again.
    Failed {
        work: Arc<Work>,
        why: LedgerError,
    },
}

impl Committer {
    /// Waits for what happens next.
    pub(super) async fn next(&mut self, queue: &mut mpsc::Receiver<Job>) -> Next {
        let (is_written, pause) = match self.under_way {
            UnderWay::Generation { .. } => (true, None),
            UnderWay::Failed { .. } => (false, Some(RETRY)),
            UnderWay::Nothing => (false, (self.staged.is_dirty() && self.stale.is_none()).then_some(REST)),
        };
        tokio::select! {
            biased;
            result = self.keeper.done(), if is_written => Next::Written(result),
            job = queue.recv() => job.map_or(Next::End, Next::Job),
            () = tokio::time::sleep(pause.unwrap_or_default()), if pause.is_some() => Next::Rest,
        }
    }

    /// Gives the tables' writer what has waited for so long, what a reader waits for, or again what failed; at once where `lag` is zero.
    pub(super) fn move_on(&mut self, lag: Duration) {
        if self.stale.is_some() && !self.waiting.is_empty() {
            // What cannot be reached is told below.
            let _ = self.reach();
        }
        if let Some(why) = self.stopped.clone().or_else(|| self.stale.clone()) {
            // What is in memory may not be in the database.
            let waiting = std::mem::take(&mut self.waiting);
            return answer(waiting, &Err(why));
        }
        match std::mem::replace(&mut self.under_way, UnderWay::Nothing) {
            UnderWay::Nothing if !self.staged.is_dirty() => {
                answer(std::mem::take(&mut self.waiting), &Ok(()));
            }
            UnderWay::Nothing if !self.waiting.is_empty() || self.level_at.elapsed() >= lag => {
                let (before, generation) = (self.given, self.staged.hand_over(self.last_seq));
                self.given = self.last_seq;
                self.give(Arc::new(Work { before, generation }));
            }
            UnderWay::Failed { work, .. }
                if !self.waiting.is_empty() || lag.is_zero() || self.level_at.elapsed() >= RETRY =>
            {
                // Who waits is answered after what came since is written as well, or once this fails again.
                self.keeper.hand(Arc::clone(&work));
                self.under_way = UnderWay::Generation { work, waiting: Vec::new() };
            }
            other => self.under_way = other,
        }
    }

    fn give(&mut self, work: Arc<Work>) {
        self.keeper.hand(Arc::clone(&work));
        self.under_way = UnderWay::Generation { work, waiting: std::mem::take(&mut self.waiting) };
    }

    /// Takes up how the writing of the tables went.
    pub(super) fn written(&mut self, result: Outcome<()>) {
        self.level_at = Instant::now();
        let UnderWay::Generation { work, waiting } =
            std::mem::replace(&mut self.under_way, UnderWay::Nothing)
        else {
            return;
        };
        let result = result.map_err(told);
        match &result {
            Ok(()) => self.staged.written(),
            Err(why) => {
                self.under_way = UnderWay::Failed { work, why: why.clone() };
                answer(std::mem::take(&mut self.waiting), &Err(why.clone()));
            }
        }
        self.tell_lag();
        answer(waiting, &self.stopped.clone().map_or(result, Err));
    }

    pub(super) fn tell_lag(&self) {
        let lags =
            self.staged.is_dirty() || self.stale.is_some() || !matches!(self.under_way, UnderWay::Nothing);
        self.counters.lags.store(lags, Ordering::Release);
    }

    /// Waits for what the tables' writer has been given.
    pub(super) fn wait_for_keeper(&mut self) {
        if let UnderWay::Generation { .. } = self.under_way {
            let result = self.keeper.wait();
            self.written(result);
        }
    }

    /// Where the tables are too far behind, waits for their writer.
    pub(super) fn wait_for_room(&mut self) {
        if self.staged.len() > BEHIND {
            self.wait_for_keeper();
        }
    }

    /// Why nothing more can be held for the tables, if so.
    pub(super) fn no_room(&self) -> Option<LedgerError> {
        match &self.under_way {
            UnderWay::Failed { why, .. } if self.staged.len() > BEHIND => Some(why.clone()),
            _ => None,
        }
    }

    /// Brings the tables level with the journal; whether that could be done.
    pub(super) fn settle(&mut self) -> bool {
        loop {
            self.wait_for_keeper();
            if let UnderWay::Failed { .. } = self.under_way {
                return false;
            }
            self.move_on(Duration::ZERO);
            match self.under_way {
                UnderWay::Nothing => return self.stopped.is_none() && self.stale.is_none(),
                UnderWay::Failed { .. } => return false,
                UnderWay::Generation { .. } => {}
            }
        }
    }
}

fn answer(waiting: Vec<Answer<()>>, result: &Result<(), LedgerError>) {
    for answer in waiting {
        // A reader that went away does not want to know.
        let _ = answer.send(result.clone());
    }
}
