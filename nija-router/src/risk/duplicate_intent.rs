use nija_core::{AccountState, OrderIntent, Reason, RiskPolicy, Verdict};
use std::time::Duration;

use super::RiskLimits;

/// The same entry again within moments, under another client order id, is a retry that lost its id: it would buy twice. An order that
/// carries out another, a slice for instance, is no repetition.
#[derive(Debug, Clone, Copy)]
pub struct DuplicateIntent(Duration);

impl DuplicateIntent {
    /// By `duplicate_window`; off where `entry_interval` is zero, on a platform that lets its users repeat themselves without a pause.
    #[must_use]
    pub const fn new(limits: &RiskLimits) -> Self {
        Self(Self::window(limits))
    }

    /// How long an entry is not repeated.
    pub(crate) const fn window(limits: &RiskLimits) -> Duration {
        if limits.entry_interval.is_zero() { Duration::ZERO } else { limits.duplicate_window }
    }
}

impl RiskPolicy for DuplicateIntent {
    fn name(&self) -> &'static str {
        "duplicate_intent"
    }

    fn assess(&self, intent: &OrderIntent, account: &AccountState) -> Verdict {
        let signal = &intent.signal;
        if signal.signal_type.is_exit() || intent.parent.is_some() {
            return Verdict::Allow;
        }
        let twin = account.recent_entries.iter().find(|recent| {
            recent.at <= account.now
                && account.now.since(recent.at) < self.0
                && recent.client_order_id != signal.client_order_id
                && (&recent.symbol, recent.side, recent.size) == (&signal.symbol, signal.side, signal.size)
        });
        let Some(twin) = twin else {
            return Verdict::Allow;
        };
        Verdict::Refuse(Reason::new(
            "duplicate_intent",
            format!(
                "you asked for the same {} of {} a moment ago as {:?}; if you want it twice, ask again in {} s, and to repeat a \
                 request whose answer was lost, repeat its client order id",
                signal.side,
                signal.symbol,
                twin.client_order_id.as_str(),
                self.0.as_secs().max(1)
            ),
        ))
    }
}
