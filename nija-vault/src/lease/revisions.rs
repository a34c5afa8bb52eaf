//! The newest revisions that this process has seen: of each user's policy, and of what each data key has in force.
//!
//! Someone who can write the database can put a whole user back: the key's envelope and the rows beside it, all of the same
//! earlier moment. They fit together. A signer that has seen the later ones does not go back to them.

use parking_lot::Mutex;
use std::collections::HashMap;
use std::hash::Hash;

/// Revisions by what they are of; those from before there were revisions are not held.
#[derive(Debug)]
pub(crate) struct Revisions<K>(Mutex<HashMap<K, u64>>);

impl<K> Default for Revisions<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash> Revisions<K> {
    /// Takes note of a revision that was read. `false` when it is older than one seen before.
    pub(crate) fn see(&self, of: K, revision: u64) -> bool {
        let mut seen = self.0.lock();
        if revision == 0 && !seen.contains_key(&of) {
            return true;
        }
        let newest = seen.entry(of).or_default();
        if revision < *newest {
            return false;
        }
        *newest = revision;
        true
    }

    /// Whether one that is newer was seen before.
    pub(crate) fn is_older(&self, of: &K, revision: u64) -> bool {
        self.0.lock().get(of).is_some_and(|newest| revision < *newest)
    }

    /// After an erasure here: the clock may have been set back before the user comes again.
    pub(crate) fn forget(&self, of: &K) {
        self.0.lock().remove(of);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_never_goes_back() {
        let revisions = Revisions::default();
        for revision in [0, 5, 5, 7] {
            assert!(revisions.see("one", revision));
        }
        for revision in [6, 0] {
            assert!(revisions.is_older(&"one", revision) && !revisions.is_older(&"three", revision));
            assert!(!revisions.see("one", revision));
            assert_eq!(revisions.see("two", revision), revision == 6);
        }
        revisions.forget(&"one");
        assert!(revisions.see("one", 0));
    }
}
