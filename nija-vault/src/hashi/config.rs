//! What a vault over OpenBao or HashiCorp Vault is opened with.

use nija_core::{Authenticator, Clock, Entropy, NonceSource, VaultError};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::client::Client;
use super::{ServerLogin, TransitKey};
use crate::config::{RootKey, VaultDatabase};

/// Where the key server is, and how to log in.
#[derive(Debug, Clone)]
pub struct HashiServer {
    /// Addresses of its nodes (`https://host:8200`), in the order of preference.
    pub nodes: Vec<String>,
    /// The namespace, where the server is shared.
    pub namespace: Option<String>,
    /// How to log in.
    pub login: ServerLogin,
    /// Roots (PEM) to trust besides the system's.
    pub root_certificates: Vec<Vec<u8>>,
    /// The mount of the KV engine, version 2.
    pub kv_mount: String,
    /// The mount of the Transit engine.
    pub transit_mount: String,
    /// The Transit key.
    pub transit_key: String,
}

impl HashiServer {
    /// With the mounts and the key that [the policies](https://openbao.org/docs/concepts/policies/) in `deploy/openbao/` name.
    #[must_use]
    pub fn new(nodes: Vec<String>, login: impl Into<ServerLogin>) -> Self {
        Self {
            nodes,
            namespace: None,
            login: login.into(),
            root_certificates: Vec::new(),
            kv_mount: "secret".into(),
            transit_mount: "transit".into(),
            transit_key: "user-credentials".into(),
        }
    }

    /// Logs in for the Transit key alone: a local vault's root can lie under it.
    ///
    /// # Errors
    /// [`VaultError::Storage`] when no server answers or the login is refused.
    pub async fn connect_transit(&self) -> Result<TransitKey, VaultError> {
        let client = Client::new(self)?;
        client.start().await?;
        Ok(self.transit(client))
    }

    pub(super) fn transit(&self, client: Arc<Client>) -> TransitKey {
        TransitKey { client, mount: self.transit_mount.clone(), key: self.transit_key.clone() }
    }
}

/// What a [`HashiVault`](crate::HashiVault) is opened with.
pub struct HashiVaultConfig {
    /// The key server.
    pub server: HashiServer,
    /// The root key, which the server never sees.
    pub root: RootKey,
    /// The database of the audit chain. Signers that share one tell each other over PostgreSQL what they change.
    pub audit: VaultDatabase,
    /// Where the audit log is written a second time, as lines of JSON; on another disk, at best.
    pub audit_file: Option<PathBuf>,
    /// Ends leases and dates entries.
    pub clock: Arc<dyn Clock>,
    /// Makes ids.
    pub entropy: Arc<dyn Entropy>,
    /// Hands out nonces; the ledger.
    pub nonces: Arc<dyn NonceSource>,
    /// One for each venue that credentials are taken for.
    pub authenticators: Vec<Arc<dyn Authenticator>>,
}

impl fmt::Debug for HashiVaultConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HashiVaultConfig")
            .field("server", &self.server)
            .field("root", &self.root)
            .field("audit", &self.audit)
            .finish_non_exhaustive()
    }
}
