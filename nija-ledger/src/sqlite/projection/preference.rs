//! The table `routing_preferences`: how users want venues to be chosen.

use nija_core::{RoutingPreference, UserId};
use rusqlite::{Connection, params};

use super::super::fault::{Fault, Outcome};

const PUT: &str = "INSERT INTO routing_preferences (user, body) VALUES (?1, ?2)
    ON CONFLICT (user) DO UPDATE SET body = excluded.body";

/// Puts what a user wants in the place of what the user wanted before.
pub(super) fn set(connection: &Connection, user: UserId, preference: &RoutingPreference) -> Outcome<()> {
    let body = serde_json::to_string(preference).map_err(|error| Fault::unreadable("a preference", error))?;
    connection.prepare_cached(PUT)?.execute(params![user.as_uuid().as_bytes(), body])?;
    Ok(())
}
