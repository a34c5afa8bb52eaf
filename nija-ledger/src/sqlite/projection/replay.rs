//! Drawing consequences again from entries of the journal.

use nija_core::{Timestamp, UserId};
use rusqlite::{Connection, Row};

use super::{
    super::{
        fault::{Fault, Outcome},
        numbers::{from_column, to_column},
    },
    projected,
};
use crate::projection::{Staged, replay};

/// The columns that [`one`] reads.
const AFTER: &str = "SELECT seq, user, at, body FROM journal WHERE seq > ?1 ORDER BY seq";

/// What the tables lack of what follows from the journal.
pub(in crate::sqlite) fn missing(journal: &Connection, tables: &Connection) -> Outcome<Staged> {
    let mut staged = Staged::default();
    let mut statement = journal.prepare_cached(AFTER)?;
    let mut rows = statement.query([to_column(projected(tables)?)])?;
    while let Some(row) = rows.next()? {
        one(tables, &mut staged, from_column(row.get(0)?), row)?;
    }
    Ok(staged)
}

/// Entries whose consequences are held in memory at a time.
const AT_A_TIME: usize = 4096;

/// Writes all that the tables lack, however much it is.
pub(in crate::sqlite) fn catch_up(journal: &Connection, tables: &Connection) -> Outcome<()> {
    let mut last = projected(tables)?;
    let mut staged = Staged::default();
    let mut statement = journal.prepare_cached(AFTER)?;
    let mut rows = statement.query([to_column(last)])?;
    while let Some(row) = rows.next()? {
        last = from_column(row.get(0)?);
        one(tables, &mut staged, last, row)?;
        if staged.len() >= AT_A_TIME {
            write(&mut staged, last, tables)?;
        }
    }
    if staged.is_dirty() { write(&mut staged, last, tables) } else { Ok(()) }
}

fn write(staged: &mut Staged, last: u64, tables: &Connection) -> Outcome<()> {
    let writing = tables.unchecked_transaction()?;
    super::write(&writing, &staged.hand_over(last))?;
    writing.commit()?;
    staged.written();
    Ok(())
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
    let event = serde_json::from_str(&body).map_err(|error| Fault::unreadable("its body", error))?;
    replay(tables, staged, seq, (user, at, event))
}
