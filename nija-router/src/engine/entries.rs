//! The newest entries of a user, for the rules that look at how fast and how often one enters.

use nija_core::{OrderId, OrderIntent, RecentEntry, Timestamp};
use std::collections::VecDeque;

use super::state::UserState;

/// Entries remembered of a user.
pub(super) const RECENT_ENTRIES: usize = 8;

/// The newest entries, oldest first, slices of others left out.
#[derive(Debug, Default)]
pub(crate) struct Entries(VecDeque<(OrderId, RecentEntry)>);

impl Entries {
    /// Those that are not older than `since`: few, and mostly none.
    pub(crate) fn since(&self, since: Timestamp) -> Vec<RecentEntry> {
        let newer = |(_, entry): &&(OrderId, RecentEntry)| entry.at >= since;
        self.0.iter().filter(newer).map(|(_, entry)| entry.clone()).collect()
    }
}

impl UserState {
    /// An intent was taken up.
    pub(super) fn note_entry(&mut self, intent: &OrderIntent) {
        let signal = &intent.signal;
        if signal.signal_type.is_exit() || intent.parent.is_some() {
            return;
        }
        if self.entries.0.len() == RECENT_ENTRIES {
            self.entries.0.pop_front();
        }
        let entry = RecentEntry {
            client_order_id: signal.client_order_id.clone(),
            symbol: signal.symbol.clone(),
            side: signal.side,
            size: signal.size,
            at: intent.received_at,
        };
        self.entries.0.push_back((intent.id, entry));
    }

    /// An intent was refused before it had a route: it uses up no rate, and may be tried again.
    pub(super) fn forget_entry(&mut self, order: OrderId) {
        self.entries.0.retain(|(known, _)| *known != order);
    }
}
