//! What a local vault is opened with.

use nija_core::{Authenticator, Clock, Entropy, NonceSource, VaultError};
use std::{fmt, path::PathBuf, sync::Arc};
use zeroize::Zeroizing;

use crate::UnsealedRoot;
use crate::store::{Opened, Postgres, Sqlite};

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

/// Where a vault's rows and its audit chain are.
#[derive(Clone)]
#[non_exhaustive]
pub enum VaultDatabase {
    /// A file of one signer; made when missing.
    Sqlite(PathBuf),
    /// A server that several signers share, as a connection string (`postgres://user:password@host/database`, or
    /// `host=... user=...`; with `sslmode=verify-full` it is encrypted). Its user needs to own the database or a schema
    /// `nija_vault` in it.
    Postgres(Zeroizing<String>),
    /// Memory: gone with the process.
    Memory,
}

impl VaultDatabase {
    /// Opens it, and makes the tables where they are missing. Blocks.
    pub(crate) fn open(&self) -> Result<Opened, VaultError> {
        Ok(match self {
            Self::Sqlite(path) => Opened { database: Arc::new(Sqlite::open(path)?), listener: None },
            Self::Memory => Opened { database: Arc::new(Sqlite::in_memory()?), listener: None },
            Self::Postgres(url) => {
                let database = Postgres::open(url)?;
                let listener = Some(database.listener());
                Opened { database: Arc::new(database), listener }
            }
        })
    }
}

impl From<PathBuf> for VaultDatabase {
    fn from(file: PathBuf) -> Self {
        Self::Sqlite(file)
    }
}

impl fmt::Debug for VaultDatabase {
    /// A connection string may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => f.debug_tuple("Sqlite").field(path).finish(),
            Self::Postgres(_) => f.write_str("Postgres"),
            Self::Memory => f.write_str("Memory"),
        }
    }
}

/// What a [`LocalVault`](crate::LocalVault) is opened with.
pub struct LocalVaultConfig {
    /// The database.
    pub database: VaultDatabase,
    /// The root key.
    pub root: RootKey,
    /// Where the audit log is written a second time, as lines of JSON; on another disk, at best.
    pub audit_file: Option<PathBuf>,
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
