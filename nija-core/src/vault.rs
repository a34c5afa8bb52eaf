//! Custody: credentials go in sealed and never come out; what comes out is a signer.

use async_trait::async_trait;
use std::{fmt, sync::Arc};

use crate::{
    AuthError, CredentialId, CredentialMeta, KeyRights, LedgerError, PolicyRefusal, SealedCredential,
    SealingKey, SignedRequest, UnsignedRequest, UserId, VenueId,
};

/// Signs requests with one credential, and only those that the venue's allow-list names.
#[async_trait]
pub trait Signer: Send + Sync + fmt::Debug {
    /// The credential it signs with: executors order requests by it where nonces must arrive in order.
    fn credential(&self) -> CredentialId;

    /// Checks and signs one request. Refusals are audited.
    async fn sign(&self, request: UnsignedRequest) -> Result<SignedRequest, SignError>;
}

/// Why a request was not signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The endpoint is not allowed or the secret is of the wrong form.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// The lease ended, or the credential was revoked or rotated: open it again.
    #[error("the signer's lease has ended; open the credential again")]
    LeaseEnded,
    /// The user's own policy forbids it.
    #[error(transparent)]
    Policy(#[from] PolicyRefusal),
    /// No nonce could be reserved.
    #[error("no nonce could be reserved: {0}")]
    Nonce(#[from] LedgerError),
    /// This venue needs no signature.
    #[error("this account has no key to sign with")]
    NoKey,
    /// The vault failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
}

/// What can go wrong in a vault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VaultError {
    /// The user has no active credential at this venue.
    #[error("there is no active credential at {venue}; connect the exchange first")]
    NoCredential {
        /// Venue.
        venue: VenueId,
    },
    /// The user's order policy is another one by now.
    #[error("the policy was changed meanwhile; read it again")]
    PolicyChanged,
    /// There is no such credential of this user.
    #[error("there is no credential {id}")]
    NoSuchCredential {
        /// Id.
        id: CredentialId,
    },
    /// The credential has no such version: it never had one, or it was more than ten versions ago.
    #[error("credential {id} has no version {version}")]
    NoSuchVersion {
        /// Id.
        id: CredentialId,
        /// The version that was asked for.
        version: u32,
    },
    /// There is no version to go back to.
    #[error("credential {id} has no older version to go back to")]
    NoOlderVersion {
        /// Id.
        id: CredentialId,
    },
    /// It was sealed to a key that the signer no longer has.
    #[error("sealed to an unknown key {key_id}; fetch the sealing key again and seal anew")]
    UnknownSealingKey {
        /// Key id.
        key_id: String,
    },
    /// It does not open: damaged, or sealed for another user, venue or key.
    #[error("the sealed credential does not open; it was damaged or sealed for another user, venue or key")]
    NotOpened,
    /// It opens, and is not `{{"key": ..., "secret": ...}}`.
    #[error("the sealed credential is not a key and a secret: {0}")]
    Malformed(&'static str),
    /// A stored envelope does not open: damaged, moved to another row, or written under another root.
    #[error("a stored envelope does not open: {0}")]
    Envelope(&'static str),
    /// The user's order policy is not the one that was set: its row was deleted, replaced or put back. Nothing of the user's is
    /// signed until it is there again, or its owner sets one anew.
    #[error("the user's order policy is not as it was set: {0}")]
    Policy(&'static str),
    /// A credential's row says that it is active in a version that was not in force when its status was last changed: somebody wrote
    /// that past the vault. It stays closed; a new key can be stored.
    #[error("the credential's status is not as it was set: {0}")]
    Status(&'static str),
    /// The venue is not known to the signer.
    #[error("the signer knows no venue {venue}")]
    UnknownVenue {
        /// Venue.
        venue: VenueId,
    },
    /// The root key is missing, damaged or readable by others.
    #[error("the vault's root key cannot be used: {0}")]
    Root(String),
    /// The audit chain is broken.
    #[error("the audit chain is broken at entry {seq}: {what}")]
    AuditBroken {
        /// First bad entry.
        seq: u64,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The key opens with its owner's unlock alone, and it is locked.
    #[error("the key for {venue} is locked; unlock it in the app")]
    Locked {
        /// Venue.
        venue: VenueId,
    },
    /// The key never leaves its owner's device.
    #[error("the key for {venue} is on the user's device; orders are signed there")]
    OnDevice {
        /// Venue.
        venue: VenueId,
    },
    /// This kind of vault has no such operation.
    #[error("not possible with {0}")]
    Unsupported(&'static str),
    /// Storage failed.
    #[error("the vault's storage failed: {0}")]
    Storage(String),
}

/// Why a credential is used; recorded in the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpenPurpose {
    /// To trade.
    Trade,
    /// To check the key with its venue before it is accepted.
    Verify,
    /// To reconcile and to read the account.
    Reconcile,
    /// To listen to the account's stream.
    Stream,
}

impl OpenPurpose {
    /// A short name for the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trade => "trade",
            Self::Verify => "verify",
            Self::Reconcile => "reconcile",
            Self::Stream => "stream",
        }
    }
}

/// Hands out nonces that were never used before; the ledger keeps the mark.
#[async_trait]
pub trait NonceSource: Send + Sync {
    /// As [`crate::Ledger::reserve_nonces`].
    async fn reserve(&self, key: CredentialId, floor: u64, count: u64) -> Result<u64, LedgerError>;
}

#[async_trait]
impl<L: crate::Ledger + ?Sized> NonceSource for L {
    async fn reserve(&self, key: CredentialId, floor: u64, count: u64) -> Result<u64, LedgerError> {
        self.reserve_nonces(key, floor, count).await
    }
}

/// Stores, lists, rotates and revokes users' venue credentials. No call returns a secret.
#[async_trait]
pub trait Vault: Send + Sync {
    /// The key to seal a new credential to.
    async fn sealing_key(&self) -> Result<SealingKey, VaultError>;

    /// Takes up a sealed credential and makes it the active one of its user and venue; one that was there before becomes
    /// an older version.
    async fn store(
        &self,
        user: UserId,
        venue: &VenueId,
        label: &str,
        sealed: &SealedCredential,
    ) -> Result<CredentialMeta, VaultError>;

    /// Opens a sealed credential for one check with its venue, without storing it.
    async fn open_sealed(
        &self,
        user: UserId,
        venue: &VenueId,
        sealed: &SealedCredential,
    ) -> Result<Arc<dyn Signer>, VaultError>;

    /// Notes what the venue said that the key may do.
    async fn set_rights(&self, user: UserId, id: CredentialId, rights: KeyRights) -> Result<(), VaultError>;

    /// A user's credentials, newest first.
    async fn list(&self, user: UserId) -> Result<Vec<CredentialMeta>, VaultError>;

    /// Every active credential of all users: what a start reconnects.
    async fn active(&self) -> Result<Vec<CredentialMeta>, VaultError>;

    /// A signer for the user's active credential at a venue.
    async fn open(
        &self,
        user: UserId,
        venue: &VenueId,
        purpose: OpenPurpose,
    ) -> Result<Arc<dyn Signer>, VaultError>;

    /// Goes back to the version before.
    async fn rollback(&self, user: UserId, id: CredentialId) -> Result<CredentialMeta, VaultError>;

    /// Makes a credential unusable; signers that are out stop signing.
    async fn revoke(&self, user: UserId, id: CredentialId) -> Result<(), VaultError>;

    /// Walks the audit chain from its start; answers with the number of entries.
    async fn verify_audit(&self) -> Result<u64, VaultError>;
}
