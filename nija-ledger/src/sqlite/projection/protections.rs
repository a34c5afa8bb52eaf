//! The table `protections`.

use nija_core::Protection;
use rusqlite::{Connection, params};

use super::super::fault::{Fault, Outcome};
use crate::{
    projection::protections::Change,
    sql::{all, values},
};

pub(in crate::sqlite) const ONE: &str =
    "SELECT body FROM protections WHERE \"user\" = ?1 AND venue = ?2 AND symbol = ?3";
const PUT: &str = "INSERT OR REPLACE INTO protections (user, venue, symbol, body) VALUES (?1, ?2, ?3, ?4)";
const DELETE: &str = "DELETE FROM protections WHERE user = ?1 AND venue = ?2 AND symbol = ?3";

/// Takes up one change.
pub(super) fn follow(connection: &Connection, change: &Change) -> Outcome<()> {
    let Some((user, venue, symbol)) = change.place() else {
        return Ok(());
    };
    let user = user.as_uuid().into_bytes();
    let key = values![user, venue.as_str(), symbol.as_str()];
    let known: Option<Protection> = all(connection, ONE, key, |row| row.body(0))?.pop();
    match change.follow(known.clone()) {
        same if same == known => {}
        Some(protection) => {
            let body = serde_json::to_string(&protection)
                .map_err(|error| Fault::unreadable("a protection", error))?;
            connection.prepare_cached(PUT)?.execute(params![user, venue.as_str(), symbol.as_str(), body])?;
        }
        None => {
            connection.prepare_cached(DELETE)?.execute(params![user, venue.as_str(), symbol.as_str()])?;
        }
    }
    Ok(())
}
