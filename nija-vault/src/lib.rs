//! Custody of venue credentials: sealing, envelopes, the signer and the audit chain.
//!
//! A credential comes in sealed ([`seal`] runs on the user's device), is kept in an envelope that opens for one user,
//! venue, credential, version and custody mode alone, and never goes out again: [`LocalVault::open`](nija_core::Vault::open)
//! answers with a signer that signs the endpoints its venue's authenticator names and nothing else.
//!
//! What is where:
//!
//! - The root: `vault.key` (32 random bytes, mode 0600), a passphrase (Argon2id), three of five Shamir shares, or a file
//!   that a key server opens (Transit). Whoever has it and the database has the credentials.
//! - `vault.db` (or PostgreSQL): the key-encryption key under the root; each user's data key and the signer's sealing keys under the
//!   key-encryption key; credentials under their user's data key; the audit chain.
//!
//! The audit chain holds one entry for every change, refusal, failed or successful read of metadata, and for each purpose
//! that a lease was opened for. Single signatures that succeed are counted, and the count is written every minute and when the lease ends.
//! Changes and refusals are durable before their answer; the rest follows within the next group commit.
//!
//! ```
//! use nija_core::{CredentialStatus, ManualClock, OsEntropy, Timestamp, UserId, Vault, VenueId};
//! use nija_vault::{MemoryVault, MemoryVaultConfig, seal_credential, testing};
//! use std::sync::Arc;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let clock = Arc::new(ManualClock::at(Timestamp::from_micros(1_700_000_000_000_000)));
//! let entropy = Arc::new(OsEntropy::new()?);
//! let user = UserId::generate(Timestamp::from_micros(1), entropy.as_ref());
//! let venue = VenueId::new("example")?;
//! let vault = MemoryVault::open(MemoryVaultConfig {
//!     clock,
//!     entropy,
//!     nonces: Arc::new(testing::MemoryNonces::default()),
//!     authenticators: vec![Arc::new(testing::HmacAuthenticator::new(venue.clone()))],
//! })?;
//!
//! // On the user's device:
//! let sealed = seal_credential(&vault.sealing_key().await?, user, &venue, "key", "secret", None)?;
//! // On the server:
//! let stored = vault.store(user, &venue, "my account", &sealed).await?;
//! assert_eq!(stored.status, CredentialStatus::Active);
//! # Ok(())
//! # }
//! ```

mod audit;
mod config;
mod crypto;
mod hashi;
mod lease;
mod local;
mod memory;
mod rotation;
mod store;
#[cfg(feature = "testing")]
pub mod testing;

pub use audit::{
    AuditProof, AuditRecord, AuditReport, Caller, Checkpoint, FileSinkHealth, checkpoints_of_log,
    each_audit_record, prove_audit_entry, verify_audit, verify_audit_file, verify_audit_log,
};
pub use config::{LocalVaultConfig, RootKey, VaultDatabase};
pub use crypto::{
    RootShare, SHARES, THRESHOLD, Transit, UnlockKey, Unseal, UnsealedRoot, create_transit_root, deal_root,
    open_transit_root, seal, seal_credential,
};
pub use hashi::{AppRole, HashiServer, HashiVault, HashiVaultConfig, ServerLogin, TransitKey};
pub use local::{
    BackupInfo, Checked, Idleness, LeaseCount, LocalVault, Point, PublishedKeys, Rewound, VaultBooks,
    VaultHealth, backup_time, restore,
};
pub use memory::{MemoryVault, MemoryVaultConfig};
pub use rotation::{KeyInfo, KeyReport, KeyRotation, RewrapProgress};
pub use store::CredentialCount;
