//! How connections are opened and set.

use nija_core::LedgerError;
use rusqlite::{Connection, OpenFlags};
use std::{fs::File, fs::OpenOptions, path::Path, time::Duration};

use super::{
    fault::{Fault, Outcome},
    schema, tables,
};

/// How long to wait for another program that reads or backs up the file.
const BUSY: Duration = Duration::from_secs(5);

/// Statements kept prepared; more than there are.
const STATEMENTS: usize = 64;

/// The journal's writing connection; creates and migrates the file.
pub(super) fn writer(path: &Path) -> Outcome<Connection> {
    let mut connection = writing(path)?;
    connection.execute_batch(
        "PRAGMA synchronous = FULL;
         PRAGMA fullfsync = ON;
         PRAGMA checkpoint_fullfsync = ON;
         PRAGMA wal_autocheckpoint = 0;
         PRAGMA cache_size = -8192;",
    )?;
    schema::migrate(&mut connection)?;
    Ok(connection)
}

/// A connection that moves the journal's log into its file, which exists; it waits for the disk as the writer does.
pub(super) fn copier(path: &Path) -> Outcome<Connection> {
    let connection = writing(path)?;
    connection.execute_batch(
        "PRAGMA synchronous = FULL;
         PRAGMA fullfsync = ON;
         PRAGMA checkpoint_fullfsync = ON;
         PRAGMA wal_autocheckpoint = 0;",
    )?;
    Ok(connection)
}

/// The writing connection of the tables; creates the file, empty. A commit here waits for no disk: what a crash of the machine takes
/// along follows from the journal, and the log keeps the order of commits.
pub(super) fn tables(path: &Path) -> Outcome<Connection> {
    let connection = writing(path)?;
    connection.execute_batch(
        "PRAGMA synchronous = NORMAL;
         PRAGMA checkpoint_fullfsync = ON;
         PRAGMA wal_autocheckpoint = 16000;
         PRAGMA cache_size = -32768;",
    )?;
    Ok(connection)
}

fn writing(path: &Path) -> Outcome<Connection> {
    create(path).map_err(|error| {
        Fault::Ledger(LedgerError::Storage(format!("{} cannot be opened: {error}", path.display())))
    })?;
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA journal_size_limit = 67108864;
         PRAGMA temp_store = MEMORY;",
    )?;
    let mode: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0))?;
    if mode != "wal" {
        let words = format!("the file system of {} cannot hold a write-ahead log", path.display());
        return Err(LedgerError::Storage(words).into());
    }
    Ok(connection)
}

/// A connection that reads the tables alone; their file exists.
pub(super) fn lookups(ledger: &Path) -> Outcome<Connection> {
    let connection = reading(&tables::path(ledger))?;
    connection.execute_batch("PRAGMA cache_size = -16384;")?;
    Ok(connection)
}

/// A reader's connection to the journal and its tables; both files exist.
pub(super) fn reader(ledger: &Path) -> Outcome<Connection> {
    let connection = reading(ledger)?;
    let tables = tables::path(ledger);
    let name = tables.to_str().ok_or_else(|| {
        Fault::Ledger(LedgerError::Storage(format!("the path {} is not Unicode", tables.display())))
    })?;
    connection.execute("ATTACH ?1 AS tables", [name])?;
    Ok(connection)
}

fn reading(path: &Path) -> Outcome<Connection> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.execute_batch("PRAGMA query_only = ON; PRAGMA temp_store = MEMORY;")?;
    Ok(connection)
}

/// Makes a missing file, for its owner's eyes only, and its name durable.
fn create(path: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(file) => file.sync_all()?,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => return Ok(()),
        Err(error) => return Err(error),
    }
    match path.parent() {
        #[cfg(unix)]
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_writer_waits_for_the_disk_and_the_reader_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let connection = writer(&path).unwrap();
        let pragma = |c: &Connection, name: &str| -> i64 {
            c.query_row(&format!("PRAGMA {name}"), [], |row| row.get(0)).unwrap()
        };
        assert_eq!(pragma(&connection, "synchronous"), 2, "FULL");
        drop(super::super::tables::open(&path, &connection).unwrap());
        let reader = reader(&path).unwrap();
        let count = reader.query_row("SELECT count(*) FROM paused", [], |row| row.get::<_, i64>(0));
        assert_eq!(count, Ok(0));
        let refused = reader.execute("INSERT INTO paused VALUES (x'00', 1)", []).unwrap_err();
        assert!(refused.to_string().contains("readonly"), "{refused}");
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_may_read_the_file() {
        use std::os::unix::fs::MetadataExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        drop(writer(&path).unwrap());
        assert_eq!(std::fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    }
}
