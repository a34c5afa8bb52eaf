//! Which orders are sliced, and how.

use nija_core::{ExecutionMethod, Notional};
use rust_decimal::Decimal;
use std::time::Duration;

/// Settings of slicing over time (TWAP).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlicingConfig {
    /// An entry at market that is worth more than this, in USD, goes out in slices; `None` never slices.
    pub above: Option<Notional>,
    /// How many slices.
    pub slices: u32,
    /// From one slice to the next.
    pub every: Duration,
}

impl Default for SlicingConfig {
    fn default() -> Self {
        Self { above: Notional::new(Decimal::from(10_000)).ok(), slices: 10, every: Duration::from_secs(30) }
    }
}

impl SlicingConfig {
    pub(super) fn method(&self) -> ExecutionMethod {
        let every_ms = u64::try_from(self.every.as_millis()).unwrap_or(u64::MAX);
        ExecutionMethod::Twap { slices: self.slices.max(1), every_ms: every_ms.max(1) }
    }
}
