//! The table `kill_switches`: those that are on.

use nija_core::{JournalEvent, KillSwitch, Timestamp, UserId};
use rusqlite::{Connection, params};

use super::super::fault::{Fault, Outcome};
use crate::sql::{all, values};

const ONE: &str = "SELECT body FROM kill_switches WHERE \"user\" = ?1 AND scope = ?2";
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
    let user_key = user.as_uuid().into_bytes();
    let known = all(connection, ONE, values![user_key, scope.as_str()], |row| row.body(0))?.pop();
    match KillSwitch::fold(known, user, at, event) {
        Some(switch) => {
            let body =
                serde_json::to_string(&switch).map_err(|error| Fault::unreadable("a kill switch", error))?;
            let row = params![user_key, scope, body];
            connection.prepare_cached(PUT)?.execute(row)?;
        }
        None => {
            connection.prepare_cached(DELETE)?.execute(params![user_key, scope])?;
        }
    }
    Ok(())
}
