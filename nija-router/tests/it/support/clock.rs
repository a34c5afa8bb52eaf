//! The wall clock in step with Tokio's, so that paused time moves both.

use nija_core::{Clock, Timestamp};
use tokio::time::Instant;

#[derive(Debug, Clone)]
pub(crate) struct TestClock {
    began: Instant,
    base: Timestamp,
}

impl TestClock {
    pub(crate) fn new() -> Self {
        Self { began: Instant::now(), base: Timestamp::from_micros(1_760_000_000_000_000) }
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        self.base.plus(self.began.elapsed())
    }
}
