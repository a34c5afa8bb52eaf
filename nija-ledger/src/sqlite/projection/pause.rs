//! The table `paused`: who paused trading, and since when.

use nija_core::{Timestamp, UserId};
use rusqlite::{Connection, params};

use super::super::fault::Outcome;

// Pausing again does not move the beginning.
const PAUSE: &str = "INSERT INTO paused (user, since) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
const RESUME: &str = "DELETE FROM paused WHERE user = ?1";

/// Pauses or resumes a user.
pub(super) fn set(connection: &Connection, user: UserId, paused: bool, at: Timestamp) -> Outcome<()> {
    let user = user.as_uuid();
    if paused {
        connection.prepare_cached(PAUSE)?.execute(params![user.as_bytes(), at.micros()])?;
    } else {
        connection.prepare_cached(RESUME)?.execute([user.as_bytes()])?;
    }
    Ok(())
}
