//! What vaults have in common that rotate their encryption keys.

use async_trait::async_trait;
use nija_core::{Timestamp, VaultError};

/// How far a re-wrap is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RewrapProgress {
    /// User keys looked at so far.
    pub done: u64,
    /// User keys that there are.
    pub total: u64,
    /// How many of those looked at were moved to the newest key-encryption key.
    pub moved: u64,
    /// How many older key-encryption keys were retired.
    pub retired: u64,
}

/// A key-encryption or sealing key as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyInfo {
    /// Its id, hexadecimal.
    pub id: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// Whether new envelopes are made with it.
    pub in_use: bool,
}

/// The keys of a vault, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyReport {
    /// Key-encryption keys. More than one: a re-wrap is not done, or the older ones still have their time of grace.
    pub key_encryption: Vec<KeyInfo>,
    /// Sealing keys; the first is what devices are told to use.
    pub sealing: Vec<KeyInfo>,
    /// The public key that checkpoints and published keys are signed with, hexadecimal: to be pinned.
    pub identity: String,
}

/// Rotation of the encryption keys.
#[async_trait]
pub trait KeyRotation: Send + Sync {
    /// The keys there are.
    fn keys(&self) -> KeyReport;

    /// Makes a new key-encryption key and a new sealing key and uses them from now on. Follow it with
    /// [`KeyRotation::rewrap`].
    ///
    /// # Errors
    /// [`VaultError::Storage`]; then the keys in use are what they were.
    async fn rotate(&self) -> Result<(), VaultError>;

    /// Moves everything to the newest key-encryption key and retires the older ones. It may be stopped at any moment, and run
    /// again, and by several signers at once. Nothing waits for it: credentials open and change meanwhile.
    ///
    /// # Errors
    /// [`VaultError::Envelope`] when something stored does not open; it and the keys that it needs are left as they are.
    async fn rewrap(
        &self,
        progress: &mut (dyn FnMut(RewrapProgress) + Send),
    ) -> Result<RewrapProgress, VaultError>;
}
