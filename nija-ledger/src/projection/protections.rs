//! What guards positions that are open.

use nija_core::{JournalEvent, PositionChange, Protection, Symbol, Timestamp, UserId, VenueId};
use rust_decimal::Decimal;

/// What may change a protection.
pub(crate) enum Change {
    /// An event about it.
    Told { user: UserId, at: Timestamp, event: Box<JournalEvent> },
    /// A fill of its position.
    Filled { user: UserId, venue: VenueId, symbol: Symbol, closed: bool, open: Option<Decimal> },
}

impl Change {
    pub(crate) fn filled(user: UserId, venue: &VenueId, symbol: &Symbol, change: &PositionChange) -> Self {
        let open = change.open.as_ref().map(|open| open.quantity);
        let closed = change.closed.is_some();
        Self::Filled { user, venue: venue.clone(), symbol: symbol.clone(), closed, open }
    }

    /// Whose, where and of what it is.
    pub(crate) fn place(&self) -> Option<(UserId, &VenueId, &Symbol)> {
        match self {
            Self::Told { user, event, .. } => {
                let (venue, symbol) = event.protected()?;
                Some((*user, venue, symbol))
            }
            Self::Filled { user, venue, symbol, .. } => Some((*user, venue, symbol)),
        }
    }

    /// What it makes of a protection.
    pub(crate) fn follow(&self, known: Option<Protection>) -> Option<Protection> {
        match self {
            Self::Told { user, at, event } => Protection::fold(known, *user, *at, event),
            Self::Filled { closed, open, .. } => Protection::follow(known, *closed, *open),
        }
    }
}
