//! The newest entries of a user, for the rules that look at how fast and how often one enters.

use nija_core::{LedgerError, Order, OrderId, OrderIntent, PageRequest, RecentEntry, Timestamp, UserId};
use std::{collections::VecDeque, time::Duration};

use super::{inner::Inner, state::UserState};
use crate::risk::DuplicateIntent;

/// Entries remembered of a user at most, whatever the window: one who enters faster than this loses the oldest.
const MOST: usize = 1024;
/// Orders read back at a time.
const READ_AT_A_TIME: usize = 16;

/// The entries of a window of time, oldest first, slices of others left out.
#[derive(Debug, Default)]
pub(crate) struct Entries {
    window: Duration,
    kept: VecDeque<(OrderId, RecentEntry)>,
}

impl Entries {
    /// Remembers entries for this long from now on.
    pub(super) fn over(window: Duration) -> Self {
        Self { window, kept: VecDeque::new() }
    }

    /// Those that are in the window still: few, and mostly none.
    pub(crate) fn newest(&self, now: Timestamp) -> Vec<RecentEntry> {
        let since = now.minus(self.window);
        let newer = |(_, entry): &&(OrderId, RecentEntry)| entry.at >= since;
        self.kept.iter().filter(newer).map(|(_, entry)| entry.clone()).collect()
    }

    fn note(&mut self, id: OrderId, entry: RecentEntry) {
        let since = entry.at.minus(self.window);
        while self.kept.front().is_some_and(|(_, oldest)| oldest.at < since) || self.kept.len() >= MOST {
            self.kept.pop_front();
        }
        if !self.window.is_zero() {
            self.kept.push_back((id, entry));
        }
    }
}

impl UserState {
    /// An intent was taken up.
    pub(super) fn note_entry(&mut self, intent: &OrderIntent) {
        let signal = &intent.signal;
        if signal.signal_type.is_exit() || intent.parent.is_some() {
            return;
        }
        self.last_entry_at = Some(intent.received_at);
        let entry = RecentEntry {
            client_order_id: signal.client_order_id.clone(),
            symbol: signal.symbol.clone(),
            side: signal.side,
            size: signal.size,
            at: intent.received_at,
        };
        self.entries.note(intent.id, entry);
    }

    /// An intent was refused before it had a route: it uses up no rate, and may be tried again.
    pub(super) fn forget_entry(&mut self, order: OrderId) {
        self.entries.kept.retain(|(known, _)| *known != order);
    }
}

impl Inner {
    /// How long an entry is remembered as one that must not be repeated.
    pub(super) fn entry_window(&self) -> Duration {
        DuplicateIntent::window(&self.config.limits)
    }

    /// Orders that were taken up so lately that the rate of entries and the guard against repetition still count them, oldest first.
    pub(super) async fn recent_orders(&self, user: UserId) -> Result<Vec<Order>, LedgerError> {
        let window = self.entry_window().max(self.config.limits.entry_interval);
        if window.is_zero() {
            return Ok(Vec::new());
        }
        let since = self.clock.now().minus(window);
        let (mut recent, mut before) = (Vec::new(), None);
        loop {
            let page = self.ledger.orders(user, None, PageRequest { before, limit: READ_AT_A_TIME }).await?;
            before = page.rows.last().map(|(place, _)| *place);
            let read = page.rows.len();
            recent.extend(
                page.rows.into_iter().map(|(_, order)| order).take_while(|it| it.intent.received_at >= since),
            );
            if !page.more || recent.len() % READ_AT_A_TIME != 0 || read == 0 || recent.len() >= MOST {
                break;
            }
        }
        recent.reverse();
        Ok(recent)
    }
}

/// Whether an order on record was taken up as an entry and not refused at once: one that went to a venue, or that others carry out.
pub(super) const fn was_entered(order: &Order) -> bool {
    order.leg.is_some() || order.schedule.is_some()
}
