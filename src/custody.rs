//! Which vault a platform keeps its users' exchange keys in.

use nija_core::{Authenticator, Clock, Entropy, NonceSource, Vault, VaultError};
use nija_vault::{
    HashiServer, HashiVault, HashiVaultConfig, LocalVault, LocalVaultConfig, RootKey, VaultDatabase,
};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where users' exchange keys are kept. The root key is `vault.key` in the data folder in every case.
#[derive(Debug, Clone, Default)]
pub struct VaultConfig {
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
        let root = RootKey::File(data_dir.join("vault.key"));
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

    pub(crate) async fn close(&self) {
        match self {
            Self::Local(vault) => vault.close().await,
            Self::Hashi(vault) => vault.close().await,
        }
    }
}
