//! The table `protections`: what guards positions that are open.

use nija_core::{JournalEvent, PositionChange, Protection, Symbol, Timestamp, UserId, VenueId};
use rusqlite::{Connection, OptionalExtension as _, params};
use rust_decimal::Decimal;

use super::super::{
    fault::{Fault, Outcome},
    read::{self, body},
};

pub(in crate::sqlite) const ALL: &str = "SELECT body FROM protections ORDER BY user, venue, symbol";
pub(in crate::sqlite) const ONE: &str =
    "SELECT body FROM protections WHERE user = ?1 AND venue = ?2 AND symbol = ?3";
const PUT: &str = "INSERT OR REPLACE INTO protections (user, venue, symbol, body) VALUES (?1, ?2, ?3, ?4)";
const DELETE: &str = "DELETE FROM protections WHERE user = ?1 AND venue = ?2 AND symbol = ?3";

/// What may change a protection.
pub(super) enum Change {
    /// An event about it.
    Told { user: UserId, at: Timestamp, event: Box<JournalEvent> },
    /// A fill of its position.
    Filled { user: UserId, venue: VenueId, symbol: Symbol, closed: bool, open: Option<Decimal> },
}

impl Change {
    pub(super) fn filled(user: UserId, venue: &VenueId, symbol: &Symbol, change: &PositionChange) -> Self {
        let open = change.open.as_ref().map(|open| open.quantity);
        let closed = change.closed.is_some();
        Self::Filled { user, venue: venue.clone(), symbol: symbol.clone(), closed, open }
    }

    fn place(&self) -> Option<(UserId, &VenueId, &Symbol)> {
        match self {
            Self::Told { user, event, .. } => {
                let (venue, symbol) = event.protected()?;
                Some((*user, venue, symbol))
            }
            Self::Filled { user, venue, symbol, .. } => Some((*user, venue, symbol)),
        }
    }
}

/// Takes up one change.
pub(super) fn follow(connection: &Connection, change: &Change) -> Outcome<()> {
    let Some((user, venue, symbol)) = change.place() else {
        return Ok(());
    };
    let key = params![user.as_uuid().into_bytes(), venue.as_str(), symbol.as_str()];
    let known = connection.prepare_cached(ONE)?.query_row(key, |row| Ok(body(row, 0))).optional()?;
    let known: Option<Protection> = known.transpose()?;
    let was = known.clone();
    let is = match change {
        Change::Told { user, at, event } => Protection::fold(known, *user, *at, event),
        Change::Filled { closed, open, .. } => Protection::follow(known, *closed, *open),
    };
    match is {
        same if same == was => {}
        Some(protection) => {
            let body = serde_json::to_string(&protection)
                .map_err(|error| Fault::unreadable("a protection", error))?;
            let row = params![user.as_uuid().into_bytes(), venue.as_str(), symbol.as_str(), body];
            connection.prepare_cached(PUT)?.execute(row)?;
        }
        None => {
            connection.prepare_cached(DELETE)?.execute(key)?;
        }
    }
    Ok(())
}

/// All of them.
pub(in crate::sqlite) fn all(connection: &Connection) -> Outcome<Vec<Protection>> {
    read::all(connection, ALL, [], |row| body(row, 0))
}
