//! The file beside the journal that holds what follows from it. It has a writer of its own, so that appends never wait for it, and
//! need not be kept: one that is missing, damaged, of another version or of another ledger is drawn anew.

mod keeper;

use nija_core::LedgerError;
use rusqlite::{Connection, OptionalExtension as _};
use std::path::{Path, PathBuf};

use super::{
    connect,
    fault::{Fault, Outcome},
    numbers::from_column,
    projection::{projected, replay},
};

pub(super) use keeper::write;

/// Of `schema.sql`. Tables of another version are drawn anew.
const VERSION: i64 = 4;

/// `ledger.tables.db` beside `ledger.db`.
pub(super) fn path(ledger: &Path) -> PathBuf {
    ledger.with_extension("tables.db")
}

/// Opens the tables of a journal and brings them level with it.
pub(super) fn open(ledger: &Path, journal: &Connection) -> Outcome<Connection> {
    let (path, identity) = (path(ledger), identity(journal)?);
    let last: Option<i64> = journal.query_row("SELECT max(seq) FROM journal", [], |row| row.get(0))?;
    let last = last.map_or(0, from_column);
    let is_new = !path.exists();
    let found = connect::tables(&path).and_then(|tables| {
        let sound = fits(&tables, &identity, last)?;
        Ok(sound.then_some(tables))
    });
    let tables = match found {
        Ok(Some(tables)) => tables,
        Err(fault) if !fault.is_of_the_file() => return Err(fault),
        Ok(None) | Err(_) => {
            if !is_new {
                tracing::warn!(path = %path.display(), entries = last, "the ledger's tables are drawn anew from its journal");
            }
            remove(&path)?;
            let tables = connect::tables(&path)?;
            create(&tables)?;
            tables.execute("UPDATE projected SET ledger = ?1", [identity])?;
            tables
        }
    };
    replay::catch_up(journal, &tables)?;
    Ok(tables)
}

/// Makes the tables of an empty journal.
pub(crate) fn create(tables: &Connection) -> Outcome<()> {
    tables.execute_batch(include_str!("schema.sql"))?;
    tables.execute("INSERT INTO projected (id, seq, ledger) VALUES (0, 0, x'')", [])?;
    Ok(tables.pragma_update(None, "user_version", VERSION)?)
}

fn identity(journal: &Connection) -> Outcome<Vec<u8>> {
    Ok(journal.query_row("SELECT ledger FROM identity WHERE id = 0", [], |row| row.get(0))?)
}

/// Whether these are tables of this version and of this journal, which has so many entries. More than those it can hold only where
/// an older copy of the journal was put back.
fn fits(tables: &Connection, identity: &[u8], last: u64) -> Outcome<bool> {
    let version: i64 = tables.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version != VERSION {
        return Ok(false);
    }
    let whose: Option<Vec<u8>> =
        tables.query_row("SELECT ledger FROM projected WHERE id = 0", [], |row| row.get(0)).optional()?;
    Ok(whose.as_deref() == Some(identity) && projected(tables)? <= last)
}

fn remove(path: &Path) -> Outcome<()> {
    for ending in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        match std::fs::remove_file(&name) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                let words = format!("{} cannot be drawn anew: {error}", path.display());
                return Err(Fault::Ledger(LedgerError::Storage(words)));
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
