//! A root that lies beside the database as ciphertext, and that a key server opens at the start.

use async_trait::async_trait;
use nija_core::VaultError;
use std::io::ErrorKind;
use std::path::Path;
use zeroize::Zeroizing;

use super::data_key::{SecretKey, random_key};
use super::{Root, UnsealedRoot, root::write_new};

/// Encryption as a service: the Transit engine of OpenBao or HashiCorp Vault, whose key never leaves it.
#[async_trait]
pub trait Transit: Send + Sync {
    /// Encrypts; the answer is text that names the key's version.
    async fn encrypt(&self, plaintext: &[u8]) -> Result<String, VaultError>;

    /// Decrypts what [`Transit::encrypt`] made.
    async fn decrypt(&self, ciphertext: &str) -> Result<Zeroizing<Vec<u8>>, VaultError>;
}

/// Far above what any key server answers for 32 bytes.
const MAX_FILE: u64 = 8 * 1024;

/// Makes a new root and writes it to `file` as the key server's ciphertext.
///
/// # Errors
/// [`VaultError::Root`] when the file exists or cannot be written; the key server's own.
pub async fn create_transit_root(transit: &dyn Transit, file: &Path) -> Result<UnsealedRoot, VaultError> {
    let key = random_key()?;
    let ciphertext = transit.encrypt(key.as_slice()).await?;
    write_new(file, ciphertext.as_bytes()).map_err(|error| unusable(file, &error))?;
    Root::from_key(&key).map(Into::into)
}

/// Has the key server open the root in `file`.
///
/// # Errors
/// [`VaultError::Root`] when the file is missing or does not hold a root; the key server's own.
pub async fn open_transit_root(transit: &dyn Transit, file: &Path) -> Result<UnsealedRoot, VaultError> {
    let length = std::fs::metadata(file).map_err(|error| unusable(file, &error))?.len();
    if length > MAX_FILE {
        return Err(VaultError::Root(format!("{} is no ciphertext of a root", file.display())));
    }
    let ciphertext = std::fs::read_to_string(file).map_err(|error| unusable(file, &error))?;
    let bytes = transit.decrypt(ciphertext.trim()).await?;
    let mut key = SecretKey::default();
    if bytes.len() != key.len() {
        return Err(VaultError::Root("the key server answered with something other than a root".into()));
    }
    key.copy_from_slice(&bytes);
    Root::from_key(&key).map(Into::into)
}

fn unusable(path: &Path, error: &std::io::Error) -> VaultError {
    let hint = match error.kind() {
        ErrorKind::NotFound => "; restore it from your backup",
        ErrorKind::AlreadyExists => "; a root is there already",
        _ => "",
    };
    VaultError::Root(format!("{}: {error}{hint}", path.display()))
}
