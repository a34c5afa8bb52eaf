//! Drawing consequences again from entries of the journal.

use rusqlite::Connection;

use super::{
    super::{fault::Outcome, numbers::to_column},
    projected,
};
use crate::projection::{
    Staged,
    replay::{record, replay},
};

const AFTER: &str = "SELECT seq, user, at, body FROM journal WHERE seq > ?1 ORDER BY seq";

/// What the tables lack of what follows from the journal.
pub(in crate::sqlite) fn missing(journal: &Connection, tables: &Connection) -> Outcome<Staged> {
    let projected = projected(tables)?;
    let mut staged = Staged::after(projected);
    let mut statement = journal.prepare_cached(AFTER)?;
    let mut rows = statement.query([to_column(projected)])?;
    while let Some(row) = rows.next()? {
        replay(tables, &mut staged, &record(row)?)?;
    }
    Ok(staged)
}

/// Entries whose consequences are held in memory at a time.
const AT_A_TIME: usize = 4096;

/// Writes all that the tables lack, however much it is.
pub(in crate::sqlite) fn catch_up(journal: &Connection, tables: &Connection) -> Outcome<()> {
    let mut last = projected(tables)?;
    let mut staged = Staged::after(last);
    let mut statement = journal.prepare_cached(AFTER)?;
    let mut rows = statement.query([to_column(last)])?;
    while let Some(row) = rows.next()? {
        let record = record(row)?;
        replay(tables, &mut staged, &record)?;
        last = record.seq;
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
