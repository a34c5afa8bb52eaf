use nija_core::{AccountState, OrderIntent, Reason, RiskPolicy, Verdict};
use std::time::Duration;

use super::RiskLimits;

/// One entry a second for each user.
#[derive(Debug, Clone, Copy)]
pub struct EntryRate(Duration);

impl EntryRate {
    /// By `entry_interval`.
    #[must_use]
    pub const fn new(limits: &RiskLimits) -> Self {
        Self(limits.entry_interval)
    }
}

impl RiskPolicy for EntryRate {
    fn name(&self) -> &'static str {
        "entry_rate"
    }

    fn assess(&self, intent: &OrderIntent, account: &AccountState) -> Verdict {
        let soon =
            account.last_entry_at.is_some_and(|last| last <= account.now && account.now.since(last) < self.0);
        if soon && !intent.signal.signal_type.is_exit() {
            Verdict::Refuse(Reason::new(
                "entry_rate",
                format!("one entry every {} ms; the last was just now", self.0.as_millis()),
            ))
        } else {
            Verdict::Allow
        }
    }
}
