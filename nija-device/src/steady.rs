//! A clock that nobody sets.

use nija_core::{Clock, Timestamp};
use std::time::Instant;

/// Runs with the machine and cannot be set: it counts from when it was made. It stands still where the phone sleeps, which only makes
/// waits longer.
#[derive(Debug, Clone, Copy)]
pub struct SteadyClock(Instant);

impl Default for SteadyClock {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl Clock for SteadyClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(0).plus(self.0.elapsed())
    }
}
