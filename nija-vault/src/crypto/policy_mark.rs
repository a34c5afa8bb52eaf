//! What a user's data key vouches for: which order policy is the user's, or that there is none.
//!
//! The mark lies with the key in its envelope. Who can write the database and has no key can take the policy's row away, or put
//! an older one in its place; what the key vouches for is then not there, and nothing of the user's opens.

use nija_core::{Timestamp, VaultError};

use super::data_key::digest;

/// Revision (8 bytes, big-endian) and digest (32).
pub(crate) const MARK_LEN: usize = 40;

/// Zeros: there is no policy.
const NONE: [u8; 32] = [0; 32];

/// Which policy is the user's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct PolicyMark {
    /// Grows with every change, also over erasures: it begins with the time.
    pub(crate) revision: u64,
    digest: [u8; 32],
}

impl PolicyMark {
    /// No policy, as of a moment.
    pub(crate) fn none(at: Timestamp) -> Self {
        Self { revision: u64::try_from(at.micros()).unwrap_or(0), digest: NONE }
    }

    /// Of a policy in its envelope, or of none, at a revision.
    pub(crate) fn at(revision: u64, envelope: Option<&[u8]>) -> Self {
        Self { revision, digest: envelope.map_or(NONE, of) }
    }

    /// The revision of the next change.
    pub(crate) fn next_revision(&self, now: Timestamp) -> u64 {
        Self::none(now).revision.max(self.revision.saturating_add(1))
    }

    /// Whether what is stored is what was set.
    pub(crate) fn check(&self, envelope: Option<&[u8]>) -> Result<(), VaultError> {
        match envelope {
            None if self.digest == NONE => Ok(()),
            None => Err(VaultError::Policy("it was taken away")),
            Some(_) if self.digest == NONE => Err(VaultError::Policy("none was set, and one is there")),
            Some(envelope) if of(envelope) == self.digest => Ok(()),
            Some(_) => Err(VaultError::Policy("another one is in its place")),
        }
    }

    pub(super) fn encode(&self) -> [u8; MARK_LEN] {
        let mut bytes = [0; MARK_LEN];
        let (revision, digest) = bytes.split_at_mut(8);
        revision.copy_from_slice(&self.revision.to_be_bytes());
        digest.copy_from_slice(&self.digest);
        bytes
    }

    pub(super) fn decode(bytes: &[u8; MARK_LEN]) -> Self {
        let (mut revision, mut digest) = ([0; 8], [0; 32]);
        let (first, rest) = bytes.split_at(8);
        revision.copy_from_slice(first);
        digest.copy_from_slice(rest);
        Self { revision: u64::from_be_bytes(revision), digest }
    }
}

fn of(envelope: &[u8]) -> [u8; 32] {
    digest("nija policy envelope", &[envelope])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_takes_its_own_policy_alone() {
        let mark = PolicyMark::at(7, Some(b"one"));
        assert_eq!(mark.check(Some(b"one")), Ok(()));
        assert!(matches!(mark.check(Some(b"two")), Err(VaultError::Policy(_))));
        assert!(matches!(mark.check(None), Err(VaultError::Policy(_))));
        let none = PolicyMark::at(8, None);
        assert_eq!(none.check(None), Ok(()));
        assert!(matches!(none.check(Some(b"one")), Err(VaultError::Policy(_))));
        for mark in [mark, none, PolicyMark::default()] {
            assert_eq!(PolicyMark::decode(&mark.encode()), mark);
        }
    }

    #[test]
    fn revisions_grow_whatever_the_clock_does() {
        let mark = PolicyMark::none(Timestamp::from_micros(100));
        assert_eq!(mark.next_revision(Timestamp::from_micros(500)), 500);
        assert_eq!(mark.next_revision(Timestamp::from_micros(50)), 101);
        assert_eq!(mark.next_revision(Timestamp::from_micros(-5)), 101);
    }
}
