//! Settings of a venue's lane.

use std::{num::NonZeroU32, time::Duration};

/// Settings of a venue's lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaneConfig {
    /// Entries that may wait. A full lane refuses; it never drops. A user has at most as many places as are free.
    pub capacity: usize,
    /// Orders that are being sent at a time; exits are not counted. A user has at most as many under way as are free.
    pub workers: usize,
    /// Orders a second to the venue from this address, exits and cancels included.
    pub rate_per_second: NonZeroU32,
    /// Orders a second of one user, where the venue counts by key or account; no bound when missing.
    pub account_rate_per_second: Option<NonZeroU32>,
    /// Orders a second of one user in one symbol, where the venue counts by pair; no bound when missing.
    pub pair_rate_per_second: Option<NonZeroU32>,
    /// Share of each of these rates, in per cent, that entries may not use: 1 to 99.
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
            workers: 128,
            // Executors keep to what their venue counts by key and account. This bounds what leaves this address for one
            // venue at all, far above what a real venue takes from one address and above what a simulated one is tested with.
            rate_per_second: NonZeroU32::MIN.saturating_add(19_999),
            // Far above what venues take from one account. The venue's own headers slow a user down before that.
            account_rate_per_second: NonZeroU32::new(500),
            pair_rate_per_second: NonZeroU32::new(250),
            exit_reserve_percent: 20,
            breaker_failures: 5,
            breaker_open_for: Duration::from_secs(60),
        }
    }
}
