//! PostgreSQL: the same statements over the network, for platforms with more than one signer.
//!
//! The client is the blocking one, since statements run on the writer's thread or where blocking is allowed; it must neither
//! run nor be dropped on a thread that drives a runtime.

mod connection;
mod listener;
mod schema;

use nija_core::VaultError;
use nija_postgres::Address;
use parking_lot::{Mutex, MutexGuard};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};

use super::copy::copy_vault;
use super::sql::{Database, Sql, Take, Value, WriteSql, in_transaction};
use super::sqlite::Sqlite;
use connection::Connection;
pub(crate) use listener::{Changed, Listener, listen};

/// Reads wait for the network, not for a processor.
const READERS: usize = 8;

/// Whoever holds this advisory lock writes the audit chain or changes the schema ("nijavltw" in ASCII).
const WRITE_LOCK: i64 = 0x6e69_6a61_766c_7477;

/// A database on a server.
pub(crate) struct Postgres {
    address: Address,
    writer: Slot,
    readers: Vec<Slot>,
    next: AtomicUsize,
    /// The server's process behind the writer: what it announces is known here already.
    writer_process: Arc<AtomicI32>,
}

/// A connection, once it is needed.
type Slot = Mutex<Option<Connection>>;

impl Postgres {
    /// Connects, and makes the tables where they are missing. Blocks.
    pub(crate) fn open(url: &str) -> Result<Self, VaultError> {
        let address = parse(url)?;
        let mut writer = Connection::open(&address)?;
        schema::prepare(&mut writer)?;
        let process = writer.process()?;
        Ok(Self {
            address,
            writer: Mutex::new(Some(writer)),
            readers: (0..READERS).map(|_| Mutex::default()).collect(),
            next: AtomicUsize::new(0),
            writer_process: Arc::new(AtomicI32::new(process)),
        })
    }

    /// Runs `work` on one connection that cannot write, to a database that was made before. Blocks.
    pub(crate) fn read_only<T>(
        url: &str,
        work: impl FnOnce(&mut dyn Sql) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        let mut connection = Connection::open(&parse(url)?)?;
        connection.script(schema::OF_FORMAT_1)?;
        connection.script("SET default_transaction_read_only = on")?;
        work(&mut connection)
    }

    /// Writes what a SQLite file holds into a database that holds no vault yet, as one transaction.
    pub(crate) fn fill(&self, from: &Path) -> Result<(), VaultError> {
        let file = Sqlite::alone(from)?;
        in_transaction(self.writer()?.as_mut(), |sql| {
            let used = "SELECT 1 FROM keys UNION ALL SELECT 1 FROM audit LIMIT 1";
            if sql.one(used, &[], |_| Ok(()))?.is_some() {
                let what = "a vault is in the database already; a restore never writes over one";
                return Err(VaultError::Storage(what.into()));
            }
            // Nobody is to be told of what happened long ago.
            sql.script("ALTER TABLE audit DISABLE TRIGGER credentials_changed")?;
            copy_vault(file.reader()?.as_mut(), sql)?;
            sql.script("ALTER TABLE audit ENABLE TRIGGER credentials_changed")
        })
    }

    /// How to listen to what other signers change.
    pub(crate) fn listener(&self) -> Listener {
        Listener { address: self.address.clone(), own_process: Arc::clone(&self.writer_process) }
    }
}

impl Database for Postgres {
    /// Never: its answers take a trip over the network.
    fn free_reader(&self) -> Option<Box<dyn Sql + '_>> {
        None
    }

    fn reader(&self) -> Result<Box<dyn Sql + '_>, VaultError> {
        let turn = self.next.fetch_add(1, Ordering::Relaxed) % READERS;
        let slots = self.readers.iter().cycle().skip(turn).take(READERS);
        let free = slots.clone().find_map(|slot| slot.try_lock());
        let held = free.or_else(|| slots.clone().next().map(Slot::lock));
        let slot = held.ok_or_else(|| VaultError::Storage("there is no connection to read with".into()))?;
        let held = Held { slot, address: &self.address };
        Ok(Box::new(held))
    }

    fn writer(&self) -> Result<Box<dyn WriteSql + '_>, VaultError> {
        let held = Held { slot: self.writer.lock(), address: &self.address };
        Ok(Box::new(Writing { held, process: &self.writer_process }))
    }

    fn snapshot(&self, to: &Path) -> Result<(), VaultError> {
        let mut connection = Connection::open(&self.address)?;
        connection.script("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
        let file = Sqlite::alone(to)?;
        in_transaction(file.writer()?.as_mut(), |sql| copy_vault(&mut connection, sql))
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let slots: Vec<_> = std::iter::once(&mut self.writer).chain(&mut self.readers).collect();
        let open: Vec<_> = slots.into_iter().filter_map(|slot| slot.get_mut().take()).collect();
        connection::drop_elsewhere(open);
    }
}

fn parse(url: &str) -> Result<Address, VaultError> {
    Address::parse(url, "nija-vault").map_err(connection::unreached)
}

/// A connection that is held, and made again when the server had closed it.
struct Held<'a> {
    slot: MutexGuard<'a, Option<Connection>>,
    address: &'a Address,
}

impl Held<'_> {
    fn connection(&mut self) -> Result<&mut Connection, VaultError> {
        if self.slot.as_ref().is_none_or(Connection::is_closed) {
            *self.slot = Some(Connection::open(self.address)?);
        }
        self.slot.as_mut().ok_or_else(|| VaultError::Storage("there is no connection".into()))
    }

    /// Runs what can be run again: a restarted server is noticed only by the first statement that fails.
    fn again<T>(
        &mut self,
        mut work: impl FnMut(&mut Connection) -> Result<T, VaultError>,
    ) -> Result<T, VaultError> {
        let connection = self.connection()?;
        match work(connection) {
            Err(_) if connection.is_closed() => work(self.connection()?),
            answer => answer,
        }
    }
}

impl Sql for Held<'_> {
    fn run(&mut self, sql: &str, values: &[Value<'_>]) -> Result<u64, VaultError> {
        self.connection()?.run(sql, values)
    }

    fn each(&mut self, sql: &str, values: &[Value<'_>], take: Take<'_>) -> Result<(), VaultError> {
        let mut taken = false;
        let connection = self.connection()?;
        let mut noting = |row: &dyn super::Row| {
            taken = true;
            take(row)
        };
        match connection.each(sql, values, &mut noting) {
            Err(_) if !taken && self.slot.as_ref().is_none_or(Connection::is_closed) => {
                self.connection()?.each(sql, values, take)
            }
            answer => answer,
        }
    }

    fn script(&mut self, sql: &str) -> Result<(), VaultError> {
        self.connection()?.script(sql)
    }
}

/// The writer, inside a transaction or about to begin one. In it nothing is tried again: a statement on a new connection would
/// stand outside the transaction.
struct Writing<'a> {
    held: Held<'a>,
    process: &'a AtomicI32,
}

impl WriteSql for Writing<'_> {
    fn begin(&mut self) -> Result<(), VaultError> {
        let begin = format!("BEGIN; SELECT pg_advisory_xact_lock({WRITE_LOCK})");
        let process = self.held.again(|connection| {
            connection.script(&begin)?;
            connection.process()
        })?;
        self.process.store(process, Ordering::Relaxed);
        Ok(())
    }

    fn commit(&mut self) -> Result<(), VaultError> {
        self.sql().script("COMMIT")
    }

    fn roll_back(&mut self) {
        let Some(connection) = self.held.slot.as_mut() else { return };
        if let Err(error) = connection.script("ROLLBACK") {
            tracing::warn!(%error, "the vault's connection is given up, since it does not roll back");
            connection::drop_elsewhere(self.held.slot.take().into_iter().collect());
        }
    }

    /// Old copies of rows are the server's to clean (vacuum, write-ahead log, backups): see SECURITY.md.
    fn scrub(&mut self) {}

    fn sql(&mut self) -> &mut dyn Sql {
        self
    }
}

impl Sql for Writing<'_> {
    fn run(&mut self, sql: &str, values: &[Value<'_>]) -> Result<u64, VaultError> {
        self.open()?.run(sql, values)
    }

    fn each(&mut self, sql: &str, values: &[Value<'_>], take: Take<'_>) -> Result<(), VaultError> {
        self.open()?.each(sql, values, take)
    }

    fn script(&mut self, sql: &str) -> Result<(), VaultError> {
        self.open()?.script(sql)
    }
}

impl Writing<'_> {
    fn open(&mut self) -> Result<&mut Connection, VaultError> {
        self.held.slot.as_mut().ok_or_else(|| VaultError::Storage("there is no connection".into()))
    }
}

impl Drop for Writing<'_> {
    /// After a panic in the middle of a transaction: the connection is not used again.
    fn drop(&mut self) {
        if std::thread::panicking() {
            connection::drop_elsewhere(self.held.slot.take().into_iter().collect());
        }
    }
}
