//! What a vault can do besides storing and opening: erasing, limiting what is signed, and keys that only their owner unlocks.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::{
    CredentialId, CredentialMeta, OrderPolicy, SealedCredential, Timestamp, UserId, Vault, VaultError,
    VenueId,
};

/// What became of a user's data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    /// The audit entry that records it.
    pub audit_seq: u64,
    /// The data keys that were destroyed, as the digests that the entry names.
    pub keys: Vec<String>,
    /// How many credentials became unreadable, in this database and in every backup that is made from now on. Backups from before hold the
    /// keys as well, under the root, until they expire.
    pub credentials: u64,
}

/// How a device derives a user's unlock key from a passphrase (Argon2id). It is public.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyDerivation {
    /// 16 random bytes, hexadecimal.
    pub salt: String,
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

/// The operations of custody.
#[async_trait]
pub trait Custody: Vault {
    /// Destroys the ciphertext of every version of a credential. Its record stays.
    async fn destroy(&self, user: UserId, id: CredentialId) -> Result<(), VaultError>;

    /// Destroys the user's data keys, and with them everything that they open, wherever copies of it alone are (crypto-shred). A backup from
    /// before has the keys, too: it has to expire. The records and the audit log stay.
    async fn erase(&self, user: UserId) -> Result<Erasure, VaultError>;

    /// The user's order policy; `None` when there is none.
    async fn policy(&self, user: UserId) -> Result<Option<OrderPolicy>, VaultError>;

    /// Sets or removes the user's order policy. It holds for signers that are out as well.
    async fn set_policy(&self, user: UserId, policy: Option<OrderPolicy>) -> Result<(), VaultError>;

    /// The same, if the policy in force is still the one that was `seen`: what was decided by looking at that one is not done to another.
    ///
    /// # Errors
    /// [`VaultError::PolicyChanged`] where it is another one; nothing was changed.
    async fn replace_policy(
        &self,
        user: UserId,
        seen: Option<OrderPolicy>,
        policy: Option<OrderPolicy>,
    ) -> Result<(), VaultError>;

    /// As [`Vault::store`], in custody mode `session`: what is sealed is itself encrypted under a key that the user's device
    /// derives ([`KeyDerivation`]) and that the vault does not keep.
    async fn store_locked(
        &self,
        user: UserId,
        venue: &VenueId,
        label: &str,
        sealed: &SealedCredential,
        derivation: KeyDerivation,
    ) -> Result<CredentialMeta, VaultError>;

    /// How the device derives the key of the user's `session` credential at a venue.
    async fn derivation(&self, user: UserId, venue: &VenueId) -> Result<KeyDerivation, VaultError>;

    /// Takes the derived key, sealed by the device, for as long as `until` says at most; in memory alone.
    async fn unlock(
        &self,
        user: UserId,
        venue: &VenueId,
        sealed_key: &SealedCredential,
        until: Timestamp,
    ) -> Result<Timestamp, VaultError>;

    /// Forgets the derived key now.
    async fn lock(&self, user: UserId, venue: &VenueId) -> Result<(), VaultError>;

    /// As [`Vault::store`], in custody mode `device`: notes that the key is on the user's device, and keeps nothing of it.
    async fn register_device_key(
        &self,
        user: UserId,
        venue: &VenueId,
        label: &str,
    ) -> Result<CredentialMeta, VaultError>;
}
