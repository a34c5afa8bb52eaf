//! A vault of credentials without secrets.

use async_trait::async_trait;
use nija_core::{
    CredentialId, CredentialMeta, CredentialStatus, CustodyMode, KeyRights, NoSigner, OpenPurpose,
    SealedCredential, SealingKey, SeededEntropy, Signer, Timestamp, UserId, Vault, VaultError, VenueId,
};
use parking_lot::Mutex;
use std::{sync::Arc, time::Duration};

#[derive(Default)]
pub(crate) struct FakeVault {
    credentials: Mutex<Vec<CredentialMeta>>,
    fails: Mutex<Option<Fails>>,
    slow: Mutex<Option<(UserId, Duration)>>,
}

/// Whether an opening fails.
type Fails = Box<dyn Fn() -> bool + Send>;

impl FakeVault {
    pub(crate) fn grant(&self, user: UserId, venue: &VenueId, at: Timestamp) {
        let seed = self.credentials.lock().len() as u64;
        self.credentials.lock().push(CredentialMeta {
            id: CredentialId::generate(at, &SeededEntropy::new(seed)),
            user,
            venue: venue.clone(),
            label: "test".into(),
            version: 1,
            custody: CustodyMode::Delegated,
            status: CredentialStatus::Active,
            rights: KeyRights::default(),
            created_at: at,
            stored_at: at,
        });
    }

    /// The key signs only while its user is present.
    pub(crate) fn keep_by_session(&self, user: UserId) {
        self.credentials.lock().iter_mut().filter(|meta| meta.user == user).for_each(|meta| {
            meta.custody = CustodyMode::Session;
        });
    }

    /// Openings fail when this says so.
    pub(crate) fn fail_when(&self, fails: impl Fn() -> bool + Send + 'static) {
        *self.fails.lock() = Some(Box::new(fails));
    }

    /// This user's openings take so long.
    pub(crate) fn open_slowly(&self, user: UserId, time: Duration) {
        *self.slow.lock() = Some((user, time));
    }

    pub(crate) fn take_away(&self, user: UserId, venue: &VenueId) {
        self.credentials.lock().retain(|meta| meta.user != user || meta.venue != *venue);
    }
}

#[async_trait]
impl Vault for FakeVault {
    async fn sealing_key(&self) -> Result<SealingKey, VaultError> {
        Err(VaultError::Storage("not in this test".into()))
    }

    async fn store(
        &self,
        _: UserId,
        _: &VenueId,
        _: &str,
        _: &SealedCredential,
    ) -> Result<CredentialMeta, VaultError> {
        Err(VaultError::Storage("not in this test".into()))
    }

    async fn open_sealed(
        &self,
        _: UserId,
        _: &VenueId,
        _: &SealedCredential,
    ) -> Result<Arc<dyn Signer>, VaultError> {
        Err(VaultError::Storage("not in this test".into()))
    }

    async fn set_rights(&self, _: UserId, id: CredentialId, _: KeyRights) -> Result<(), VaultError> {
        Err(VaultError::NoSuchCredential { id })
    }

    async fn list(&self, user: UserId) -> Result<Vec<CredentialMeta>, VaultError> {
        Ok(self.credentials.lock().iter().filter(|meta| meta.user == user).cloned().collect())
    }

    async fn active(&self) -> Result<Vec<CredentialMeta>, VaultError> {
        Ok(self.credentials.lock().clone())
    }

    async fn open(
        &self,
        user: UserId,
        venue: &VenueId,
        _: OpenPurpose,
    ) -> Result<Arc<dyn Signer>, VaultError> {
        let slow = self.slow.lock().filter(|(slow, _)| *slow == user);
        if let Some((_, time)) = slow {
            tokio::time::sleep(time).await;
        }
        if self.fails.lock().as_ref().is_some_and(|fails| fails()) {
            return Err(VaultError::Storage("sealed".into()));
        }
        if self.credentials.lock().iter().any(|meta| meta.user == user && meta.venue == *venue) {
            Ok(Arc::new(NoSigner))
        } else {
            Err(VaultError::NoCredential { venue: venue.clone() })
        }
    }

    async fn rollback(&self, _: UserId, id: CredentialId) -> Result<CredentialMeta, VaultError> {
        Err(VaultError::NoSuchCredential { id })
    }

    async fn revoke(&self, _: UserId, id: CredentialId) -> Result<(), VaultError> {
        self.credentials.lock().retain(|meta| meta.id != id);
        Ok(())
    }

    async fn verify_audit(&self) -> Result<u64, VaultError> {
        Ok(0)
    }
}
