//! What callers hand to a ledger's one writer, and how they are answered.

use nija_core::{Appended, CredentialId, EquityKeep, EquitySample, LedgerError, VenueBan, VenueId};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::sync::oneshot;

use crate::{LedgerStats, encode::Encoded};

/// Jobs that may wait; a caller beyond waits for room. Also the most that one commit takes.
pub(crate) const QUEUE: usize = 1024;

pub(crate) type Answer<T> = oneshot::Sender<Result<T, LedgerError>>;

/// Something for the writer to do.
pub(crate) enum Job {
    Append(Encoded, Answer<Appended>),
    Nonces {
        key: CredentialId,
        floor: u64,
        count: u64,
        answer: Answer<u64>,
    },
    Equity {
        samples: Vec<EquitySample>,
        keep: EquityKeep,
        answer: Answer<()>,
    },
    Ban {
        ban: VenueBan,
        answer: Answer<()>,
    },
    NoBan {
        venue: VenueId,
        answer: Answer<()>,
    },
    /// Bring the tables level with the journal.
    Settle(Answer<()>),
    /// Finish what waits and end.
    Close,
}

/// What the writer did, counted.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) commits: AtomicU64,
    pub(crate) jobs: AtomicU64,
    /// Whether the tables lack something that was answered.
    pub(crate) lags: AtomicBool,
}

impl Counters {
    pub(crate) fn stats(&self) -> LedgerStats {
        LedgerStats { commits: self.commits.load(Ordering::Relaxed), jobs: self.jobs.load(Ordering::Relaxed) }
    }
}
