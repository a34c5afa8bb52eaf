//! Drawing consequences again from entries of the journal.

use nija_core::{JournalEvent, LedgerError, Timestamp, UserId};
use rusqlite::{Connection, Row};

use super::{
    super::{
        fault::{Fault, Outcome},
        numbers::from_column,
    },
    Projector, Staged, projected,
};

/// The columns that [`one`] reads.
const AFTER: &str = "SELECT seq, user, at, body FROM journal WHERE seq > ?1 ORDER BY seq";

/// What the tables of a file lack.
pub(in crate::sqlite) fn missing(connection: &Connection) -> Outcome<Staged> {
    let mut staged = Staged::default();
    let mut statement = connection.prepare_cached(AFTER)?;
    let mut rows = statement.query([super::to_column(projected(connection)?)])?;
    while let Some(row) = rows.next()? {
        one(connection, &mut staged, from_column(row.get(0)?), row)?;
    }
    Ok(staged)
}

/// Takes up one entry: `seq, user, at, body`.
pub(in crate::sqlite) fn one(
    tables: &Connection,
    staged: &mut Staged,
    seq: u64,
    row: &Row<'_>,
) -> Outcome<()> {
    let user = UserId::from_uuid(uuid::Uuid::from_bytes(row.get(1)?));
    let at = Timestamp::from_micros(row.get(2)?);
    let body: String = row.get(3)?;
    let event: JournalEvent =
        serde_json::from_str(&body).map_err(|error| Fault::unreadable("its body", error))?;
    let mut projector = Projector::new(tables, staged, user);
    if !projector.is_new(&event)? {
        return Err(LedgerError::Invalid("it counts an execution a second time".into()).into());
    }
    projector.apply(seq, at, &event)?;
    let changes = projector.finish();
    staged.take(changes);
    Ok(())
}
