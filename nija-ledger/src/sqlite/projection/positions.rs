//! The table `positions`: each position as [`Position::fold`] left it.

use nija_core::{Fill, Position, PositionChange, Symbol, UserId, VenueId};
use rusqlite::{Connection, OptionalExtension, params};
use std::collections::{BTreeMap, HashMap, HashSet};

use super::super::{
    fault::{Fault, Outcome},
    numbers::to_column,
};

pub(in crate::sqlite) const OPEN: &str = "SELECT opened, body FROM positions
    WHERE user = ?1 AND venue = ?2 AND symbol = ?3 AND closed IS NULL";
const INSERT: &str = "INSERT INTO positions (opened, closed, user, id, venue, symbol, body)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
const UPDATE: &str = "UPDATE positions SET closed = ?2, body = ?3 WHERE opened = ?1";

/// Open positions kept at hand; beyond this all are read again.
const KEPT: usize = 100_000;

/// Whose, where, what.
type Key = (UserId, VenueId, Symbol);

/// An open position and its place in the table.
#[derive(Clone)]
struct OpenPosition {
    opened: i64,
    position: Position,
}

/// A row that the table lacks, or has as it was.
pub(super) struct ChangedRow {
    is_new: bool,
    closed: Option<i64>,
    position: Position,
}

/// Rows by their places.
pub(super) type Rows = BTreeMap<i64, ChangedRow>;

/// Positions that the table lacks, and open ones that will change again.
#[derive(Default)]
pub(super) struct Positions {
    /// What is known to be open; `None` where nothing is.
    open: HashMap<Key, Option<OpenPosition>>,
    rows: Rows,
}

impl Positions {
    pub(super) fn take(&mut self, work: Work) {
        self.open.extend(work.open);
        for (place, row) in work.rows {
            let is_new = row.is_new || self.rows.get(&place).is_some_and(|known| known.is_new);
            self.rows.insert(place, ChangedRow { is_new, ..row });
        }
    }

    /// What the table lacks.
    pub(super) fn hand_over(&mut self) -> Rows {
        std::mem::take(&mut self.rows)
    }

    /// What was handed over is in the table.
    pub(super) fn written(&mut self) {
        if self.open.len() > KEPT {
            let changed: HashSet<Key> = self.rows.values().map(|row| row.key()).collect();
            self.open.retain(|key, _| changed.contains(key));
        }
    }
}

impl ChangedRow {
    fn key(&self) -> Key {
        let Position { user, venue, symbol, .. } = &self.position;
        (*user, venue.clone(), symbol.clone())
    }
}

/// Writes rows. By their places, a position is closed before the next one opens.
pub(super) fn write(connection: &Connection, rows: &Rows) -> Outcome<()> {
    for (place, ChangedRow { is_new, closed, position }) in rows {
        if *is_new {
            connection.prepare_cached(INSERT)?.execute(params![
                place,
                closed,
                position.user.as_uuid().as_bytes(),
                position.id.as_str(),
                position.venue.as_str(),
                position.symbol.as_str(),
                encode(position)?,
            ])?;
        } else {
            connection.prepare_cached(UPDATE)?.execute(params![place, closed, encode(position)?])?;
        }
    }
    Ok(())
}

/// The positions that a batch touches.
#[derive(Default)]
pub(super) struct Work {
    open: HashMap<Key, Option<OpenPosition>>,
    rows: Rows,
}

fn key(fill: &Fill) -> Key {
    (fill.user, fill.execution.venue.clone(), fill.execution.symbol.clone())
}

impl Work {
    /// The position that a fill changes, if one is open.
    pub(super) fn open(
        &mut self,
        connection: &Connection,
        staged: &Positions,
        fill: &Fill,
    ) -> Outcome<Option<&Position>> {
        let key = key(fill);
        if !self.open.contains_key(&key) {
            let open = match staged.open.get(&key) {
                Some(known) => known.clone(),
                None => load(connection, fill)?,
            };
            self.open.insert(key.clone(), open);
        }
        Ok(self.open.get(&key).and_then(Option::as_ref).map(|open| &open.position))
    }

    /// Folds a fill in, whose position was asked for before.
    pub(super) fn fold(&mut self, seq: u64, fill: &Fill) -> PositionChange {
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

    fn put(&mut self, place: i64, is_new: bool, closed: Option<i64>, position: &Position) {
        let is_new = is_new || self.rows.get(&place).is_some_and(|known| known.is_new);
        self.rows.insert(place, ChangedRow { is_new, closed, position: position.clone() });
    }
}

fn load(connection: &Connection, fill: &Fill) -> Outcome<Option<OpenPosition>> {
    let execution = &fill.execution;
    let found: Option<(i64, String)> = connection
        .prepare_cached(OPEN)?
        .query_row(
            params![fill.user.as_uuid().as_bytes(), execution.venue.as_str(), execution.symbol.as_str()],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    found
        .map(|(opened, body)| {
            let position =
                serde_json::from_str(&body).map_err(|error| Fault::unreadable("a position", error))?;
            Ok(OpenPosition { opened, position })
        })
        .transpose()
}

fn encode(position: &Position) -> Outcome<String> {
    serde_json::to_string(position).map_err(|error| Fault::unreadable("a position", error))
}
