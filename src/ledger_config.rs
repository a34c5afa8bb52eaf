//! Where the ledger is kept, and the one that was opened.

use nija_core::{Ledger, LedgerError, NonceSource};
use nija_ledger::{PostgresLedger, SqliteLedger};
use std::{fmt, path::Path, sync::Arc};

/// Where the journal and what follows from it are kept.
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum LedgerConfig {
    /// The file `ledger.db` in the data folder.
    #[default]
    Sqlite,
    /// A PostgreSQL database, as a connection string (`postgres://user:password@host/database`, or `host=... user=...`; with
    /// `sslmode=verify-full` it is encrypted). Its user needs to own the database or the schemas `nija_ledger` and
    /// `nija_ledger_tables` in it. One platform at a time writes it.
    Postgres(String),
}

impl fmt::Debug for LedgerConfig {
    /// A connection string holds a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "Sqlite",
            Self::Postgres(_) => "Postgres(..)",
        })
    }
}

/// A ledger that was opened and is to be closed.
#[derive(Clone)]
pub(crate) enum Opened {
    Sqlite(Arc<SqliteLedger>),
    Postgres(Arc<PostgresLedger>),
}

impl Opened {
    pub(crate) async fn open(config: &LedgerConfig, data_dir: &Path) -> Result<Self, LedgerError> {
        let file = data_dir.join("ledger.db");
        match config {
            LedgerConfig::Sqlite => Ok(Self::Sqlite(Arc::new(SqliteLedger::open(&file)?))),
            LedgerConfig::Postgres(url) => {
                if file.exists() {
                    tracing::warn!(file = %file.display(), "the ledger is on PostgreSQL; this file of before is left alone and not read");
                }
                // It may wait for a database that is far away, or for the end of a server that died.
                let url = url.clone();
                let opened = tokio::task::spawn_blocking(move || PostgresLedger::open(&url)).await;
                let failed = |error| LedgerError::Storage(format!("the ledger was not opened: {error}"));
                Ok(Self::Postgres(Arc::new(opened.map_err(failed)??)))
            }
        }
    }

    pub(crate) fn ledger(&self) -> Arc<dyn Ledger> {
        match self {
            Self::Sqlite(ledger) => ledger.clone(),
            Self::Postgres(ledger) => ledger.clone(),
        }
    }

    /// The same, read by readers of their own: the engine's look-ups wait for none of these.
    pub(crate) fn questions(&self) -> Arc<dyn Ledger> {
        match self {
            Self::Sqlite(ledger) => Arc::new(ledger.questions()),
            Self::Postgres(ledger) => Arc::new(ledger.questions()),
        }
    }

    pub(crate) fn nonces(&self) -> Arc<dyn NonceSource> {
        match self {
            Self::Sqlite(ledger) => ledger.clone(),
            Self::Postgres(ledger) => ledger.clone(),
        }
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(ledger) => ledger.close().await,
            Self::Postgres(ledger) => ledger.close().await,
        }
    }
}
