//! How the tables follow the journal: one generation under way at a time, given on when there is a time for it or a reader waits.

use nija_core::LedgerError;
use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};
use tokio::sync::mpsc;

use super::{Answer, Committer, Job, Next, send};
use crate::{
    projection::Generation,
    sqlite::{fault::Outcome, projection::replay},
};

/// How long the tables may lag behind the journal while appends go on, when their writer keeps up.
pub(super) const LAG: Duration = Duration::from_millis(500);
/// They catch up when nothing was appended for this long.
const REST: Duration = Duration::from_millis(20);
/// Between two tries to write them to a disk that does not take them.
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

impl Committer {
    /// Waits for what happens next.
    pub(super) async fn next(&mut self, queue: &mut mpsc::Receiver<Job>) -> Next {
        let (is_written, pause) = match self.under_way {
            UnderWay::Generation { .. } => (true, None),
            UnderWay::Failed { .. } => (false, Some(RETRY)),
            UnderWay::Nothing => (false, self.staged.is_dirty().then_some(REST)),
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
        if let Some(stopped) = self.stopped.clone() {
            // What is in memory may not be on the disk.
            let waiting = std::mem::take(&mut self.waiting);
            return self.answer(waiting, &Err(stopped));
        }
        match std::mem::replace(&mut self.under_way, UnderWay::Nothing) {
            UnderWay::Nothing if !self.staged.is_dirty() => {
                let waiting = std::mem::take(&mut self.waiting);
                self.answer(waiting, &Ok(()));
            }
            UnderWay::Nothing if !self.waiting.is_empty() || self.level_at.elapsed() >= lag => {
                let generation = Arc::new(self.staged.hand_over(self.last_seq));
                self.give(generation);
            }
            UnderWay::Failed { generation, .. }
                if !self.waiting.is_empty() || lag.is_zero() || self.level_at.elapsed() >= RETRY =>
            {
                // Who waits is answered after what came since is written as well, or once this fails again.
                self.keeper.hand(Arc::clone(&generation));
                self.under_way = UnderWay::Generation { generation, waiting: Vec::new() };
            }
            other => self.under_way = other,
        }
    }

    fn give(&mut self, generation: Arc<Generation>) {
        self.keeper.hand(Arc::clone(&generation));
        self.under_way = UnderWay::Generation { generation, waiting: std::mem::take(&mut self.waiting) };
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
                let waiting = std::mem::take(&mut self.waiting);
                self.answer(waiting, &result);
            }
        }
        self.tell_lag();
        self.answer(waiting, &result);
    }

    fn answer(&self, waiting: Vec<Answer<()>>, result: &Result<(), LedgerError>) {
        for answer in waiting {
            send(answer, result.clone(), self.stopped.as_ref());
        }
    }

    pub(super) fn tell_lag(&self) {
        let lags = self.staged.is_dirty() || !matches!(self.under_way, UnderWay::Nothing);
        self.counters.lags.store(lags, Ordering::Release);
    }

    /// Where the tables are too far behind, waits for their writer.
    pub(super) fn wait_for_room(&mut self) {
        if self.staged.len() > BEHIND && matches!(self.under_way, UnderWay::Generation { .. }) {
            let result = self.keeper.wait();
            self.written(result);
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
            if let UnderWay::Generation { .. } = self.under_way {
                let result = self.keeper.wait();
                self.written(result);
                if let UnderWay::Failed { .. } = self.under_way {
                    return false;
                }
            }
            self.move_on(Duration::ZERO);
            match self.under_way {
                UnderWay::Nothing => return self.stopped.is_none(),
                UnderWay::Failed { .. } => return false,
                UnderWay::Generation { .. } => {}
            }
        }
    }

    /// After a transaction that came to nothing, memory is drawn anew from what is on the disk.
    pub(super) fn recall(&mut self) {
        if !self.staged.is_dirty() || self.stopped.is_some() {
            return;
        }
        if let UnderWay::Generation { .. } = self.under_way {
            let result = self.keeper.wait();
            self.written(result);
        }
        match replay::missing(&self.connection, &self.lookups) {
            Ok(staged) => {
                self.staged = staged;
                // What failed is in there again.
                self.under_way = UnderWay::Nothing;
            }
            Err(fault) => {
                let error = self.judge(fault);
                self.stopped.get_or_insert(error);
            }
        }
    }
}
