//! SQLite: one connection that writes, and some that read beside it.

mod schema;

use nija_core::VaultError;
use parking_lot::{Mutex, MutexGuard};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags, ToSql};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::sql::{Database, Row, Sql, Take, Value, WriteSql};

/// Point reads take microseconds: two connections keep two cores busy.
const READERS: usize = 2;

/// An open file, or memory.
#[derive(Debug)]
pub(crate) struct Sqlite {
    writer: Arc<Mutex<Connection>>,
    readers: Vec<Arc<Mutex<Connection>>>,
}

impl Sqlite {
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

    /// Makes a file that nobody else opens meanwhile. It is whole by itself after each commit: there is no log beside it.
    pub(crate) fn alone(path: &Path) -> Result<Self, VaultError> {
        make_private(path)?;
        let mut writer = Connection::open(path).map_err(storage)?;
        configure(&writer)?;
        schema::prepare(&mut writer)?;
        let writer = Arc::new(Mutex::new(writer));
        Ok(Self { readers: vec![Arc::clone(&writer)], writer })
    }

    /// In memory, gone with the process: one connection for all.
    pub(crate) fn in_memory() -> Result<Self, VaultError> {
        let mut connection = Connection::open_in_memory().map_err(storage)?;
        configure(&connection)?;
        schema::prepare(&mut connection)?;
        let writer = Arc::new(Mutex::new(connection));
        Ok(Self { readers: vec![Arc::clone(&writer)], writer })
    }
}

impl Database for Sqlite {
    fn free_reader(&self) -> Option<Box<dyn Sql + '_>> {
        let free = self.readers.iter().find_map(|reader| reader.try_lock())?;
        Some(Box::new(Locked(free)))
    }

    fn reader(&self) -> Result<Box<dyn Sql + '_>, VaultError> {
        let free = self.free_reader();
        Ok(free.unwrap_or_else(|| Box::new(Locked(self.readers.first().unwrap_or(&self.writer).lock()))))
    }

    fn writer(&self) -> Result<Box<dyn WriteSql + '_>, VaultError> {
        Ok(Box::new(Locked(self.writer.lock())))
    }

    fn snapshot(&self, to: &Path) -> Result<(), VaultError> {
        let quoted = to.display().to_string().replace('\'', "''");
        self.reader()?.as_mut().script(&format!("VACUUM INTO '{quoted}'"))
    }
}

/// A connection that is held.
struct Locked<'a>(MutexGuard<'a, Connection>);

impl Sql for Locked<'_> {
    fn run(&mut self, sql: &str, values: &[Value<'_>]) -> Result<u64, VaultError> {
        (&*self.0).run(sql, values)
    }

    fn each(&mut self, sql: &str, values: &[Value<'_>], take: Take<'_>) -> Result<(), VaultError> {
        (&*self.0).each(sql, values, take)
    }

    fn script(&mut self, sql: &str) -> Result<(), VaultError> {
        (&*self.0).script(sql)
    }
}

impl WriteSql for Locked<'_> {
    fn begin(&mut self) -> Result<(), VaultError> {
        self.script("BEGIN IMMEDIATE")
    }

    fn commit(&mut self) -> Result<(), VaultError> {
        // A commit that found the file busy leaves the transaction open.
        self.script("COMMIT").inspect_err(|_| self.roll_back())
    }

    fn roll_back(&mut self) {
        if self.0.is_autocommit() {
            return;
        }
        if let Err(error) = self.script("ROLLBACK") {
            tracing::error!(%error, "the vault's database does not roll back");
        }
    }

    /// `secure_delete` clears the pages; older copies of them may still stand in the write-ahead log.
    fn scrub(&mut self) {
        let emptied = self.0.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
        match emptied {
            Ok(0) => {}
            // A reader is in the way: the next checkpoint gets it.
            Ok(_) => tracing::debug!("the vault's log could not be emptied yet"),
            Err(error) => tracing::warn!(%error, "the vault's log could not be emptied"),
        }
    }

    fn sql(&mut self) -> &mut dyn Sql {
        self
    }
}

impl Drop for Locked<'_> {
    /// After a panic in the middle of a transaction too.
    fn drop(&mut self) {
        self.roll_back();
    }
}

impl Sql for &Connection {
    fn run(&mut self, sql: &str, values: &[Value<'_>]) -> Result<u64, VaultError> {
        self.prepare_cached(sql)
            .and_then(|mut statement| statement.execute(rusqlite::params_from_iter(values)))
            .map(|changed| changed as u64)
            .map_err(storage)
    }

    fn each(&mut self, sql: &str, values: &[Value<'_>], take: Take<'_>) -> Result<(), VaultError> {
        let mut statement = self.prepare_cached(sql).map_err(storage)?;
        let mut rows = statement.query(rusqlite::params_from_iter(values)).map_err(storage)?;
        while let Some(row) = rows.next().map_err(storage)? {
            take(row)?;
        }
        Ok(())
    }

    fn script(&mut self, sql: &str) -> Result<(), VaultError> {
        self.execute_batch(sql).map_err(storage)
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

impl Row for rusqlite::Row<'_> {
    fn int(&self, column: usize) -> Result<Option<i64>, VaultError> {
        self.get(column).map_err(storage)
    }

    fn text(&self, column: usize) -> Result<Option<String>, VaultError> {
        self.get(column).map_err(storage)
    }

    fn blob(&self, column: usize) -> Result<Option<Vec<u8>>, VaultError> {
        self.get(column).map_err(storage)
    }
}

/// SQLite's words in the vault's error. Its messages name tables and constraints, never values.
#[allow(clippy::needless_pass_by_value)] // The shape that `map_err` takes.
pub(crate) fn storage(error: rusqlite::Error) -> VaultError {
    VaultError::Storage(error.to_string())
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
