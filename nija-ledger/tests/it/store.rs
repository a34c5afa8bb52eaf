//! Where ledgers of a test are: in a folder of their own, or in a database.

use nija_core::Ledger;
use nija_ledger::{LedgerStats, PostgresLedger, SqliteLedger};
use nija_test_services::Database;
use std::path::PathBuf;
use tempfile::TempDir;

/// A place where a ledger is opened, and again.
pub(crate) trait Place {
    type Ledger: Opened;

    fn open(&self) -> Self::Ledger;

    /// Someone else at the tables of what follows from the journal; the ledger is closed.
    fn tamper(&self, sql: &str);

    /// Makes it what the version before bans wrote; the ledger is closed.
    fn take_back_bans(&self);
}

/// A ledger with what each has beyond the trait.
pub(crate) trait Opened: Ledger {
    async fn close(&self);
    fn stats(&self) -> LedgerStats;
}

pub(crate) struct Store {
    folder: TempDir,
}

impl Store {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("ledger.db")
    }

    /// The journal's file without the ledger, as an attacker or a careless person would open it.
    pub(crate) fn raw(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path()).unwrap()
    }
}

impl Place for Store {
    type Ledger = SqliteLedger;

    fn open(&self) -> SqliteLedger {
        SqliteLedger::open(&self.path()).unwrap()
    }

    fn tamper(&self, sql: &str) {
        let tables = rusqlite::Connection::open(self.path().with_extension("tables.db")).unwrap();
        tables.execute_batch(sql).unwrap();
    }

    fn take_back_bans(&self) {
        self.raw().execute_batch("DROP TABLE bans; PRAGMA user_version = 10").unwrap();
    }
}

impl Opened for SqliteLedger {
    async fn close(&self) {
        Self::close(self).await;
    }

    fn stats(&self) -> LedgerStats {
        Self::stats(self)
    }
}

impl Place for Database {
    type Ledger = PostgresLedger;

    fn open(&self) -> PostgresLedger {
        PostgresLedger::open(&self.url()).unwrap()
    }

    fn tamper(&self, sql: &str) {
        self.run(&format!("SET search_path TO nija_ledger_tables; {sql}")).unwrap();
    }

    fn take_back_bans(&self) {
        self.run("DROP TABLE nija_ledger.bans; DELETE FROM nija_ledger.schema_version WHERE version = 2")
            .unwrap();
    }
}

impl Opened for PostgresLedger {
    async fn close(&self) {
        Self::close(self).await;
    }

    fn stats(&self) -> LedgerStats {
        Self::stats(self)
    }
}
