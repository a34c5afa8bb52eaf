//! `[ledger]`: where the journal is kept.

use nija::LedgerConfig;
use serde::Deserialize;
use std::path::PathBuf;

use super::{ConfigError, vault::read};

/// As it is written. The connection string is in a file of its own, since it holds a password.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FileLedger {
    postgres_file: Option<PathBuf>,
}

impl FileLedger {
    pub(super) fn into_config(self) -> Result<LedgerConfig, ConfigError> {
        Ok(match self.postgres_file {
            Some(path) => LedgerConfig::Postgres(read("ledger.postgres_file", &path)?),
            None => LedgerConfig::Sqlite,
        })
    }
}
