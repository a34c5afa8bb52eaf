//! The table `protections`.

use nija_core::Protection;
use rusqlite::{Connection, params};

use super::super::fault::{Fault, Outcome};
use crate::{
    projection::protections::{Change, Place, changed},
    sql::{all, values},
};

pub(in crate::sqlite) const ONE: &str =
    "SELECT body FROM protections WHERE \"user\" = ?1 AND venue = ?2 AND symbol = ?3";
const PUT: &str = "INSERT OR REPLACE INTO protections (user, venue, symbol, body) VALUES (?1, ?2, ?3, ?4)";
const DELETE: &str = "DELETE FROM protections WHERE user = ?1 AND venue = ?2 AND symbol = ?3";

/// Takes up changes: each protection is read and written once.
pub(super) fn write(connection: &Connection, changes: &[Change]) -> Outcome<()> {
    let known = |(user, venue, symbol): Place<'_>| -> Outcome<Option<Protection>> {
        let key = values![user.as_uuid().into_bytes(), venue.as_str(), symbol.as_str()];
        Ok(all(connection, ONE, key, |row| row.body(0))?.pop())
    };
    for ((user, venue, symbol), protection) in changed(changes, known)? {
        let (user, venue, symbol) = (user.as_uuid().into_bytes(), venue.as_str(), symbol.as_str());
        match protection {
            Some(protection) => {
                let body = serde_json::to_string(&protection)
                    .map_err(|error| Fault::unreadable("a protection", error))?;
                connection.prepare_cached(PUT)?.execute(params![user, venue, symbol, body])?;
            }
            None => {
                connection.prepare_cached(DELETE)?.execute(params![user, venue, symbol])?;
            }
        }
    }
    Ok(())
}
