//! A key that is open: in memory, for some minutes.

use nija_core::{Clock, CredentialSecret, SignError, Timestamp};
use parking_lot::RwLock;
use std::{sync::Arc, time::Duration};

/// How long a key stays open after the phone's hardware opened it, as a lease of the vault's signer does.
pub(crate) const TTL: Duration = Duration::from_secs(300);

/// The secret, wiped when its time is over, when it is locked, or when it is dropped.
pub(crate) struct Held {
    secret: RwLock<Option<CredentialSecret>>,
    steady: Arc<dyn Clock>,
    ends_at: Timestamp,
}

impl Held {
    /// Opens it for [`TTL`]. Wiped then even if nobody asks for it again, where a runtime is there to do it.
    pub(crate) fn open(secret: CredentialSecret, steady: Arc<dyn Clock>) -> Arc<Self> {
        let ends_at = steady.now().plus(TTL);
        let held = Arc::new(Self { secret: RwLock::new(Some(secret)), steady, ends_at });
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let weak = Arc::downgrade(&held);
            runtime.spawn(async move {
                tokio::time::sleep(TTL).await;
                if let Some(held) = weak.upgrade() {
                    held.wipe();
                }
            });
        }
        held
    }

    /// Whether it may sign now.
    pub(crate) fn is_open(&self) -> bool {
        if self.steady.now() >= self.ends_at {
            self.wipe();
        }
        self.secret.read().is_some()
    }

    /// Ends it: the secret is gone when this returns.
    pub(crate) fn wipe(&self) {
        drop(self.secret.write().take());
    }

    /// Uses the secret for one call.
    pub(crate) fn with<T>(
        &self,
        using: impl FnOnce(&CredentialSecret) -> Result<T, SignError>,
    ) -> Result<T, SignError> {
        let secret = self.secret.read();
        using(secret.as_ref().ok_or(SignError::LeaseEnded)?)
    }
}
