//! Which entries of the journal are whose.

use nija_core::UserId;
use rusqlite::{Connection, params};

use super::super::{fault::Outcome, numbers::to_column};

const ADD: &str = "INSERT INTO user_entries (user, seq, type) VALUES (?1, ?2, ?3)";

/// An entry of the journal by its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub(super) user: UserId,
    pub(super) seq: u64,
    pub(super) kind: &'static str,
}

/// Writes entries that are not in the table yet, those of one user after each other, so that each page is met once.
pub(super) fn write(connection: &Connection, entries: &[Entry]) -> Outcome<()> {
    let mut entries = entries.to_vec();
    entries.sort_unstable();
    let mut add = connection.prepare_cached(ADD)?;
    for Entry { user, seq, kind } in entries {
        add.execute(params![user.as_uuid().as_bytes(), to_column(seq), kind])?;
    }
    Ok(())
}
