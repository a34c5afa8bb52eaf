//! The vault as the engine has it: what the engine opens and signs in tasks of its own is on record as its doing.

use async_trait::async_trait;
use nija_core::{
    CredentialId, CredentialMeta, KeyRights, OpenPurpose, SealedCredential, SealingKey, SignError,
    SignedRequest, Signer, UnsignedRequest, UserId, Vault, VaultError, VenueId,
};
use nija_vault::Caller;
use std::sync::Arc;

/// From where the engine asks.
const ENGINE: &str = "engine";

/// A vault whose log says `engine` where it would say that nobody asked just then.
pub(crate) struct EngineVault(pub(crate) Arc<dyn Vault>);

/// A signer of such a vault.
#[derive(Debug)]
struct EngineSigner(Arc<dyn Signer>);

/// A request's own caller is told before the engine.
fn caller() -> Caller {
    let present = Caller::present();
    if present == Caller::process() { Caller::from(ENGINE) } else { present }
}

#[async_trait]
impl Signer for EngineSigner {
    fn credential(&self) -> CredentialId {
        self.0.credential()
    }

    async fn sign(&self, request: UnsignedRequest) -> Result<SignedRequest, SignError> {
        caller().asks(self.0.sign(request)).await
    }
}

#[async_trait]
impl Vault for EngineVault {
    async fn sealing_key(&self) -> Result<SealingKey, VaultError> {
        caller().asks(self.0.sealing_key()).await
    }

    async fn store(
        &self,
        user: UserId,
        venue: &VenueId,
        label: &str,
        sealed: &SealedCredential,
    ) -> Result<CredentialMeta, VaultError> {
        caller().asks(self.0.store(user, venue, label, sealed)).await
    }

    async fn open_sealed(
        &self,
        user: UserId,
        venue: &VenueId,
        sealed: &SealedCredential,
    ) -> Result<Arc<dyn Signer>, VaultError> {
        let signer = caller().asks(self.0.open_sealed(user, venue, sealed)).await?;
        Ok(Arc::new(EngineSigner(signer)))
    }

    async fn set_rights(&self, user: UserId, id: CredentialId, rights: KeyRights) -> Result<(), VaultError> {
        caller().asks(self.0.set_rights(user, id, rights)).await
    }

    async fn list(&self, user: UserId) -> Result<Vec<CredentialMeta>, VaultError> {
        caller().asks(self.0.list(user)).await
    }

    async fn active(&self) -> Result<Vec<CredentialMeta>, VaultError> {
        caller().asks(self.0.active()).await
    }

    async fn open(
        &self,
        user: UserId,
        venue: &VenueId,
        purpose: OpenPurpose,
    ) -> Result<Arc<dyn Signer>, VaultError> {
        let signer = caller().asks(self.0.open(user, venue, purpose)).await?;
        Ok(Arc::new(EngineSigner(signer)))
    }

    async fn rollback(&self, user: UserId, id: CredentialId) -> Result<CredentialMeta, VaultError> {
        caller().asks(self.0.rollback(user, id)).await
    }

    async fn revoke(&self, user: UserId, id: CredentialId) -> Result<(), VaultError> {
        caller().asks(self.0.revoke(user, id)).await
    }

    async fn verify_audit(&self) -> Result<u64, VaultError> {
        caller().asks(self.0.verify_audit()).await
    }
}
