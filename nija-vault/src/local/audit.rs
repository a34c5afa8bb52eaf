//! The audit log from the vault's side: proofs, checkpoints, and whether both sinks take entries.

use nija_core::{Timestamp, VaultError};

use super::{Inner, LocalVault};
use crate::CredentialCount;
use crate::audit::{AuditProof, FileSinkHealth, prove};

/// Whether the audit log is written where it should be. Anything that is not `None` is an alarm; signing goes on all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VaultHealth {
    /// Why the database took no entries when it was last asked.
    pub database: Option<String>,
    /// Entries that wait for the database, in memory.
    pub waiting: u64,
    /// Signatures that were refused since the start; each is in the log.
    pub refused: u64,
    /// The log file, where one is configured.
    pub file: Option<FileSinkHealth>,
}

impl LocalVault {
    /// How the two sinks of the audit log are doing.
    #[must_use]
    pub fn health(&self) -> VaultHealth {
        self.inner.health()
    }

    /// How many credentials there are, by custody mode and status.
    ///
    /// # Errors
    /// [`VaultError::Storage`].
    pub async fn counts(&self) -> Result<Vec<CredentialCount>, VaultError> {
        let counts = self.inner.read(crate::store::count_credentials).await?;
        self.inner.writer.note(self.inner.entry("count"));
        Ok(counts)
    }

    /// Notes that this vault was made from a backup of `at`.
    ///
    /// # Errors
    /// [`VaultError::Storage`].
    pub async fn record_restore(&self, at: Timestamp) -> Result<(), VaultError> {
        self.inner.writer.record(self.inner.entry("restore").detail(&format!("backup of {at}"))).await
    }

    /// Signs for everything that was recorded before; the vault also does so by itself.
    ///
    /// # Errors
    /// [`VaultError::AuditBroken`] when the log was tampered with, [`VaultError::Storage`].
    pub async fn checkpoint(&self) -> Result<(), VaultError> {
        self.inner.writer.checkpoint().await
    }

    /// Proves that an entry is in the log, by the newest checkpoint.
    ///
    /// # Errors
    /// [`VaultError::Storage`] when there is no such entry behind a checkpoint: [`LocalVault::checkpoint`] makes one.
    pub async fn prove_audit_entry(&self, seq: u64) -> Result<AuditProof, VaultError> {
        self.inner.read(move |sql| prove(sql, seq)).await
    }
}

impl Inner {
    pub(super) fn health(&self) -> VaultHealth {
        let database = self.writer.health();
        VaultHealth {
            database: database.error,
            waiting: database.waiting,
            refused: self.writer.refused(),
            file: self.sink.as_ref().map(crate::audit::FileSink::health),
        }
    }
}
