//! Questions about positions.

use nija_core::{LedgerPage, PageRequest, Position, PositionId, UserId};
use rusqlite::{Connection, params};

use super::super::{fault::Outcome, numbers::from_column};
use super::{all, before, body, cut, one_more};

pub(in crate::sqlite) const OPEN: &str = "SELECT body FROM positions INDEXED BY positions_open
    WHERE closed IS NULL AND user = ?1 ORDER BY opened";
pub(in crate::sqlite) const ALL_OPEN: &str =
    "SELECT body FROM positions INDEXED BY positions_held WHERE closed IS NULL ORDER BY opened";
pub(in crate::sqlite) const CLOSED: &str = "SELECT closed, body FROM positions
    WHERE closed IS NOT NULL AND user = ?1 AND closed < ?2 ORDER BY closed DESC LIMIT ?3";
pub(in crate::sqlite) const ONE: &str = "SELECT body FROM positions WHERE user = ?1 AND id = ?2";

pub(in crate::sqlite) fn open(connection: &Connection, user: Option<UserId>) -> Outcome<Vec<Position>> {
    match user {
        Some(user) => all(connection, OPEN, [user.as_uuid().into_bytes()], |row| body(row, 0)),
        None => all(connection, ALL_OPEN, [], |row| body(row, 0)),
    }
}

pub(in crate::sqlite) fn closed(
    connection: &Connection,
    user: UserId,
    page: PageRequest,
) -> Outcome<LedgerPage<Position>> {
    let params = params![user.as_uuid().into_bytes(), before(page), one_more(page)];
    let rows = all(connection, CLOSED, params, |row| Ok((from_column(row.get(0)?), body(row, 1)?)))?;
    Ok(cut(rows, page))
}

pub(in crate::sqlite) fn one(
    connection: &Connection,
    user: UserId,
    id: &PositionId,
) -> Outcome<Option<Position>> {
    let key = params![user.as_uuid().into_bytes(), id.as_str()];
    Ok(all(connection, ONE, key, |row| body(row, 0))?.pop())
}
