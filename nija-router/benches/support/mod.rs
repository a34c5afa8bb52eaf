//! The lightest possible surroundings of an engine.

mod ledger;
mod venue;

pub(crate) use ledger::NullLedger;
pub(crate) use venue::{InstantVenue, NoVault};

use futures::StreamExt;
use nija_core::{EventBus, JournalEvent, Subscription, Timestamp, UserEventKind, UserId};
use parking_lot::Mutex;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use tokio::sync::{Notify, Semaphore};

/// Counts fills.
#[derive(Default)]
pub(crate) struct CountingBus {
    filled: AtomicU64,
    goal: AtomicU64,
    reached: Notify,
    places: Mutex<Option<Arc<Semaphore>>>,
}

impl CountingBus {
    pub(crate) fn filled(&self) -> u64 {
        self.filled.load(Ordering::SeqCst)
    }

    /// Begins a run with so many orders under way at most.
    pub(crate) fn allow(&self, in_flight: usize) {
        *self.places.lock() = Some(Arc::new(Semaphore::new(in_flight)));
    }

    /// Waits until one more order may be under way; each fill makes room.
    pub(crate) async fn place(&self) {
        let places = self.places.lock().clone().unwrap();
        places.acquire().await.unwrap().forget();
    }

    pub(crate) async fn wait_for(&self, goal: u64) {
        self.goal.store(goal, Ordering::SeqCst);
        while self.filled() < goal {
            let reached = self.reached.notified();
            if self.filled() < goal {
                reached.await;
            }
        }
    }
}

impl EventBus for CountingBus {
    fn publish(&self, _: UserId, _: Timestamp, kind: UserEventKind) {
        if let UserEventKind::Journal(record) = kind
            && matches!(record.event, JournalEvent::Filled(_))
        {
            if let Some(places) = &*self.places.lock() {
                places.add_permits(1);
            }
            let filled = self.filled.fetch_add(1, Ordering::SeqCst) + 1;
            if filled >= self.goal.load(Ordering::SeqCst) {
                self.reached.notify_one();
            }
        }
    }

    fn subscribe(&self, _: UserId, _: Option<(&str, u64)>) -> Subscription {
        Subscription {
            stream: "bench".into(),
            last_seq: 0,
            missed: None,
            events: futures::stream::empty().boxed(),
        }
    }
}
