//! The table `risk_settings`: users' own limits.

use nija_core::{RiskStanding, UserId};
use rusqlite::{Connection, params};

use super::super::fault::{Fault, Outcome};

const SET: &str = "INSERT INTO risk_settings (user, body) VALUES (?1, ?2)
    ON CONFLICT (user) DO UPDATE SET body = excluded.body";

/// The last change is what stands.
pub(super) fn set(connection: &Connection, user: UserId, standing: &RiskStanding) -> Outcome<()> {
    let body = serde_json::to_string(standing).map_err(|error| Fault::unreadable("limits", error))?;
    connection.prepare_cached(SET)?.execute(params![user.as_uuid().as_bytes(), body])?;
    Ok(())
}
