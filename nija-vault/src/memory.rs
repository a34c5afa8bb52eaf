//! The same vault in memory, for tests and trials.

use async_trait::async_trait;
use nija_core::{
    Authenticator, Clock, CredentialId, CredentialMeta, Custody, Entropy, Erasure, KeyDerivation, KeyRights,
    NonceSource, OpenPurpose, OrderPolicy, SealedCredential, SealingKey, Signer, Timestamp, UserId, Vault,
    VaultError, VenueId,
};
use std::{fmt, sync::Arc};

use crate::config::VaultDatabase;
use crate::crypto::Root;
use crate::local::Parts;
use crate::{KeyReport, KeyRotation, LocalVault, RewrapProgress, VaultBooks};

/// What a [`MemoryVault`] is opened with; as [`LocalVaultConfig`](crate::LocalVaultConfig) without the files.
pub struct MemoryVaultConfig {
    /// Ends leases and dates entries.
    pub clock: Arc<dyn Clock>,
    /// Makes ids.
    pub entropy: Arc<dyn Entropy>,
    /// Hands out nonces.
    pub nonces: Arc<dyn NonceSource>,
    /// One for each venue.
    pub authenticators: Vec<Arc<dyn Authenticator>>,
}

impl fmt::Debug for MemoryVaultConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryVaultConfig").finish_non_exhaustive()
    }
}

/// A vault that is gone with the process: SQLite in memory, under a random root.
#[derive(Debug)]
pub struct MemoryVault(LocalVault);

impl MemoryVault {
    /// A new, empty vault.
    ///
    /// # Errors
    /// [`VaultError::Storage`] when the system gives no memory or no randomness.
    pub fn open(config: MemoryVaultConfig) -> Result<Self, VaultError> {
        let parts = Parts {
            clock: config.clock,
            entropy: config.entropy,
            nonces: config.nonces,
            authenticators: config.authenticators,
            audit_file: None,
        };
        LocalVault::start(VaultDatabase::Memory.open()?, Root::random()?, parts).map(Self)
    }

    #[cfg(feature = "testing")]
    pub(crate) const fn local(&self) -> &LocalVault {
        &self.0
    }

    /// As [`LocalVault::books`].
    #[must_use]
    pub fn books(&self) -> VaultBooks {
        self.0.books()
    }

    /// As [`LocalVault::retire_version`].
    ///
    /// # Errors
    /// As there.
    pub async fn retire_version(
        &self,
        user: UserId,
        id: CredentialId,
        version: u32,
    ) -> Result<(), VaultError> {
        self.0.retire_version(user, id, version).await
    }
}

#[async_trait]
impl Vault for MemoryVault {
    async fn sealing_key(&self) -> Result<SealingKey, VaultError> {
        self.0.sealing_key().await
    }

    async fn store(
        &self,
        user: UserId,
        venue: &VenueId,
        label: &str,
        sealed: &SealedCredential,
    ) -> Result<CredentialMeta, VaultError> {
        self.0.store(user, venue, label, sealed).await
    }

    async fn open_sealed(
        &self,
        user: UserId,
        venue: &VenueId,
        sealed: &SealedCredential,
    ) -> Result<Arc<dyn Signer>, VaultError> {
        self.0.open_sealed(user, venue, sealed).await
    }

    async fn set_rights(&self, user: UserId, id: CredentialId, rights: KeyRights) -> Result<(), VaultError> {
        self.0.set_rights(user, id, rights).await
    }

    async fn list(&self, user: UserId) -> Result<Vec<CredentialMeta>, VaultError> {
        self.0.list(user).await
    }

    async fn active(&self) -> Result<Vec<CredentialMeta>, VaultError> {
        self.0.active().await
    }

    async fn open(
        &self,
        user: UserId,
        venue: &VenueId,
        purpose: OpenPurpose,
    ) -> Result<Arc<dyn Signer>, VaultError> {
        self.0.open(user, venue, purpose).await
    }

    async fn rollback(&self, user: UserId, id: CredentialId) -> Result<CredentialMeta, VaultError> {
        self.0.rollback(user, id).await
    }

    async fn revoke(&self, user: UserId, id: CredentialId) -> Result<(), VaultError> {
        self.0.revoke(user, id).await
    }

    async fn verify_audit(&self) -> Result<u64, VaultError> {
        self.0.verify_audit().await
    }
}

#[async_trait]
impl Custody for MemoryVault {
    async fn destroy(&self, user: UserId, id: CredentialId) -> Result<(), VaultError> {
        self.0.destroy(user, id).await
    }

    async fn erase(&self, user: UserId) -> Result<Erasure, VaultError> {
        self.0.erase(user).await
    }

    async fn policy(&self, user: UserId) -> Result<Option<OrderPolicy>, VaultError> {
        self.0.policy(user).await
    }

    async fn set_policy(&self, user: UserId, policy: Option<OrderPolicy>) -> Result<(), VaultError> {
        self.0.set_policy(user, policy).await
    }

    async fn replace_policy(
        &self,
        user: UserId,
        seen: Option<OrderPolicy>,
        policy: Option<OrderPolicy>,
    ) -> Result<(), VaultError> {
        self.0.replace_policy(user, seen, policy).await
    }

    async fn store_locked(
        &self,
        user: UserId,
        venue: &VenueId,
        label: &str,
        sealed: &SealedCredential,
        derivation: KeyDerivation,
    ) -> Result<CredentialMeta, VaultError> {
        self.0.store_locked(user, venue, label, sealed, derivation).await
    }

    async fn derivation(&self, user: UserId, venue: &VenueId) -> Result<KeyDerivation, VaultError> {
        self.0.derivation(user, venue).await
    }

    async fn unlock(
        &self,
        user: UserId,
        venue: &VenueId,
        sealed_key: &SealedCredential,
        until: Timestamp,
    ) -> Result<Timestamp, VaultError> {
        self.0.unlock(user, venue, sealed_key, until).await
    }

    async fn lock(&self, user: UserId, venue: &VenueId) -> Result<(), VaultError> {
        self.0.lock(user, venue).await
    }

    async fn register_device_key(
        &self,
        user: UserId,
        venue: &VenueId,
        label: &str,
    ) -> Result<CredentialMeta, VaultError> {
        self.0.register_device_key(user, venue, label).await
    }
}

#[async_trait]
impl KeyRotation for MemoryVault {
    fn keys(&self) -> KeyReport {
        self.0.keys()
    }

    async fn rotate(&self) -> Result<(), VaultError> {
        self.0.rotate().await
    }

    async fn rewrap(
        &self,
        progress: &mut (dyn FnMut(RewrapProgress) + Send),
    ) -> Result<RewrapProgress, VaultError> {
        self.0.rewrap(progress).await
    }
}
