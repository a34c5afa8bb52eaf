//! What a user's data key vouches for besides the policy: which of the user's credentials are in force, and in which version.
//!
//! A row says whether a credential is active, and who can write the database can write that. The key's envelope is opened to open a
//! credential anyway: a credential that it does not name stays closed, whatever the row says.

use nija_core::{CredentialId, VaultError};

use super::KeyId;

/// A credential's id and its version (4 bytes, big-endian).
const ENTRY: usize = 20;

/// A version of a credential that is in force.
pub(crate) type InForce = ([u8; 16], u32);

/// The versions in force.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Standing {
    /// Grows with every change of what is in force under this key.
    pub(crate) revision: u64,
    in_force: Vec<InForce>,
}

/// A revision of what a key vouches for; a signer that has seen it takes no older one.
pub(crate) type StandingAt = (KeyId, u64);

impl Standing {
    /// Of the very versions.
    pub(crate) fn of(revision: u64, mut in_force: Vec<InForce>) -> Self {
        in_force.sort_unstable();
        Self { revision, in_force }
    }

    /// Whether a version is in force.
    pub(crate) fn names(&self, id: CredentialId, version: u32) -> bool {
        self.in_force.contains(&(*id.as_uuid().as_bytes(), version))
    }

    /// Refuses what is not in force.
    pub(crate) fn check(&self, id: CredentialId, version: u32) -> Result<(), VaultError> {
        if self.names(id, version) {
            return Ok(());
        }
        let of_another = self.in_force.iter().any(|(one, _)| one == id.as_uuid().as_bytes());
        Err(VaultError::Status(if of_another {
            "another of its versions is in use"
        } else {
            "it was revoked, and its row says that it is active"
        }))
    }

    /// After a change of one credential: `now` is its version in force, if any is. Of the others those stay that still are in
    /// `rows`: a row that was set to active by itself does not come in.
    pub(crate) fn after(&self, id: CredentialId, now: Option<u32>, rows: &[InForce]) -> Self {
        let id = *id.as_uuid().as_bytes();
        let others = self.in_force.iter().filter(|one| one.0 != id && rows.contains(one)).copied();
        let changed = now.map(|version| (id, version));
        Self::of(self.revision.saturating_add(1), others.chain(changed).collect())
    }

    /// Of what the rows say, where that is to be believed.
    pub(crate) fn believing(revision: u64, rows: Vec<InForce>) -> Self {
        Self::of(revision.saturating_add(1), rows)
    }

    /// Whether it is of the very versions.
    pub(crate) fn is_of(&self, rows: &[InForce]) -> bool {
        self.in_force.len() == rows.len() && rows.iter().all(|row| self.in_force.contains(row))
    }

    /// The revision (8 bytes, big-endian), then the versions in force.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = self.revision.to_be_bytes().to_vec();
        for (id, version) in &self.in_force {
            bytes.extend_from_slice(id);
            bytes.extend_from_slice(&version.to_be_bytes());
        }
        bytes
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, VaultError> {
        const BAD: VaultError = VaultError::Envelope("its content is not a key");
        let (revision, rest) = bytes.split_first_chunk::<8>().ok_or(BAD)?;
        if rest.len() % ENTRY != 0 {
            return Err(BAD);
        }
        let in_force = rest.chunks_exact(ENTRY).map(|entry| {
            let (id, version) = entry.split_first_chunk::<16>().ok_or(BAD)?;
            let version = version.first_chunk::<4>().ok_or(BAD)?;
            Ok((*id, u32::from_be_bytes(*version)))
        });
        Ok(Self {
            revision: u64::from_be_bytes(*revision),
            in_force: in_force.collect::<Result<_, VaultError>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u128) -> CredentialId {
        CredentialId::from_uuid(uuid::Uuid::from_u128(number))
    }

    fn row(number: u128, version: u32) -> InForce {
        (*id(number).as_uuid().as_bytes(), version)
    }

    #[test]
    fn it_names_versions_and_nothing_else() {
        let standing = Standing::of(4, vec![row(2, 1), row(1, 7)]);
        assert_eq!(Standing::decode(&standing.encode()), Ok(standing.clone()));
        assert_eq!(Standing::decode(&Standing::default().encode()), Ok(Standing::default()));
        assert_eq!((standing.check(id(1), 7), standing.check(id(2), 1)), (Ok(()), Ok(())));
        for (other, version) in [(1, 6), (1, 8), (2, 7), (3, 1)] {
            assert!(matches!(standing.check(id(other), version), Err(VaultError::Status(_))));
        }
        for cut in [0, 7, 9, 27, 29, 47] {
            assert!(matches!(Standing::decode(&standing.encode()[..cut]), Err(VaultError::Envelope(_))));
        }
    }

    #[test]
    fn a_change_takes_over_nothing_that_was_not_in_force() {
        let standing = Standing::of(4, vec![row(1, 7), row(2, 1)]);
        // Somebody set 3 to active, another version of 2 in place of the one in force, and ended nothing.
        let rows = [row(1, 7), row(2, 9), row(3, 1), row(4, 1)];
        let stored = standing.after(id(4), Some(1), &rows);
        assert_eq!(stored, Standing::of(5, vec![row(1, 7), row(4, 1)]));
        let revoked = stored.after(id(1), None, &rows);
        assert_eq!(revoked, Standing::of(6, vec![row(4, 1)]));
        assert!(revoked.is_of(&[row(4, 1)]) && !revoked.is_of(&rows) && !revoked.is_of(&[row(4, 2)]));
    }
}
