//! The root key: the one secret outside the database.

use nija_core::VaultError;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::Path;
use zeroize::Zeroize;

use super::data_key::{DataKey, KeyId, SecretKey, random_key, short_digest};
use crate::config::RootKey;

/// The root key, ready to open the key-encryption key.
#[derive(Debug)]
pub(crate) struct Root {
    pub(crate) key: DataKey,
    /// Its id says nothing about the key: what does not open may be damaged, or the passphrase may be wrong.
    guessed: bool,
}

impl Root {
    /// A root that is gone with the process.
    pub(crate) fn random() -> Result<Self, VaultError> {
        Self::from_key(&random_key()?)
    }

    /// The root that a configuration names. `stored_under` is the id of the one that stored keys are under, if there are any.
    pub(crate) fn unseal(root: RootKey, stored_under: Option<KeyId>) -> Result<Self, VaultError> {
        match root {
            RootKey::File(path) => Self::from_file(&path, stored_under.is_none()),
            RootKey::Passphrase(passphrase) => Self::from_passphrase(&passphrase, stored_under),
            RootKey::Unsealed(root) => Ok(root.into()),
        }
    }

    /// Reads the file; makes it when it is missing and `may_create`.
    pub(crate) fn from_file(path: &Path, may_create: bool) -> Result<Self, VaultError> {
        match File::open(path) {
            Ok(file) => Self::read(&file, path),
            Err(error) if error.kind() == ErrorKind::NotFound && may_create => match create(path) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                    let file = File::open(path).map_err(|error| unusable(path, &error))?;
                    Self::read(&file, path)
                }
                Err(error) => Err(unusable(path, &error)),
                Ok(key) => Self::from_key(&key),
            },
            Err(error) if error.kind() == ErrorKind::NotFound => Err(VaultError::Root(format!(
                "{} is missing, and the database was written under it; restore it from your backup",
                path.display()
            ))),
            Err(error) => Err(unusable(path, &error)),
        }
    }

    fn read(mut file: &File, path: &Path) -> Result<Self, VaultError> {
        let metadata = file.metadata().map_err(|error| unusable(path, &error))?;
        if !metadata.is_file() {
            return Err(VaultError::Root(format!("{} is not a file", path.display())));
        }
        check_mode(&metadata, path)?;
        if metadata.len() != 32 {
            return Err(VaultError::Root(format!(
                "{} has {} bytes instead of 32",
                path.display(),
                metadata.len()
            )));
        }
        let mut key = SecretKey::default();
        file.read_exact(key.as_mut_slice()).map_err(|error| unusable(path, &error))?;
        Self::from_key(&key)
    }

    pub(crate) fn from_key(key: &SecretKey) -> Result<Self, VaultError> {
        let id = short_digest("nija root key id", &[key.as_slice()]);
        DataKey::new(id, key).map(Self::proven)
    }

    pub(super) const fn proven(key: DataKey) -> Self {
        Self { key, guessed: false }
    }

    pub(super) const fn guessed(key: DataKey) -> Self {
        Self { key, guessed: true }
    }

    /// The error of a key-encryption key that does not open.
    pub(crate) fn explain(&self, error: VaultError) -> VaultError {
        if self.guessed {
            VaultError::Root("the passphrase is wrong, or the database is damaged".into())
        } else {
            error
        }
    }
}

/// A root that is ready to use, however it was unsealed. It is handed to [`LocalVaultConfig`](crate::LocalVaultConfig) and
/// gives nothing away.
#[derive(Debug)]
pub struct UnsealedRoot(pub(super) DataKey);

impl From<Root> for UnsealedRoot {
    fn from(root: Root) -> Self {
        Self(root.key)
    }
}

impl From<UnsealedRoot> for Root {
    fn from(root: UnsealedRoot) -> Self {
        Self::proven(root.0)
    }
}

fn create(path: &Path) -> std::io::Result<SecretKey> {
    let mut key = random_key().map_err(|error| std::io::Error::other(error.to_string()))?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    // Durable before anything is encrypted under it.
    let written = file.write_all(key.as_slice()).and_then(|()| file.sync_all());
    if let Err(error) = written.and_then(|()| sync_parent(path)) {
        key.zeroize();
        // A half-written file would be refused for ever after.
        drop(std::fs::remove_file(path));
        return Err(error);
    }
    Ok(key)
}

/// Makes the entry of a new file in its folder durable.
pub(crate) fn sync_parent(path: &Path) -> std::io::Result<()> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

#[cfg(unix)]
fn check_mode(metadata: &std::fs::Metadata, path: &Path) -> Result<(), VaultError> {
    let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(VaultError::Root(format!(
        "{} has mode {mode:03o}, so others can read or change it; run chmod 600 on it, and treat the key as leaked if others had access",
        path.display()
    )))
}

#[cfg(not(unix))]
fn check_mode(_metadata: &std::fs::Metadata, _path: &Path) -> Result<(), VaultError> {
    Ok(())
}

fn unusable(path: &Path, error: &std::io::Error) -> VaultError {
    VaultError::Root(format!("{}: {error}", path.display()))
}
