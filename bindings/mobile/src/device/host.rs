//! What the host gives the phone's desk beside its `SecureStore`: a hardware key, and the time.

use nija_device::core::Timestamp;
use nija_device::{KeyWrap, Store, StoreFailed, WrapFailed};
use std::{fmt, sync::Arc};
use zeroize::Zeroizing;

use crate::store::SecureStore;

/// The host's key did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum DeviceKeyError {
    /// The user refused, the key is gone, or what was given to unwrap is another key's.
    #[error("the device key refused")]
    Refused,
}

impl From<uniffi::UnexpectedUniFFICallbackError> for DeviceKeyError {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Refused
    }
}

/// A key that never leaves the phone's hardware (Secure Enclave, StrongBox). It encrypts 32 bytes, and decrypts them again; the host may
/// ask for a finger or a face first. Called from any thread; must not call back into the desk.
#[uniffi::export(with_foreign)]
pub trait DeviceKey: Send + Sync {
    /// Encrypts.
    fn wrap(&self, plain: Vec<u8>) -> Result<Vec<u8>, DeviceKeyError>;
    /// Decrypts what this very key encrypted.
    fn unwrap(&self, wrapped: Vec<u8>) -> Result<Vec<u8>, DeviceKeyError>;
}

/// The host's time, where the system's is not to be used.
#[uniffi::export(with_foreign)]
pub trait Clock: Send + Sync {
    /// Microseconds since 1970 UTC.
    fn now_micros(&self) -> i64;
}

pub(super) struct HostStore(pub(super) Arc<dyn SecureStore>);

impl Store for HostStore {
    fn get(&self, key: &str) -> Result<Option<String>, StoreFailed> {
        self.0.get(key.to_owned()).map_err(|_| StoreFailed)
    }

    fn set(&self, key: &str, value: &str) -> Result<(), StoreFailed> {
        self.0.set(key.to_owned(), value.to_owned()).map_err(|_| StoreFailed)
    }

    fn delete(&self, key: &str) -> Result<(), StoreFailed> {
        self.0.delete(key.to_owned()).map_err(|_| StoreFailed)
    }
}

pub(super) struct HostKey(pub(super) Arc<dyn DeviceKey>);

impl KeyWrap for HostKey {
    fn wrap(&self, plain: &[u8]) -> Result<Vec<u8>, WrapFailed> {
        self.0.wrap(plain.to_vec()).map_err(|_| WrapFailed)
    }

    fn unwrap(&self, wrapped: &[u8]) -> Result<Zeroizing<Vec<u8>>, WrapFailed> {
        self.0.unwrap(wrapped.to_vec()).map(Zeroizing::new).map_err(|_| WrapFailed)
    }
}

pub(super) struct HostClock(pub(super) Arc<dyn Clock>);

impl fmt::Debug for HostClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HostClock")
    }
}

impl nija_device::core::Clock for HostClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.now_micros())
    }
}
