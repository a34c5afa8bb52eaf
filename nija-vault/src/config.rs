//! What a local vault is opened with.

use nija_core::{Authenticator, Clock, Entropy, NonceSource};
use std::{fmt, path::PathBuf, sync::Arc};
use zeroize::Zeroizing;

use crate::UnsealedRoot;

/// Where the root key comes from.
#[non_exhaustive]
pub enum RootKey {
    /// In a file of 32 bytes that nobody but its owner may read. It is made when it is missing and the database is empty.
    File(PathBuf),
    /// Derived from a passphrase with Argon2id (64 MiB; some tenths of a second). Nothing of it is stored.
    Passphrase(Zeroizing<String>),
    /// Unsealed before: put together from shares ([`Unseal`](crate::Unseal)), or opened by a key server
    /// ([`open_transit_root`](crate::open_transit_root)).
    Unsealed(UnsealedRoot),
}

impl fmt::Debug for RootKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Passphrase(_) => f.write_str("Passphrase"),
            Self::Unsealed(root) => f.debug_tuple("Unsealed").field(root).finish(),
        }
    }
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
