//! Positions: each as [`Position::fold`] left it.

use nija_core::{Fill, Position, PositionChange, Symbol, UserId, VenueId};
use std::collections::BTreeMap;

use super::{Map, Set, lookups::Lookups};
use crate::{
    fault::{Fault, Outcome},
    numbers::to_column,
};

/// Open positions kept at hand; beyond this all are read again.
const KEPT: usize = 100_000;

/// Whose, where, what.
pub(crate) type Key = (UserId, VenueId, Symbol);

/// An open position and its place in the table.
#[derive(Clone)]
struct OpenPosition {
    opened: i64,
    position: Position,
}

/// A row that the table lacks, or has as it was.
pub(crate) struct ChangedRow {
    pub(crate) is_new: bool,
    pub(crate) closed: Option<i64>,
    pub(crate) position: Position,
}

/// Rows by their places: written in this order, a position is closed before the next one opens.
pub(crate) type Rows = BTreeMap<i64, ChangedRow>;

/// Positions that the table lacks, and open ones that will change again.
#[derive(Default)]
pub(crate) struct Positions {
    /// What is known to be open; `None` where nothing is.
    open: Map<Key, Option<OpenPosition>>,
    rows: Rows,
}

impl Positions {
    pub(crate) fn take(&mut self, work: Work) {
        self.open.extend(work.open);
        for (place, row) in work.rows {
            let is_new = row.is_new || self.rows.get(&place).is_some_and(|known| known.is_new);
            self.rows.insert(place, ChangedRow { is_new, ..row });
        }
    }

    /// Whether it is known what is open there.
    pub(crate) fn has(&self, key: &Key) -> bool {
        self.open.contains_key(key)
    }

    /// What the table lacks.
    pub(crate) fn hand_over(&mut self) -> Rows {
        std::mem::take(&mut self.rows)
    }

    /// What was handed over is in the table.
    pub(crate) fn written(&mut self) {
        if self.open.len() > KEPT {
            let changed: Set<Key> = self.rows.values().map(|row| row.key()).collect();
            self.open.retain(|key, _| changed.contains(key));
        }
    }
}

impl ChangedRow {
    /// As it is stored.
    pub(crate) fn body(&self) -> Outcome<String> {
        serde_json::to_string(&self.position).map_err(|error| Fault::unreadable("a position", error))
    }

    fn key(&self) -> Key {
        let Position { user, venue, symbol, .. } = &self.position;
        (*user, venue.clone(), symbol.clone())
    }
}

/// The positions that a batch touches.
#[derive(Default)]
pub(crate) struct Work {
    open: Map<Key, Option<OpenPosition>>,
    rows: Rows,
}

fn key(fill: &Fill) -> Key {
    (fill.user, fill.execution.venue.clone(), fill.execution.symbol.clone())
}

impl Work {
    /// The position that a fill changes, if one is open.
    pub(crate) fn open(
        &mut self,
        tables: &dyn Lookups,
        staged: &Positions,
        fill: &Fill,
    ) -> Outcome<Option<&Position>> {
        let key = key(fill);
        if !self.open.contains_key(&key) {
            let open = match staged.open.get(&key) {
                Some(known) => known.clone(),
                None => {
                    tables.open_position(fill)?.map(|(opened, position)| OpenPosition { opened, position })
                }
            };
            self.open.insert(key.clone(), open);
        }
        Ok(self.open.get(&key).and_then(Option::as_ref).map(|open| &open.position))
    }

    /// Folds a fill in, whose position was asked for before.
    pub(crate) fn fold(&mut self, seq: u64, fill: &Fill) -> PositionChange {
        let key = key(fill);
        let before = self.open.remove(&key).flatten();
        let (mut place, before) =
            before.map_or((None, None), |open| (Some(open.opened), Some(open.position)));
        let change = Position::fold(before, fill);
        if let Some(closed) = &change.closed
            && let Some(opened) = place.take()
        {
            self.put(opened, false, Some(to_column(seq)), closed);
        }
        let open = change.open.as_ref().map(|position| {
            let opened = place.unwrap_or_else(|| to_column(seq));
            self.put(opened, place.is_none(), None, position);
            OpenPosition { opened, position: position.clone() }
        });
        self.open.insert(key, open);
        change
    }

    /// Adds what the fee of an earlier fill is worth to the position, which was asked for before, if the fill was part of it.
    pub(crate) fn value_fee(&mut self, fill: &Fill) -> Option<Position> {
        let open = self.open.get_mut(&key(fill)).and_then(Option::as_mut)?;
        if !open.position.value_fee(fill) {
            return None;
        }
        let (opened, position) = (open.opened, open.position.clone());
        self.put(opened, false, None, &position);
        Some(position)
    }

    fn put(&mut self, place: i64, is_new: bool, closed: Option<i64>, position: &Position) {
        let is_new = is_new || self.rows.get(&place).is_some_and(|known| known.is_new);
        self.rows.insert(place, ChangedRow { is_new, closed, position: position.clone() });
    }
}
