//! The table `user_entries`.

use rusqlite::{Connection, params};

use super::super::{fault::Outcome, numbers::to_column};
use crate::projection::entries::{Entry, by_user};

const ADD: &str = "INSERT INTO user_entries (user, seq, type) VALUES (?1, ?2, ?3)";

/// Writes entries that are not in the table yet.
pub(super) fn write(connection: &Connection, entries: &[Entry]) -> Outcome<()> {
    let mut add = connection.prepare_cached(ADD)?;
    for Entry { user, seq, kind } in by_user(entries) {
        add.execute(params![user.as_uuid().as_bytes(), to_column(seq), kind])?;
    }
    Ok(())
}
