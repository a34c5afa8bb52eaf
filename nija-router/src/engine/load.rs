//! A user is read from the ledger when first met.

use nija_core::{CustodyMode, LedgerError, PageRequest};
use std::sync::Arc;

use super::{
    entries::{Entries, was_entered},
    feedback,
    inner::Inner,
    realised::Realised,
    state::UNVALUED_KEPT,
    user::User,
};

/// Executions read ahead, so that what a reconciliation tells again is known.
const RECENT_FILLS: usize = 1000;

impl Inner {
    /// Positions, profit and pause; unsettled orders were put in at the start, before anything could be new.
    pub(super) async fn load(self: &Arc<Self>, user: &Arc<User>) -> Result<(), LedgerError> {
        let today = self.clock.now().day_start();
        let positions = self.ledger.open_positions(Some(user.id)).await?;
        let days = self.ledger.realised_by_day(user.id).await?;
        let limits = self.ledger.risk_settings(user.id).await?;
        let entries = self.recent_orders(user.id).await?;
        let paused = self.ledger.paused(user.id).await?;
        let routing = self.ledger.routing_preference(user.id).await?;
        let newest = PageRequest { before: None, limit: RECENT_FILLS };
        let fills = self.ledger.fills(user.id, newest).await?;
        let unvalued = self.ledger.unvalued_fees(user.id, UNVALUED_KEPT).await?;
        // Read before anything of this user is recorded by this process, and taken up once.
        let journal = self.ledger.journal(user.id, feedback::READ_BACK).await?;
        let journal: Vec<_> = journal.rows.into_iter().rev().map(|(_, record)| record).collect();
        {
            let mut state = user.state.lock().await;
            state.realised = Realised::new(&self.config.limits.currencies, today, &days);
            state.limits = limits;
            state.entries = Entries::over(self.entry_window());
            for order in entries.iter().filter(|order| was_entered(order)) {
                state.note_entry(&order.intent);
            }
            state.paused = paused;
            state.unvalued = unvalued;
            state.routing = routing;
            self.feedback.follow(&mut state.attempts, &journal);
            for (_, settled) in fills.rows.iter().rev() {
                let execution = &settled.fill.execution;
                state.note_seen(&execution.venue, &execution.execution_id);
                state.paid_fees.note(&settled.fill);
                if let Some(order) = settled.fill.order {
                    state.names.note_venue(order, &execution.venue, &execution.venue_order_id);
                }
            }
            for guarded in self.guarded_at_start.read().iter().filter(|guarded| guarded.user == user.id) {
                let key = (guarded.venue.clone(), guarded.symbol.clone());
                state.protections.insert(key, guarded.clone());
            }
            for position in positions {
                let key = (position.venue.clone(), position.symbol.clone());
                self.market.note_holding(user.id, &key, true);
                state.positions.insert(key, position);
            }
        }
        // A venue that needs no key is everyone's.
        for venue in &self.venues {
            if !venue.executor.contract().needs_credential && user.conn(&venue.id).is_none() {
                self.connect(user, venue, self.clock.now(), CustodyMode::Delegated);
            }
        }
        Ok(())
    }
}
