//! The newest revision of each user's policy that this process has seen.
//!
//! Someone who can write the database can put a whole user back: the key's envelope and the policy beside it, both of the same
//! earlier moment. They fit together. A signer that has seen the later one does not go back to it.

use nija_core::{UserId, VaultError};
use parking_lot::Mutex;
use std::collections::HashMap;

/// Revisions by user; those without a policy from before there were revisions are not held.
#[derive(Debug, Default)]
pub(crate) struct Revisions(Mutex<HashMap<UserId, u64>>);

impl Revisions {
    /// Takes note of a revision that was read, unless it is older than one seen before.
    pub(crate) fn see(&self, user: UserId, revision: u64) -> Result<(), VaultError> {
        let mut seen = self.0.lock();
        if revision == 0 && !seen.contains_key(&user) {
            return Ok(());
        }
        let newest = seen.entry(user).or_default();
        if revision < *newest {
            return Err(VaultError::Policy("an older one is in its place"));
        }
        *newest = revision;
        Ok(())
    }

    /// After an erasure here: the clock may have been set back before the user comes again.
    pub(crate) fn forget(&self, user: UserId) {
        self.0.lock().remove(&user);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_never_goes_back() {
        let (revisions, user) = (Revisions::default(), UserId::from_uuid(uuid::Uuid::from_u128(1)));
        for revision in [0, 5, 5, 7] {
            assert_eq!(revisions.see(user, revision), Ok(()));
        }
        for revision in [6, 0] {
            assert!(matches!(revisions.see(user, revision), Err(VaultError::Policy(_))));
        }
        revisions.forget(user);
        assert_eq!(revisions.see(user, 0), Ok(()));
    }
}
