//! `[equity]`: how often accounts are measured, and how long that is kept.

use nija_core::EquityKeep;
use serde::Deserialize;
use std::time::Duration;

const DAY: u64 = 24 * 60 * 60;

/// The equity curve.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EquityConfig {
    /// Seconds between two measurements of every account.
    pub every_seconds: u64,
    /// Days of which every measurement is kept.
    pub all_days: u32,
    /// Days of which the last measurement is kept.
    pub days: u32,
}

impl Default for EquityConfig {
    fn default() -> Self {
        Self { every_seconds: 5 * 60, all_days: 7, days: 1830 }
    }
}

impl EquityConfig {
    /// The time between two measurements.
    #[must_use]
    pub const fn every(&self) -> Duration {
        Duration::from_secs(self.every_seconds)
    }

    /// How long they are kept.
    #[must_use]
    pub fn keep(&self) -> EquityKeep {
        EquityKeep { all: Duration::from_secs(u64::from(self.all_days) * DAY), days: self.days }
    }

    /// Measurements of one account that are kept whole.
    pub(super) fn samples(&self) -> u64 {
        (u64::from(self.all_days) * DAY).checked_div(self.every_seconds).unwrap_or(u64::MAX)
    }
}
