//! A batch's entries in the journal.

use rusqlite::{Connection, params};

use super::{fault::Outcome, numbers::to_column};
use crate::projection::sound::Sound;

// See migration 10 for the `OR FAIL`.
const INSERT: &str =
    "INSERT OR FAIL INTO journal (seq, user, at, type, order_id, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";

/// Writes the entries.
pub(super) fn write(connection: &Connection, sound: &Sound) -> Outcome<()> {
    let mut insert = connection.prepare_cached(INSERT)?;
    for (record, body) in &sound.records {
        insert.execute(params![
            to_column(record.seq),
            record.user.as_uuid().as_bytes(),
            record.at.micros(),
            record.event.kind(),
            record.event.order().map(|order| *order.as_uuid().as_bytes()),
            body,
        ])?;
    }
    Ok(())
}
