//! A ledger in a folder of its own.

use nija_ledger::SqliteLedger;
use std::path::PathBuf;
use tempfile::TempDir;

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

    pub(crate) fn open(&self) -> SqliteLedger {
        SqliteLedger::open(&self.path()).unwrap()
    }

    /// The journal's file without the ledger, as an attacker or a careless person would open it.
    pub(crate) fn raw(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path()).unwrap()
    }

    /// The same of the tables' file.
    pub(crate) fn raw_tables(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path().with_extension("tables.db")).unwrap()
    }
}
