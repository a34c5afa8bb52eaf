//! The wall clock in step with Tokio's, so that paused time moves both; it can be set forward.

use nija_core::{Clock, Timestamp};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;

#[derive(Debug, Clone)]
pub(crate) struct TestClock {
    began: Instant,
    base: Timestamp,
    ahead: Arc<AtomicU64>,
}

impl TestClock {
    pub(crate) fn new() -> Self {
        let base = Timestamp::from_micros(1_760_000_000_000_000);
        Self { began: Instant::now(), base, ahead: Arc::default() }
    }

    /// Somebody sets it forward. No time passes.
    pub(crate) fn set_forward(&self, by: Duration) {
        self.ahead.fetch_add(u64::try_from(by.as_micros()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        let ahead = Duration::from_micros(self.ahead.load(Ordering::SeqCst));
        self.base.plus(self.began.elapsed()).plus(ahead)
    }
}
