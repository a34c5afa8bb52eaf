//! Connections: one that writes, and some that read beside it.

use nija_core::VaultError;
use parking_lot::{Mutex, MutexGuard};
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::{schema, storage};

/// Point reads take microseconds: two connections keep two cores busy.
const READERS: usize = 2;

/// The open database.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) writer: Arc<Mutex<Connection>>,
    readers: Vec<Arc<Mutex<Connection>>>,
}

impl Database {
    /// Opens a file, or makes it (mode 0600).
    pub(crate) fn open(path: &Path) -> Result<Self, VaultError> {
        make_private(path)?;
        let mut writer = Connection::open(path).map_err(storage)?;
        writer.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(())).map_err(storage)?;
        configure(&writer)?;
        schema::prepare(&mut writer)?;
        let readers = (0..READERS)
            .map(|_| {
                let reader = Connection::open_with_flags(
                    path,
                    OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
                )
                .map_err(storage)?;
                configure(&reader)?;
                Ok(Arc::new(Mutex::new(reader)))
            })
            .collect::<Result<_, VaultError>>()?;
        Ok(Self { writer: Arc::new(Mutex::new(writer)), readers })
    }

    /// In memory, gone with the process: one connection for all.
    pub(crate) fn in_memory() -> Result<Self, VaultError> {
        let mut connection = Connection::open_in_memory().map_err(storage)?;
        configure(&connection)?;
        schema::prepare(&mut connection)?;
        let writer = Arc::new(Mutex::new(connection));
        Ok(Self { readers: vec![Arc::clone(&writer)], writer })
    }

    /// A connection to read with, when one is free.
    pub(crate) fn free_reader(&self) -> Option<MutexGuard<'_, Connection>> {
        self.readers.iter().find_map(|reader| reader.try_lock())
    }

    /// A connection to read with. It may have to wait for one: call it where blocking is allowed.
    pub(crate) fn reader(&self) -> MutexGuard<'_, Connection> {
        self.free_reader().unwrap_or_else(|| self.readers.first().unwrap_or(&self.writer).lock())
    }
}

fn configure(connection: &Connection) -> Result<(), VaultError> {
    connection.set_prepared_statement_cache_capacity(32);
    connection
        .busy_timeout(Duration::from_secs(5))
        .and_then(|()| {
            connection.execute_batch(
                "PRAGMA synchronous = FULL;
                 PRAGMA secure_delete = ON;
                 PRAGMA foreign_keys = ON;
                 PRAGMA trusted_schema = OFF;",
            )
        })
        .map_err(storage)
}

/// SQLite would make the file readable by the group; its log takes the file's mode over.
fn make_private(path: &Path) -> Result<(), VaultError> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => crate::crypto::sync_parent(path),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
    .map_err(|error| VaultError::Storage(format!("{}: {error}", path.display())))
}
