//! How the tables follow the journal: one generation under way at a time, given on when there is a time for it or a reader waits.

use nija_core::LedgerError;
use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};
use tokio::sync::mpsc;

use super::{Next, State};
use crate::{
    fault::Outcome,
    jobs::{Answer, Job},
    projection::{Generation, Staged},
};

/// How long the tables may lag behind the journal while appends go on, when their writer keeps up.
pub(super) const LAG: Duration = Duration::from_millis(500);
/// They catch up when nothing was appended for this long.
const REST: Duration = Duration::from_millis(20);
/// Between two tries to write them to a storage that does not take them.
const RETRY: Duration = Duration::from_secs(1);
/// Entries that the tables may be behind by, so that memory has a bound: beyond it appends wait for the tables' writer.
const BEHIND: usize = 50_000;

/// What the tables' writer was given.
pub(super) enum UnderWay {
    Nothing,
    Generation {
        generation: Arc<Generation>,
        waiting: Vec<Answer<()>>,
    },
    /// It failed and is to be given again.
    Failed {
        generation: Arc<Generation>,
        why: LedgerError,
    },
}

impl State {
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

    /// Answers `waiter` once the tables are level with the journal.
    pub(crate) fn wait_for_tables(&mut self, waiter: Answer<()>) {
        self.waiting.push(waiter);
    }

    /// Whether somebody waits for the tables.
    pub(super) const fn is_waited_for(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Gives the tables' writer what has waited for so long, what a reader waits for, or again what failed; at once where `lag` is zero.
    pub(super) fn move_on(&mut self, lag: Duration) {
        if let Some(why) = self.stopped.clone().or_else(|| self.stale.clone()) {
            // What is in memory may not be in the journal.
            return answer(std::mem::take(&mut self.waiting), &Err(why));
        }
        match std::mem::replace(&mut self.under_way, UnderWay::Nothing) {
            UnderWay::Nothing if !self.staged.is_dirty() => {
                answer(std::mem::take(&mut self.waiting), &Ok(()));
            }
            UnderWay::Nothing if self.is_waited_for() || self.level_at.elapsed() >= lag => {
                let generation = Arc::new(self.staged.hand_over(self.last_seq));
                let waiting = std::mem::take(&mut self.waiting);
                self.give(generation, waiting);
            }
            UnderWay::Failed { generation, .. }
                if self.is_waited_for() || lag.is_zero() || self.level_at.elapsed() >= RETRY =>
            {
                // Who waits is answered after what came since is written as well, or once this fails again.
                self.give(generation, Vec::new());
            }
            other => self.under_way = other,
        }
    }

    fn give(&mut self, generation: Arc<Generation>, waiting: Vec<Answer<()>>) {
        self.keeper.hand(Arc::clone(&generation));
        self.under_way = UnderWay::Generation { generation, waiting };
    }

    /// Takes up how the writing of the tables went.
    pub(super) fn written(&mut self, result: Outcome<()>) {
        self.level_at = Instant::now();
        let UnderWay::Generation { generation, waiting } =
            std::mem::replace(&mut self.under_way, UnderWay::Nothing)
        else {
            return;
        };
        let result = result.map_err(|fault| self.judge(fault));
        match &result {
            Ok(()) => self.staged.written(),
            Err(why) => {
                self.under_way = UnderWay::Failed { generation, why: why.clone() };
                answer(std::mem::take(&mut self.waiting), &Err(why.clone()));
            }
        }
        self.tell_lag();
        answer(waiting, &self.stopped.clone().map_or(result, Err));
    }

    /// Says whether the tables lack something; before the answers: who reads after one must know that they may.
    pub(crate) fn tell_lag(&self) {
        let lags =
            self.staged.is_dirty() || self.stale.is_some() || !matches!(self.under_way, UnderWay::Nothing);
        self.counters.lags.store(lags, Ordering::Release);
    }

    /// Waits for what the tables' writer has been given; whether that got there.
    pub(crate) fn wait_for_keeper(&mut self) -> bool {
        if !matches!(self.under_way, UnderWay::Generation { .. }) {
            return true;
        }
        let result = self.keeper.wait();
        self.written(result);
        !matches!(self.under_way, UnderWay::Failed { .. })
    }

    /// Why nothing is appended now, if so. Where the tables are too far behind, waits for their writer first.
    pub(crate) fn refusal(&mut self) -> Option<LedgerError> {
        let too_far = self.staged.len() > BEHIND;
        if too_far {
            self.wait_for_keeper();
        }
        match &self.under_way {
            _ if self.stopped.is_some() => self.stopped.clone(),
            UnderWay::Failed { why, .. } if too_far => Some(why.clone()),
            _ => None,
        }
    }

    /// Whether the tables are level with the journal; `None` while their writer is at it.
    pub(super) fn settled(&self) -> Option<bool> {
        match self.under_way {
            UnderWay::Nothing => Some(self.stopped.is_none() && self.stale.is_none()),
            UnderWay::Failed { .. } => Some(false),
            UnderWay::Generation { .. } => None,
        }
    }

    #[cfg(test)]
    pub(crate) const fn has_failed(&self) -> bool {
        matches!(self.under_way, UnderWay::Failed { .. })
    }

    /// Takes up what the tables lack, drawn anew from the journal. What failed to be written is in there again.
    pub(crate) fn redraw(&mut self, staged: Staged) {
        self.staged = staged;
        self.under_way = UnderWay::Nothing;
        self.stale = None;
    }
}

fn answer(waiting: Vec<Answer<()>>, result: &Result<(), LedgerError>) {
    for answer in waiting {
        // A reader that went away does not want to know.
        let _ = answer.send(result.clone());
    }
}
