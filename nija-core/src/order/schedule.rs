//! Orders that are carried out by others: their children.

use serde::{Deserialize, Serialize};
use std::time::Duration;

use super::OrderSize;
use crate::Timestamp;

/// How an order is carried out where it does not go to one venue as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum ExecutionMethod {
    /// At several venues at once; each share is an order of its own.
    Split,
    /// In slices of equal size over time, each routed anew. What a slice leaves goes into those that follow.
    Twap {
        /// How many slices.
        slices: u32,
        /// Milliseconds from one slice to the next.
        every_ms: u64,
    },
}

impl ExecutionMethod {
    /// `split` or `twap`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Split => "split",
            Self::Twap { .. } => "twap",
        }
    }
}

/// How far an order that is carried out by others has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// How.
    #[serde(flatten)]
    pub method: ExecutionMethod,
    /// How much of what was wanted is carried out, where that was set down: what risk let through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<OrderSize>,
    /// When it began.
    pub began_at: Timestamp,
    /// Children made so far.
    #[serde(default)]
    pub children: u32,
    /// When the newest of them was made.
    #[serde(default)]
    pub last_child_at: Option<Timestamp>,
    /// Whether no more are made: it ends with those that are there.
    #[serde(default)]
    pub stopped: bool,
}

impl Schedule {
    /// At its beginning.
    #[must_use]
    pub const fn new(method: ExecutionMethod, began_at: Timestamp) -> Self {
        Self { method, size: None, began_at, children: 0, last_child_at: None, stopped: false }
    }

    /// The slice whose time it is: 0 for the first. `None` when the time of all slices is over; a split has none.
    #[must_use]
    pub fn slice_at(&self, now: Timestamp) -> Option<u32> {
        let ExecutionMethod::Twap { slices, every_ms } = self.method else {
            return None;
        };
        let passed = now.since(self.began_at).as_millis() / u128::from(every_ms.max(1));
        u32::try_from(passed).ok().filter(|slice| *slice < slices)
    }

    /// When a slice's time begins.
    #[must_use]
    pub fn begin_of(&self, slice: u32) -> Timestamp {
        match self.method {
            ExecutionMethod::Twap { every_ms, .. } => {
                self.began_at.plus(Duration::from_millis(every_ms.saturating_mul(u64::from(slice))))
            }
            ExecutionMethod::Split => self.began_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_slice_has_its_time() {
        let start = Timestamp::from_micros(1_000_000);
        let twap = Schedule::new(ExecutionMethod::Twap { slices: 3, every_ms: 10_000 }, start);
        let after = |ms| twap.slice_at(start.plus(Duration::from_millis(ms)));
        assert_eq!(
            [after(0), after(9_999), after(10_000), after(29_999), after(30_000)],
            [Some(0), Some(0), Some(1), Some(2), None]
        );
        assert_eq!(twap.begin_of(2), start.plus(Duration::from_secs(20)));
        assert_eq!(Schedule::new(ExecutionMethod::Split, start).slice_at(start), None);
    }
}
