//! What every vault with a database has beside the keys, wherever the keys themselves are.

use nija_core::{UserId, VaultError, VenueId};
use std::fmt;
use std::sync::Arc;

use super::{Inner, LocalVault, Secrets, VaultHealth};
use crate::HashiVault;
use crate::audit::{AuditProof, AuditRecord, of_user, prove};

/// A vault's leases, its audit log, and what the platform notes about keys.
#[derive(Clone)]
pub struct VaultBooks {
    pub(super) inner: Arc<Inner>,
    pub(super) secrets: Arc<dyn Secrets>,
}

impl LocalVault {
    /// Its books.
    #[must_use]
    pub fn books(&self) -> VaultBooks {
        VaultBooks { inner: Arc::clone(&self.inner), secrets: Arc::new(Arc::clone(&self.inner)) }
    }
}

impl HashiVault {
    /// Its books.
    #[must_use]
    pub fn books(&self) -> VaultBooks {
        VaultBooks { inner: Arc::clone(self.inner()), secrets: self.secrets() }
    }
}

impl VaultBooks {
    /// How the two sinks of the audit log are doing.
    #[must_use]
    pub fn health(&self) -> VaultHealth {
        self.inner.health()
    }

    /// Signs for everything that was recorded before.
    ///
    /// # Errors
    /// As [`LocalVault::checkpoint`].
    pub async fn checkpoint(&self) -> Result<(), VaultError> {
        self.inner.writer.checkpoint().await
    }

    /// Proves that an entry is in the log, by the newest checkpoint.
    ///
    /// # Errors
    /// As [`LocalVault::prove_audit_entry`].
    pub async fn prove_audit_entry(&self, seq: u64) -> Result<AuditProof, VaultError> {
        self.inner.read(move |sql| prove(sql, seq)).await
    }

    /// Puts on record what somebody did, or was refused, beyond their own account: an administrator's act. Durable when it returns.
    ///
    /// # Errors
    /// [`VaultError::Storage`], [`VaultError::AuditBroken`]; it is not on record then.
    pub async fn record_act(
        &self,
        who: UserId,
        action: &str,
        venue: Option<&VenueId>,
        detail: Option<&str>,
        refused: bool,
    ) -> Result<(), VaultError> {
        let mut entry = self.inner.entry(action).by(who);
        if let Some(venue) = venue {
            entry = entry.at_venue(venue);
        }
        let entry = match detail {
            Some(why) if refused => entry.refused(why),
            Some(detail) => entry.detail(detail),
            None if refused => entry.refused("refused"),
            None => entry,
        };
        self.inner.writer.record(entry).await
    }

    /// A user's newest entries, newest first.
    ///
    /// # Errors
    /// [`VaultError::Storage`].
    pub async fn audit_of(
        &self,
        user: UserId,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, VaultError> {
        let found = self.inner.read(move |sql| of_user(sql, user, before, limit)).await?;
        self.inner.writer.note(self.inner.entry("read_audit").by(user).counting(found.len() as u64));
        Ok(found)
    }
}

impl fmt::Debug for VaultBooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VaultBooks").finish_non_exhaustive()
    }
}
