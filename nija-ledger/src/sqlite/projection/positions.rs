//! The table `positions`: each position as [`Position::fold`] left it.

use nija_core::{Fill, Position, PositionChange};
use rusqlite::{Connection, OptionalExtension, params};

use super::super::{
    fault::{Fault, Outcome},
    numbers::to_column,
};

pub(in crate::sqlite) const OPEN: &str = "SELECT opened, body FROM positions
    WHERE user = ?1 AND venue = ?2 AND symbol = ?3 AND closed IS NULL";
const INSERT: &str = "INSERT INTO positions (opened, closed, user, id, venue, symbol, body)
    VALUES (?1, NULL, ?2, ?3, ?4, ?5, ?6)";
const UPDATE: &str = "UPDATE positions SET closed = ?2, body = ?3 WHERE opened = ?1";

/// An open position and its place in the table.
pub(super) struct OpenPosition {
    opened: i64,
    pub(super) position: Position,
}

/// The position that a fill changes, if one is open.
pub(super) fn open(connection: &Connection, fill: &Fill) -> Outcome<Option<OpenPosition>> {
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

/// Folds a fill in and stores what changed.
pub(super) fn fold(
    connection: &Connection,
    seq: u64,
    open: Option<OpenPosition>,
    fill: &Fill,
) -> Outcome<PositionChange> {
    let (mut place, before) = open.map_or((None, None), |open| (Some(open.opened), Some(open.position)));
    let change = Position::fold(before, fill);
    if let Some(closed) = &change.closed
        && let Some(opened) = place.take()
    {
        update(connection, opened, Some(to_column(seq)), closed)?;
    }
    match (&change.open, place) {
        (Some(position), Some(opened)) => update(connection, opened, None, position)?,
        (Some(position), None) => insert(connection, seq, position)?,
        (None, _) => {}
    }
    Ok(change)
}

fn insert(connection: &Connection, seq: u64, position: &Position) -> Outcome<()> {
    connection.prepare_cached(INSERT)?.execute(params![
        to_column(seq),
        position.user.as_uuid().as_bytes(),
        position.id.as_str(),
        position.venue.as_str(),
        position.symbol.as_str(),
        encode(position)?,
    ])?;
    Ok(())
}

fn update(connection: &Connection, opened: i64, closed: Option<i64>, position: &Position) -> Outcome<()> {
    connection.prepare_cached(UPDATE)?.execute(params![opened, closed, encode(position)?])?;
    Ok(())
}

fn encode(position: &Position) -> Outcome<String> {
    serde_json::to_string(position).map_err(|error| Fault::unreadable("a position", error))
}
