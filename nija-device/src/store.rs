//! What the host provides: a place for small secrets, and a key that never leaves its hardware.

use std::fmt;
use zeroize::Zeroizing;

/// The host's store could not be read or written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the phone's secure store is not available")]
pub struct StoreFailed;

/// The hardware key could not be used, or what was wrapped is not of this key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the phone's key cannot open this")]
pub struct WrapFailed;

/// Small secrets: Keychain, Keystore. What `set` took is there after a crash; whoever reads then gets all of it or what was there before.
pub trait Store: Send + Sync {
    /// What is kept under `key`.
    ///
    /// # Errors
    /// [`StoreFailed`].
    fn get(&self, key: &str) -> Result<Option<String>, StoreFailed>;
    /// Keeps `value` under `key`, instead of what was there.
    ///
    /// # Errors
    /// [`StoreFailed`]: then nothing may be relied on but that it is either the old value or the new one.
    fn set(&self, key: &str, value: &str) -> Result<(), StoreFailed>;
    /// Forgets what is kept under `key`.
    ///
    /// # Errors
    /// [`StoreFailed`].
    fn delete(&self, key: &str) -> Result<(), StoreFailed>;
}

/// A key inside the phone's hardware (Secure Enclave, StrongBox) that encrypts 32 bytes and decrypts them again. The host may ask for a
/// finger or a face before it decrypts.
pub trait KeyWrap: Send + Sync {
    /// Encrypts.
    ///
    /// # Errors
    /// [`WrapFailed`].
    fn wrap(&self, plain: &[u8]) -> Result<Vec<u8>, WrapFailed>;
    /// Decrypts.
    ///
    /// # Errors
    /// [`WrapFailed`] for what another key wrapped, and where the user refuses.
    fn unwrap(&self, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, WrapFailed>;
}

impl fmt::Debug for dyn Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Store { .. }")
    }
}

impl fmt::Debug for dyn KeyWrap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyWrap { .. }")
    }
}
