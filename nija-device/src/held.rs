//! A key that is open: in memory, for some minutes.

use nija_core::{Clock, CredentialSecret, SignError, Timestamp};
use parking_lot::RwLock;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// How long a key stays open after the phone's hardware opened it, as a lease of the vault's signer does.
pub(crate) const TTL: Duration = Duration::from_secs(300);

/// How often a key whose time is over looks whether the work is done that it is still needed for.
const AGAIN: Duration = Duration::from_secs(10);

/// The secret, wiped when its time is over, when it is locked, or when it is dropped.
pub(crate) struct Held {
    secret: RwLock<Option<CredentialSecret>>,
    /// Pieces of work under way. An entry that was sent must have its stop signed, so no time ends in the middle of one.
    working: AtomicUsize,
    steady: Arc<dyn Clock>,
    ends_at: Timestamp,
}

impl Held {
    /// Opens it for [`TTL`]. Wiped then even if nobody asks for it again, where a runtime is there to do it.
    pub(crate) fn open(secret: CredentialSecret, steady: Arc<dyn Clock>) -> Arc<Self> {
        let ends_at = steady.now().plus(TTL);
        let working = AtomicUsize::new(0);
        let held = Arc::new(Self { secret: RwLock::new(Some(secret)), working, steady, ends_at });
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let weak = Arc::downgrade(&held);
            runtime.spawn(async move {
                tokio::time::sleep(TTL).await;
                while weak.upgrade().is_some_and(|held| !held.wipe_if_idle()) {
                    tokio::time::sleep(AGAIN).await;
                }
            });
        }
        held
    }

    /// Whether it may sign now.
    pub(crate) fn is_open(&self) -> bool {
        if self.steady.now() >= self.ends_at {
            self.wipe_if_idle();
        }
        self.secret.read().is_some()
    }

    /// Keeps it open until what is begun now is done.
    pub(crate) fn work(self: &Arc<Self>) -> Work {
        self.working.fetch_add(1, Ordering::SeqCst);
        Work(Arc::clone(self))
    }

    fn wipe_if_idle(&self) -> bool {
        let idle = self.working.load(Ordering::SeqCst) == 0;
        if idle {
            self.wipe();
        }
        idle
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

/// A piece of work that needs the key to its end.
pub(crate) struct Work(Arc<Held>);

impl Drop for Work {
    fn drop(&mut self) {
        self.0.working.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija_core::ManualClock;

    #[test]
    fn a_keys_time_ends_between_pieces_of_work_and_not_in_one() {
        let steady = ManualClock::default();
        let secret = CredentialSecret::new("k".into(), "s".into(), None);
        let held = Held::open(secret, Arc::new(steady.clone()));
        let work = held.work();
        steady.advance(TTL);
        assert!(held.is_open(), "an entry is out, and its stop is not signed yet");
        drop(work);
        assert!(!held.is_open());
        assert!(held.with(|_| Ok(())).is_err());
    }
}
