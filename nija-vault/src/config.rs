//! What a local vault is opened with.

use nija_core::{Authenticator, Clock, Entropy, NonceSource};
use std::{fmt, path::PathBuf, sync::Arc};

/// Where the root key is.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum RootKey {
    /// In a file of 32 bytes that nobody but its owner may read. It is made when it is missing and the database is empty.
    File(PathBuf),
}

/// What a [`LocalVault`](crate::LocalVault) is opened with.
pub struct LocalVaultConfig {
    /// The SQLite file; made when missing.
    pub database: PathBuf,
    /// The root key.
    pub root: RootKey,
    /// Ends leases and dates entries.
    pub clock: Arc<dyn Clock>,
    /// Makes ids. Keys and envelope nonces always come from the operating system's generator: a replayed seed must never
    /// repeat a nonce under a key that outlives the run.
    pub entropy: Arc<dyn Entropy>,
    /// Hands out nonces; the ledger.
    pub nonces: Arc<dyn NonceSource>,
    /// One for each venue that credentials are taken for.
    pub authenticators: Vec<Arc<dyn Authenticator>>,
}

impl fmt::Debug for LocalVaultConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalVaultConfig")
            .field("database", &self.database)
            .field("root", &self.root)
            .finish_non_exhaustive()
    }
}
