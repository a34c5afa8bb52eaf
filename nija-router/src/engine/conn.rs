//! A user's account at a venue: its stream, what is still to be asked, and the user's fees.

use nija_core::{CustodyMode, FeeSchedule, Symbol, Timestamp};
use parking_lot::{Mutex, RwLock};
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU8, Ordering},
    },
};
use tokio::{sync::Notify, task::AbortHandle};
use tokio_util::task::TaskTracker;

use super::{gap::Gap, latch::Latch, venue::Venue};

/// What an account's keeper is asked to do. Requests add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ask(u8);

impl Ask {
    pub(crate) const NOTHING: Self = Self(0);
    /// Orders that should have ended by now are looked up, after a while.
    pub(crate) const CHECK: Self = Self(1);
    /// Fills that a report spoke of and that have not come are fetched, after a moment.
    pub(crate) const FILLS: Self = Self(2);
    /// Everything: balances, open orders, fills.
    pub(crate) const RECONCILE: Self = Self(4);
    /// Balances that were carried on by fills and not told by the venue since, after a while.
    pub(crate) const BALANCES: Self = Self(8);

    pub(crate) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// One account.
pub(crate) struct Conn {
    pub(crate) venue: Arc<Venue>,
    /// Since when the user trades there through this platform: nothing older is any business of ours.
    pub(crate) since: Timestamp,
    /// Who can make its key sign.
    pub(crate) custody: CustodyMode,
    /// Whether its stream is up.
    up: AtomicBool,
    /// Whether its key is about to be locked: nothing is opened there any more.
    closing: AtomicBool,
    /// What its stream may have missed.
    pub(crate) gap: Gap,
    asked: AtomicU8,
    pub(crate) wake: Notify,
    /// Whether it has been reconciled once, or at least tried.
    pub(crate) tried: Latch,
    /// The venue's answer to the first try, where it was a refusal of the key.
    pub(crate) refused: Mutex<Option<nija_core::VenueError>>,
    fees: RwLock<HashMap<Symbol, FeeSchedule>>,
    handles: Mutex<Vec<AbortHandle>>,
    pub(super) tasks: TaskTracker,
}

impl Conn {
    pub(crate) fn new(venue: Arc<Venue>, since: Timestamp, custody: CustodyMode) -> Self {
        Self {
            venue,
            since,
            custody,
            up: AtomicBool::new(false),
            closing: AtomicBool::new(false),
            gap: Gap::default(),
            asked: AtomicU8::new(0),
            wake: Notify::new(),
            tried: Latch::default(),
            refused: Mutex::default(),
            fees: RwLock::default(),
            handles: Mutex::default(),
            tasks: TaskTracker::new(),
        }
    }

    /// Asks the keeper for something.
    pub(crate) fn ask(&self, what: Ask) {
        let before = self.asked.fetch_or(what.0, Ordering::AcqRel);
        // Whoever asked for it first has woken the keeper already.
        if Self::is_news(before, what) {
            self.wake.notify_one();
        }
    }

    const fn is_news(before: u8, what: Ask) -> bool {
        before | what.0 != before
    }

    /// What has been asked for since the last time, left there.
    pub(crate) fn asked(&self) -> Ask {
        Ask(self.asked.load(Ordering::Acquire))
    }

    /// What has been asked for since the last time.
    pub(crate) fn take_asked(&self) -> Ask {
        Ask(self.asked.swap(0, Ordering::AcqRel))
    }

    pub(crate) fn is_up(&self) -> bool {
        self.up.load(Ordering::Relaxed)
    }

    pub(crate) fn set_up(&self, up: bool) {
        self.up.store(up, Ordering::Relaxed);
    }

    /// Whether its key signs only while its user is present.
    pub(crate) fn is_attended(&self) -> bool {
        self.custody != CustodyMode::Delegated
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::SeqCst)
    }

    /// Nothing is opened there from now on.
    pub(crate) fn set_closing(&self) {
        self.closing.store(true, Ordering::SeqCst);
    }

    pub(crate) fn fee(&self, symbol: &Symbol) -> FeeSchedule {
        self.fees.read().get(symbol).copied().unwrap_or_else(|| self.venue.executor.default_fees())
    }

    pub(crate) fn set_fee(&self, symbol: Symbol, fees: FeeSchedule) {
        self.fees.write().insert(symbol, fees);
    }

    /// The fees of the same user's account as it was connected before.
    pub(crate) fn inherit(&self, before: &Self) {
        self.fees.write().clone_from(&before.fees.read());
    }

    pub(crate) fn lacks_fees(&self) -> bool {
        self.fees.read().is_empty()
    }

    pub(crate) fn keep(&self, handles: impl IntoIterator<Item = AbortHandle>) {
        self.handles.lock().extend(handles);
    }

    /// Ends its tasks and waits until they are gone. Who calls holds the user's lock: no task is between an append and its memory then, for
    /// that whole way is under the same lock.
    pub(super) async fn end(&self) {
        self.handles.lock().drain(..).for_each(|task| task.abort());
        self.tasks.close();
        self.tasks.wait().await;
    }
}
