//! Which vault a platform keeps its users' exchange keys in.

use nija_core::{Authenticator, Clock, CredentialId, Entropy, NonceSource, UserId, Vault, VaultError};
use nija_vault::{
    HashiServer, HashiVault, HashiVaultConfig, KeyRotation, LocalVault, LocalVaultConfig, PublishedKeys,
    RootKey, Unseal, VaultBooks, VaultDatabase, open_transit_root,
};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zeroize::Zeroizing;

/// How the vault's root comes to the platform.
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum VaultRoot {
    /// `vault.key` in the data folder; made for a new vault.
    #[default]
    KeyFile,
    /// Derived from a passphrase.
    Passphrase(Zeroizing<String>),
    /// Put together from shares.
    Shares(Vec<Zeroizing<String>>),
    /// `vault.transit` in the data folder, a ciphertext that a key server opens at the start.
    Transit(HashiServer),
}

impl fmt::Debug for VaultRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::KeyFile => "KeyFile",
            Self::Passphrase(_) => "Passphrase",
            Self::Shares(_) => "Shares",
            Self::Transit(_) => "Transit",
        })
    }
}

impl VaultRoot {
    /// Where the root lies that a key server opens.
    #[must_use]
    pub fn transit_file(data_dir: &Path) -> PathBuf {
        data_dir.join("vault.transit")
    }

    async fn unseal(&self, data_dir: &Path) -> Result<RootKey, VaultError> {
        match self {
            Self::KeyFile => Ok(RootKey::File(data_dir.join("vault.key"))),
            Self::Passphrase(passphrase) => Ok(RootKey::Passphrase(passphrase.clone())),
            Self::Shares(shares) => {
                let mut unseal = Unseal::new();
                for share in shares {
                    if let Some(root) = unseal.add(share)? {
                        return Ok(RootKey::Unsealed(root));
                    }
                }
                Err(VaultError::Root(format!("{} more shares are needed", unseal.missing())))
            }
            Self::Transit(server) => {
                let transit = server.connect_transit().await?;
                let root = open_transit_root(&transit, &Self::transit_file(data_dir)).await?;
                Ok(RootKey::Unsealed(root))
            }
        }
    }
}

/// Where users' exchange keys are kept.
#[derive(Debug, Clone, Default)]
pub struct VaultConfig {
    /// The root.
    pub root: VaultRoot,
    /// The database of the keys, or of the audit chain alone where a key server has the keys. Without one: `vault.db` in the
    /// data folder.
    pub database: Option<VaultDatabase>,
    /// OpenBao or HashiCorp Vault, to keep the keys in.
    pub key_server: Option<HashiServer>,
}

/// The opened vault.
pub(crate) enum Custody {
    Local(Arc<LocalVault>),
    Hashi(Arc<HashiVault>),
}

/// What any vault works with.
pub(crate) struct CustodyParts {
    pub(crate) audit_file: Option<PathBuf>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) nonces: Arc<dyn NonceSource>,
    pub(crate) authenticators: Vec<Arc<dyn Authenticator>>,
}

impl Custody {
    pub(crate) async fn open(
        config: &VaultConfig,
        data_dir: &Path,
        parts: CustodyParts,
    ) -> Result<Self, VaultError> {
        let CustodyParts { audit_file, clock, entropy, nonces, authenticators } = parts;
        let database = config.database.clone().unwrap_or_else(|| data_dir.join("vault.db").into());
        let root = config.root.unseal(data_dir).await?;
        Ok(match config.key_server.clone() {
            None => {
                let config =
                    LocalVaultConfig { database, root, audit_file, clock, entropy, nonces, authenticators };
                Self::Local(Arc::new(LocalVault::open(config)?))
            }
            Some(server) => {
                let audit = database;
                let config = HashiVaultConfig {
                    server,
                    root,
                    audit,
                    audit_file,
                    clock,
                    entropy,
                    nonces,
                    authenticators,
                };
                Self::Hashi(Arc::new(HashiVault::open(config).await?))
            }
        })
    }

    pub(crate) fn vault(&self) -> Arc<dyn Vault> {
        match self {
            Self::Local(vault) => Arc::clone(vault) as Arc<dyn Vault>,
            Self::Hashi(vault) => Arc::clone(vault) as Arc<dyn Vault>,
        }
    }

    /// Leases, the audit log, notes.
    pub(crate) fn books(&self) -> VaultBooks {
        match self {
            Self::Local(vault) => vault.books(),
            Self::Hashi(vault) => vault.books(),
        }
    }

    /// Rotation of the vault's own keys.
    pub(crate) fn keys(&self) -> Arc<dyn KeyRotation> {
        match self {
            Self::Local(vault) => Arc::clone(vault) as Arc<dyn KeyRotation>,
            Self::Hashi(vault) => Arc::clone(vault) as Arc<dyn KeyRotation>,
        }
    }

    /// Erasing, limits on what is signed, and keys that only their owner unlocks.
    pub(crate) fn keeper(&self) -> Arc<dyn nija_core::Custody> {
        match self {
            Self::Local(vault) => Arc::clone(vault) as Arc<dyn nija_core::Custody>,
            Self::Hashi(vault) => Arc::clone(vault) as Arc<dyn nija_core::Custody>,
        }
    }

    /// Ends a version of a credential that was replaced.
    pub(crate) async fn retire_version(
        &self,
        user: UserId,
        id: CredentialId,
        version: u32,
    ) -> Result<(), VaultError> {
        match self {
            Self::Local(vault) => vault.retire_version(user, id, version).await,
            Self::Hashi(vault) => vault.retire_version(user, id, version).await,
        }
    }

    pub(crate) fn published_keys(&self) -> Result<PublishedKeys, VaultError> {
        match self {
            Self::Local(vault) => vault.published_keys(),
            Self::Hashi(vault) => vault.published_keys(),
        }
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Local(vault) => vault.close().await,
            Self::Hashi(vault) => vault.close().await,
        }
    }
}
