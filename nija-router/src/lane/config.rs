//! Settings of a venue's lane.

use std::{num::NonZeroU32, time::Duration};

/// Settings of a venue's lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaneConfig {
    /// Entries that may wait. A full lane refuses; it never drops.
    pub capacity: usize,
    /// Orders that are being sent at a time.
    pub workers: usize,
    /// Orders a second to the venue, exits and cancels included.
    pub rate_per_second: NonZeroU32,
    /// Share of that rate, in per cent, that entries may not use: 1 to 99.
    pub exit_reserve_percent: u32,
    /// Failures in a row that open the breaker.
    pub breaker_failures: u32,
    /// How long it stays open before one probe may go.
    pub breaker_open_for: Duration,
}

impl Default for LaneConfig {
    fn default() -> Self {
        Self {
            capacity: 1024,
            workers: 32,
            // Executors keep to what their venue counts by key and account. This bounds what leaves this address for one
            // venue at all, far above what a real venue takes from one address and above what a simulated one is tested with.
            rate_per_second: NonZeroU32::MIN.saturating_add(19_999),
            exit_reserve_percent: 20,
            breaker_failures: 5,
            breaker_open_for: Duration::from_secs(60),
        }
    }
}
