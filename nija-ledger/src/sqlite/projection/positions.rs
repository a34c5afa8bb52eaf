//! The table `positions`.

use rusqlite::{Connection, params};

use super::super::fault::Outcome;
use crate::projection::positions::Rows;

const INSERT: &str = "INSERT INTO positions (opened, closed, user, id, venue, symbol, body)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
const UPDATE: &str = "UPDATE positions SET closed = ?2, body = ?3 WHERE opened = ?1";

/// Writes rows. By their places, a position is closed before the next one opens.
pub(super) fn write(connection: &Connection, rows: &Rows) -> Outcome<()> {
    for (place, row) in rows {
        let (position, body) = (&row.position, row.body()?);
        if row.is_new {
            connection.prepare_cached(INSERT)?.execute(params![
                place,
                row.closed,
                position.user.as_uuid().as_bytes(),
                position.id.as_str(),
                position.venue.as_str(),
                position.symbol.as_str(),
                body,
            ])?;
        } else {
            connection.prepare_cached(UPDATE)?.execute(params![place, row.closed, body])?;
        }
    }
    Ok(())
}
