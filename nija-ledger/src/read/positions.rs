//! Questions about positions.

use nija_core::{LedgerPage, PageRequest, Position, PositionId, UserId};

use super::{before, cut, one_more};
use crate::{
    fault::Outcome,
    numbers::from_column,
    sql::{Sql, all, values},
};

pub(crate) const OPEN: &str = "SELECT body FROM positions INDEXED BY positions_open
    WHERE closed IS NULL AND \"user\" = ?1 ORDER BY opened";
pub(crate) const ALL_OPEN: &str =
    "SELECT body FROM positions INDEXED BY positions_held WHERE closed IS NULL ORDER BY opened";
pub(crate) const CLOSED: &str = "SELECT closed, body FROM positions
    WHERE closed IS NOT NULL AND \"user\" = ?1 AND closed < ?2 ORDER BY closed DESC LIMIT ?3";
pub(crate) const ONE: &str = "SELECT body FROM positions WHERE \"user\" = ?1 AND id = ?2";

pub(crate) fn open(sql: &dyn Sql, user: Option<UserId>) -> Outcome<Vec<Position>> {
    match user {
        Some(user) => all(sql, OPEN, values![user.as_uuid().into_bytes()], |row| row.body(0)),
        None => all(sql, ALL_OPEN, values![], |row| row.body(0)),
    }
}

pub(crate) fn closed(sql: &dyn Sql, user: UserId, page: PageRequest) -> Outcome<LedgerPage<Position>> {
    let params = values![user.as_uuid().into_bytes(), before(page), one_more(page)];
    let rows = all(sql, CLOSED, params, |row| Ok((from_column(row.get(0)?), row.body(1)?)))?;
    Ok(cut(rows, page))
}

pub(crate) fn one(sql: &dyn Sql, user: UserId, id: &PositionId) -> Outcome<Option<Position>> {
    let key = values![user.as_uuid().into_bytes(), id.as_str()];
    Ok(all(sql, ONE, key, |row| row.body(0))?.pop())
}
