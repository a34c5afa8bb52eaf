//! What a writer has in memory.

use nija_core::LedgerError;
use std::{
    sync::{Arc, atomic::Ordering},
    time::Instant,
};

use super::behind::UnderWay;
use crate::{
    fault::Fault,
    jobs::{Answer, Counters},
    keeper::Keeper,
    projection::{Staged, known::Known, reading::Reading},
};

/// How far the journal goes, what the tables lack of what follows from it, and what they have.
pub(crate) struct State {
    pub(crate) last_seq: u64,
    pub(crate) staged: Staged,
    pub(crate) known: Known,
    /// Until the known ids are read.
    reading: Option<Reading>,
    pub(super) keeper: Keeper,
    pub(super) under_way: UnderWay,
    /// Who waits for the tables to be level with the journal.
    pub(super) waiting: Vec<Answer<()>>,
    /// When the tables' writer had written what it was given, or failed to.
    pub(super) level_at: Instant,
    pub(super) counters: Arc<Counters>,
    /// Why nothing is written any more.
    pub(crate) stopped: Option<LedgerError>,
    /// Why what is in memory must be drawn anew before anything is built on it.
    pub(crate) stale: Option<LedgerError>,
}

impl State {
    /// The tables, which `keeper` writes, are level with the journal, which ends with entry `last_seq`.
    pub(crate) fn new(last_seq: u64, keeper: Keeper, reading: Reading, counters: Arc<Counters>) -> Self {
        Self {
            last_seq,
            staged: Staged::after(last_seq),
            known: Known::new(),
            reading: Some(reading),
            keeper,
            under_way: UnderWay::Nothing,
            waiting: Vec::new(),
            level_at: Instant::now(),
            counters,
            stopped: None,
            stale: None,
        }
    }

    /// Takes up which ids are known, once that was read.
    pub(crate) fn learn(&mut self) {
        if self.reading.as_ref().is_some_and(|reading| reading.teach(&mut self.known)) {
            self.reading = None;
        }
    }

    /// A transaction that was committed.
    pub(crate) fn count_commit(&self) {
        self.counters.commits.fetch_add(1, Ordering::Relaxed);
    }

    /// Jobs that were done.
    pub(crate) fn count_jobs(&self, jobs: usize) {
        self.counters.jobs.fetch_add(jobs as u64, Ordering::Relaxed);
    }

    /// After a failed read or write of the disk nobody knows what is on it: building on would lose acknowledged work silently, so the
    /// writer stops until the ledger is opened again and the database has recovered.
    pub(crate) fn judge(&mut self, fault: Fault) -> LedgerError {
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
