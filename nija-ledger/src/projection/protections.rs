//! What guards positions that are open.

use nija_core::{JournalEvent, PositionChange, Protection, Symbol, Timestamp, UserId, VenueId};
use rust_decimal::Decimal;
use std::collections::{BTreeMap, btree_map::Entry};

use crate::fault::Outcome;

/// What may change a protection.
pub(crate) enum Change {
    /// An event about it.
    Told { user: UserId, at: Timestamp, event: Box<JournalEvent> },
    /// A fill of its position.
    Filled { user: UserId, venue: VenueId, symbol: Symbol, closed: bool, open: Option<Decimal> },
}

/// Whose, where and of what a protection is.
pub(crate) type Place<'c> = (UserId, &'c VenueId, &'c Symbol);

/// What changes come to, where that differs from what was `known` of a place before.
pub(crate) fn changed<'c>(
    changes: &'c [Change],
    known: impl Fn(Place<'c>) -> Outcome<Option<Protection>>,
) -> Outcome<Vec<(Place<'c>, Option<Protection>)>> {
    let mut places = BTreeMap::<Place<'c>, (Option<Protection>, Option<Protection>)>::new();
    for (place, change) in changes.iter().filter_map(|change| Some((change.place()?, change))) {
        let (_, now) = match places.entry(place) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let before = known(place)?;
                entry.insert((before.clone(), before))
            }
        };
        *now = change.follow(now.take());
    }
    let differs = |(place, (before, now))| (before != now).then_some((place, now));
    Ok(places.into_iter().filter_map(differs).collect())
}

impl Change {
    pub(crate) fn filled(user: UserId, venue: &VenueId, symbol: &Symbol, change: &PositionChange) -> Self {
        let open = change.open.as_ref().map(|open| open.quantity);
        let closed = change.closed.is_some();
        Self::Filled { user, venue: venue.clone(), symbol: symbol.clone(), closed, open }
    }

    pub(crate) fn place(&self) -> Option<Place<'_>> {
        match self {
            Self::Told { user, event, .. } => {
                let (venue, symbol) = event.protected()?;
                Some((*user, venue, symbol))
            }
            Self::Filled { user, venue, symbol, .. } => Some((*user, venue, symbol)),
        }
    }

    /// What it makes of a protection.
    fn follow(&self, known: Option<Protection>) -> Option<Protection> {
        match self {
            Self::Told { user, at, event } => Protection::fold(known, *user, *at, event),
            Self::Filled { closed, open, .. } => Protection::follow(known, *closed, *open),
        }
    }
}
