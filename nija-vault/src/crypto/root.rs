//! The root key: the one secret outside the database.

use nija_core::VaultError;
use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::path::Path;

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
    let key = random_key().map_err(|error| std::io::Error::other(error.to_string()))?;
    write_new(path, key.as_slice())?;
    Ok(key)
}

/// Writes a file that only its owner reads. It is there whole and durable or not at all: others that start at the same moment never see
/// it half written, and an existing one stays.
pub(super) fn write_new(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Made with mode 0600, and removed again whatever fails.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map_err(|error| error.error)?;
    sync_parent(path)
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
