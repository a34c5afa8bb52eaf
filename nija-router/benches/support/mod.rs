//! The lightest possible surroundings of an engine.

mod ledger;
mod venue;

pub(crate) use ledger::NullLedger;
pub(crate) use venue::{InstantVenue, NoVault};

use futures::StreamExt;
use nija_core::{EventBus, JournalEvent, Subscription, Timestamp, UserEventKind, UserId};
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Notify;

/// Counts fills.
#[derive(Default)]
pub(crate) struct CountingBus {
    filled: AtomicU64,
    goal: AtomicU64,
    reached: Notify,
}

impl CountingBus {
    pub(crate) fn filled(&self) -> u64 {
        self.filled.load(Ordering::SeqCst)
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
