//! The vault over OpenBao or HashiCorp Vault.
//!
//! | where | what |
//! | --- | --- |
//! | KV v2, `secret/users/{user}/{venue}` | a user's credentials at a venue in their envelopes, written by check-and-set |
//! | KV v2, `secret/vault/keys` | the key-encryption key under the root and under Transit, the sealing keys under it |
//! | Transit, `user-credentials` | the key that the key-encryption key is wrapped with once more |
//! | the root key, here | as for a local vault |
//! | a database, here | the audit chain |
//!
//! Both the root and the server are needed to open anything: an administrator of the server lacks the root, and a thief of the root
//! lacks Transit. Rotation makes a new key-encryption key and a new version of the Transit key (`rotation`). A change is recorded as intended before it is written, and as done after, since the chain and the
//! credentials are not in one transaction; a chain that ends with an intention tells where a crash was.

mod bytes;
mod changes;
mod client;
mod config;
mod custody;
mod keys;
mod kv;
mod login;
mod policies;
mod reading;
mod record;
mod rotation;
mod standing;
#[cfg(feature = "testing")]
mod tampering;
mod transit;

use async_trait::async_trait;
use nija_core::{
    CredentialId, CredentialMeta, KeyRights, OpenPurpose, SealedCredential, SealingKey, Signer, UserId,
    Vault, VaultError, VenueId,
};
use parking_lot::Mutex;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::crypto::Root;
use crate::local::{Inner, Parts, Secrets};
use client::Client;
pub use config::{HashiServer, HashiVaultConfig};
use kv::Kv;
pub use login::{AppRole, ServerLogin};
pub use transit::TransitKey;

/// Users whose changes wait for each other: fewer would make strangers wait, more would be memory for nothing.
const TURNS: usize = 64;

/// Keeps credentials in OpenBao or HashiCorp Vault.
pub struct HashiVault {
    state: Arc<State>,
}

/// What the calls share with the tasks that finish changes whose callers went away.
struct State {
    inner: Arc<Inner>,
    kv: Kv,
    transit: TransitKey,
    root: Root,
    /// When the keys in use were last what the server had.
    keys_known_at: Mutex<tokio::time::Instant>,
    turns: Vec<tokio::sync::Mutex<()>>,
}

impl HashiVault {
    /// Logs in, and opens the keys or makes the first ones.
    ///
    /// # Errors
    /// [`VaultError::Storage`] when no server answers, refuses the login, or the audit database cannot be opened;
    /// [`VaultError::Root`] when the root key cannot be used; [`VaultError::Envelope`] when a key's envelope is damaged.
    pub async fn open(config: HashiVaultConfig) -> Result<Self, VaultError> {
        let client = Client::new(&config.server)?;
        client.start().await?;
        let kv = Kv { client: Arc::clone(&client), mount: config.server.kv_mount.clone() };
        let transit = config.server.transit(client);
        let keys_known_at = Mutex::new(tokio::time::Instant::now());
        let (root, keyring, made) = keys::open(&kv, &transit, config.root, config.clock.as_ref()).await?;
        let parts = Parts {
            clock: config.clock,
            entropy: config.entropy,
            nonces: config.nonces,
            authenticators: config.authenticators,
            audit_file: config.audit_file,
        };
        let audit = config.audit;
        let inner = tokio::task::spawn_blocking(move || Inner::start(audit.open()?, keyring, None, parts))
            .await
            .map_err(|error| VaultError::Storage(error.to_string()))??;
        if made {
            inner.writer.record(inner.entry("create_vault")).await?;
        }
        let turns = (0..TURNS).map(|_| tokio::sync::Mutex::default()).collect();
        let inner = Arc::new(inner);
        Ok(Self { state: Arc::new(State { inner, kv, transit, root, keys_known_at, turns }) })
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.state.inner
    }

    pub(crate) fn secrets(&self) -> Arc<dyn Secrets> {
        Arc::clone(&self.state) as Arc<dyn Secrets>
    }

    /// As [`LocalVault::retire_version`](crate::LocalVault::retire_version).
    ///
    /// # Errors
    /// As there.
    pub async fn retire_version(
        &self,
        user: UserId,
        id: CredentialId,
        version: u32,
    ) -> Result<(), VaultError> {
        self.state.retire_version(user, id, version).await
    }

    /// Ends every lease, writes what is still to be written, and stops. Later calls that open or change are refused.
    pub async fn close(&self) {
        self.state.inner.close().await;
    }
}

#[async_trait]
impl Vault for HashiVault {
    async fn sealing_key(&self) -> Result<SealingKey, VaultError> {
        self.state.inner.sealing_key()
    }

    async fn store(
        &self,
        user: UserId,
        venue: &VenueId,
        label: &str,
        sealed: &SealedCredential,
    ) -> Result<CredentialMeta, VaultError> {
        self.state.store(user, venue, label, sealed).await
    }

    async fn open_sealed(
        &self,
        user: UserId,
        venue: &VenueId,
        sealed: &SealedCredential,
    ) -> Result<Arc<dyn Signer>, VaultError> {
        self.state.inner.open_sealed(user, venue, sealed, self.state.as_ref()).await
    }

    async fn set_rights(&self, user: UserId, id: CredentialId, rights: KeyRights) -> Result<(), VaultError> {
        self.state.set_rights(user, id, rights).await
    }

    async fn list(&self, user: UserId) -> Result<Vec<CredentialMeta>, VaultError> {
        let found = self.state.of_user(user).await;
        let count = found.as_ref().map_or(1, |found| found.len() as u64);
        self.state.inner.note_read(self.state.inner.entry("list").by(user).counting(count), found)
    }

    async fn active(&self) -> Result<Vec<CredentialMeta>, VaultError> {
        let found = self.state.all_active().await?;
        let entry = self.state.inner.entry("list_active").counting(found.len() as u64);
        self.state.inner.writer.note(entry);
        Ok(found)
    }

    async fn open(
        &self,
        user: UserId,
        venue: &VenueId,
        purpose: OpenPurpose,
    ) -> Result<Arc<dyn Signer>, VaultError> {
        self.state.inner.open(user, venue, purpose, self.state.as_ref()).await
    }

    async fn rollback(&self, user: UserId, id: CredentialId) -> Result<CredentialMeta, VaultError> {
        self.state.rollback(user, id).await
    }

    async fn revoke(&self, user: UserId, id: CredentialId) -> Result<(), VaultError> {
        self.state.revoke(user, id).await
    }

    async fn verify_audit(&self) -> Result<u64, VaultError> {
        self.state.inner.verify_audit().await
    }
}

impl State {
    fn is_closed(&self) -> bool {
        self.inner.closed.load(Ordering::SeqCst)
    }
}

impl Drop for HashiVault {
    fn drop(&mut self) {
        self.state.inner.unlocks.clear();
        // Signers that are still out hold their leases: those must not outlive the vault.
        self.state.inner.book.end_all();
    }
}

impl fmt::Debug for HashiVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HashiVault").finish_non_exhaustive()
    }
}
