//! What follows from the journal: orders, positions, fills, sums and pauses.
//!
//! The writer runs this beside each new entry, and the check runs it over the whole journal into an empty database.

pub(super) mod fills;
pub(super) mod orders;
mod pause;
pub(super) mod pnl;
pub(super) mod positions;

use nija_core::{JournalEvent, LedgerError, Position, Timestamp, UserId};
use rusqlite::Connection;

use super::fault::Outcome;
use crate::amounts;

/// Takes up the events of one user's batch. Nothing is undone here: the caller rolls its savepoint back.
pub(super) struct Projector<'c> {
    connection: &'c Connection,
    user: UserId,
    orders: orders::OrderWork,
    positions: Vec<Position>,
}

impl<'c> Projector<'c> {
    pub(super) fn new(connection: &'c Connection, user: UserId) -> Self {
        Self { connection, user, orders: orders::OrderWork::default(), positions: Vec::new() }
    }

    /// Whether the event is to be recorded: a fill that was counted already is not.
    pub(super) fn is_new(&self, event: &JournalEvent) -> Outcome<bool> {
        match event {
            JournalEvent::Filled(fill) => Ok(!fills::is_known(self.connection, self.user, fill)?),
            _ => Ok(true),
        }
    }

    /// Takes up one event, the journal's entry `seq`.
    pub(super) fn apply(&mut self, seq: u64, at: Timestamp, event: &JournalEvent) -> Outcome<()> {
        match event {
            JournalEvent::IntentAccepted { intent } => {
                self.orders.accept(self.connection, self.user, seq, intent)
            }
            JournalEvent::Filled(fill) => {
                if fill.user != self.user {
                    return Err(
                        LedgerError::Invalid("a fill is of another user than its batch".into()).into()
                    );
                }
                let open = positions::open(self.connection, fill)?;
                let order = match fill.order {
                    Some(id) => Some(self.orders.find(self.connection, self.user, id)?),
                    None => None,
                };
                amounts::check(fill, order.as_deref(), open.as_ref().map(|open| &open.position))?;
                if let Some(order) = order {
                    order.apply(event, at)?;
                }
                let change = positions::fold(self.connection, seq, open, fill)?;
                fills::insert(self.connection, seq, fill, change.realised_pnl)?;
                for position in change.closed.into_iter().chain(change.open) {
                    self.positions.retain(|known| known.id != position.id);
                    self.positions.push(position);
                }
                Ok(())
            }
            JournalEvent::Paused { paused } => pause::set(self.connection, self.user, *paused, at),
            other => {
                if let Some(id) = other.order() {
                    self.orders.find(self.connection, self.user, id)?.apply(other, at)?;
                }
                Ok(())
            }
        }
    }

    /// Stores the orders and answers with the positions that changed.
    pub(super) fn finish(self) -> Outcome<Vec<Position>> {
        self.orders.store(self.connection)?;
        Ok(self.positions)
    }
}
