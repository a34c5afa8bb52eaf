//! The table `user_entries`.

use rusqlite::{Connection, params};

use super::super::fault::Outcome;
use crate::projection::entries::{Entry, runs};

const ADD: &str = "INSERT INTO user_entries (user, first, steps) VALUES (?1, ?2, ?3)";

/// Writes entries that are not in the table yet.
pub(super) fn write(connection: &Connection, entries: &[Entry]) -> Outcome<()> {
    let mut add = connection.prepare_cached(ADD)?;
    for run in runs(entries) {
        add.execute(params![run.user.as_uuid().as_bytes(), run.first, run.steps])?;
    }
    Ok(())
}
