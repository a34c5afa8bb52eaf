//! The table `kill_switches`: those that are on.

use nija_core::{JournalEvent, KillSwitch, Timestamp, UserId};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::super::{fault::Outcome, read::body};

pub(in crate::sqlite) const ALL: &str = "SELECT body FROM kill_switches ORDER BY user, scope";
const ONE: &str = "SELECT body FROM kill_switches WHERE user = ?1 AND scope = ?2";
const PUT: &str = "INSERT OR REPLACE INTO kill_switches (user, scope, body) VALUES (?1, ?2, ?3)";
const DELETE: &str = "DELETE FROM kill_switches WHERE user = ?1 AND scope = ?2";

/// Takes up one event of a user; those that are about no kill switch change nothing.
pub(super) fn follow(
    connection: &Connection,
    user: UserId,
    at: Timestamp,
    event: &JournalEvent,
) -> Outcome<()> {
    let Some(scope) = event.kill_scope().map(nija_core::KillScope::name) else {
        return Ok(());
    };
    let key = params![user.as_uuid().into_bytes(), scope];
    let known = connection.prepare_cached(ONE)?.query_row(key, |row| Ok(body(row, 0))).optional()?;
    match KillSwitch::fold(known.transpose()?, user, at, event) {
        Some(switch) => {
            let body = serde_json::to_string(&switch)
                .map_err(|error| super::super::fault::Fault::unreadable("a kill switch", error))?;
            let row = params![user.as_uuid().into_bytes(), scope, body];
            connection.prepare_cached(PUT)?.execute(row)?;
        }
        None => {
            connection.prepare_cached(DELETE)?.execute(key)?;
        }
    }
    Ok(())
}

/// All that are on.
pub(in crate::sqlite) fn all(connection: &Connection) -> Outcome<Vec<KillSwitch>> {
    super::super::read::all(connection, ALL, [], |row| body(row, 0))
}
