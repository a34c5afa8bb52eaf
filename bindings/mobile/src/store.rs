//! Where the host keeps the refresh token: Keychain, Keystore, or a map in a test.

use std::sync::Arc;

use nija_client::{SessionObserver, SessionTokens};

/// The host could not read or write its store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum StoreError {
    /// Locked, full, or not there.
    #[error("the secure store is not available")]
    Unavailable,
}

impl From<uniffi::UnexpectedUniFFICallbackError> for StoreError {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Unavailable
    }
}

/// Small secrets, kept by the host. Called from any thread; must not call back into the client.
#[uniffi::export(with_foreign)]
pub trait SecureStore: Send + Sync {
    /// What is kept under `key`.
    fn get(&self, key: String) -> Result<Option<String>, StoreError>;
    /// Keeps `value` under `key`, instead of what was there.
    fn set(&self, key: String, value: String) -> Result<(), StoreError>;
    /// Forgets what is kept under `key`.
    fn delete(&self, key: String) -> Result<(), StoreError>;
}

/// Keeps the newest refresh token of one server in the host's store, and the vault's key that was seen there first.
pub(crate) struct Keeper {
    store: Arc<dyn SecureStore>,
    key: String,
    pin_key: String,
}

impl Keeper {
    pub(crate) fn new(store: Arc<dyn SecureStore>, base_url: &str) -> Self {
        let server = base_url.trim().trim_end_matches('/');
        let (key, pin_key) = (format!("nija.refresh-token.{server}"), format!("nija.vault-pin.{server}"));
        Self { store, key, pin_key }
    }

    /// The vault's key that was seen first.
    pub(crate) fn pin(&self) -> Option<[u8; 32]> {
        let kept = self.store.get(self.pin_key.clone()).ok().flatten()?;
        nija_client::parse_pin(&kept).ok()
    }

    pub(crate) fn kept(&self) -> Option<String> {
        self.store.get(self.key.clone()).ok().flatten()
    }
}

impl SessionObserver for Keeper {
    fn session_changed(&self, tokens: Option<&SessionTokens>) {
        let token = tokens.and_then(|tokens| tokens.refresh_token.clone());
        let done = match token {
            Some(token) => self.store.set(self.key.clone(), token),
            None => self.store.delete(self.key.clone()),
        };
        if done.is_err() {
            // The session goes on in memory; after the app's end the user signs in again.
            tracing::warn!("the secure store did not take the session");
        }
    }

    fn vault_pinned(&self, pin: &[u8; 32]) {
        // A store that could not be read at the start must not have its key replaced by whatever is seen now.
        let is_new = self.store.get(self.pin_key.clone()).is_ok_and(|kept| kept.is_none());
        if !is_new || self.store.set(self.pin_key.clone(), hex::encode(pin)).is_err() {
            tracing::warn!("the secure store did not take the vault's key");
        }
    }
}
