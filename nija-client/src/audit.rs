//! Checking on the device that an entry stands in the vault's audit log, with nothing but a pinned public key.
//!
//! The server hands out an entry, its path in the Merkle tree (RFC 6962) and a checkpoint that the vault signed. Whoever
//! pinned the vault's key needs to trust neither the server nor its database: an entry that was changed, moved or made up
//! has no path to a signed root.

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use ct_merkle::digest::Output;
use ct_merkle::{InclusionProof, RootHash};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// An entry of the audit log, all that its hash covers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditEntry {
    /// The encoding that it is hashed in.
    pub format: u8,
    /// Its place, from 1.
    pub seq: u64,
    /// When, microseconds since 1970 UTC.
    pub at_micros: i64,
    /// What was done.
    pub action: String,
    /// `ok` or `refused`.
    pub outcome: String,
    /// Whose: 16 bytes in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub venue: Option<String>,
    /// Which credential: 16 bytes in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
    /// Which version of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// What for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// How many uses it stands for.
    pub count: u64,
    /// More about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// By whom, where that was not whose key it is. Since format 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// From where: `api` and the client's address, `cli`, `upkeep`, `engine`, `process`. Since format 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// The hash of the entry before, in hexadecimal.
    pub previous: String,
}

/// What the vault signed about its log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditCheckpoint {
    /// How many entries it is over.
    pub entries: u64,
    /// When, microseconds since 1970 UTC.
    pub at_micros: i64,
    /// The hash of the last entry, in hexadecimal.
    pub head: String,
    /// The Merkle tree's root, in hexadecimal.
    pub root: String,
    /// Who says that it signed, in hexadecimal. It is compared with the pinned key and never trusted.
    pub signer: String,
    /// Ed25519, in hexadecimal.
    pub signature: String,
}

/// An entry with its way to a signed root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditProof {
    /// The entry.
    pub entry: AuditEntry,
    /// The siblings on the way to the root, lowest first, in hexadecimal.
    pub path: Vec<String>,
    /// The root and who signed it.
    pub checkpoint: AuditCheckpoint,
}

/// Why a proof proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuditProofError {
    /// Something is not the hexadecimal of its length.
    #[error("the proof is malformed: {0}")]
    Malformed(&'static str),
    /// The checkpoint was signed by somebody else, or changed.
    #[error("the checkpoint is not signed by the pinned key")]
    NotSigned,
    /// The entry is not where it says in the log that the checkpoint is over.
    #[error("the entry is not in the log that was signed")]
    NotIncluded,
}

impl AuditProof {
    /// Reads the JSON of `nija audit prove` or of the server.
    ///
    /// # Errors
    /// [`AuditProofError::Malformed`].
    pub fn read(json: &str) -> Result<Self, AuditProofError> {
        serde_json::from_str(json).map_err(|_| AuditProofError::Malformed("it is not the JSON of a proof"))
    }

    /// Checks the proof against the vault's public key, which was pinned before.
    ///
    /// # Errors
    /// [`AuditProofError`] says which step failed; the entry must not be believed then.
    pub fn verify(&self, pinned: &[u8; 32]) -> Result<(), AuditProofError> {
        let root = self.checkpoint.verify(pinned)?;
        let index = self.entry.seq.checked_sub(1).ok_or(AuditProofError::NotIncluded)?;
        let mut path = Vec::with_capacity(self.path.len() * 32);
        for node in &self.path {
            path.extend_from_slice(&fixed::<32>(node, "a node of the path")?);
        }
        let proof =
            InclusionProof::<Sha256>::try_from_bytes(path).map_err(|_| AuditProofError::NotIncluded)?;
        RootHash::<Sha256>::new(Output::<Sha256>::from(root), self.checkpoint.entries)
            .verify_inclusion(&self.entry.hash()?, index, &proof)
            .map_err(|_| AuditProofError::NotIncluded)
    }
}

impl AuditCheckpoint {
    /// Checks the signature; answers with the root.
    ///
    /// # Errors
    /// [`AuditProofError::NotSigned`] and [`AuditProofError::Malformed`].
    pub fn verify(&self, pinned: &[u8; 32]) -> Result<[u8; 32], AuditProofError> {
        let root = fixed::<32>(&self.root, "the root")?;
        let mut statement = b"nija audit checkpoint".to_vec();
        statement.push(1);
        statement.extend_from_slice(&self.entries.to_be_bytes());
        statement.extend_from_slice(&self.at_micros.to_be_bytes());
        statement.extend_from_slice(&fixed::<32>(&self.head, "the head")?);
        statement.extend_from_slice(&root);
        let signature = fixed::<64>(&self.signature, "the signature")?;
        UnparsedPublicKey::new(&ED25519, pinned)
            .verify(&statement, &signature)
            .map_err(|_| AuditProofError::NotSigned)?;
        Ok(root)
    }
}

impl AuditEntry {
    /// The hash of the entry, as the vault documents it for formats 1 and 2.
    ///
    /// # Errors
    /// [`AuditProofError::Malformed`].
    pub fn hash(&self) -> Result<[u8; 32], AuditProofError> {
        let told = match self.format {
            1 if self.actor.is_some() || self.origin.is_some() => {
                return Err(AuditProofError::Malformed("the entry says more than its hash covers"));
            }
            1 => None,
            2 => Some([&self.actor, &self.origin]),
            _ => return Err(AuditProofError::Malformed("the entry's format is not known to this version")),
        };
        let mut hasher = Sha256::new();
        hasher.update(b"nija audit");
        hasher.update([self.format]);
        hasher.update(self.seq.to_be_bytes());
        hasher.update(self.at_micros.to_be_bytes());
        hasher.update(self.count.to_be_bytes());
        hasher.update(fixed::<32>(&self.previous, "the hash of the entry before")?);
        let id = |id: &Option<String>| {
            id.as_ref().map(|text| fixed::<16>(text, "an id").map(|bytes| bytes.to_vec())).transpose()
        };
        let text = |text: &Option<String>| text.as_ref().map(|text| text.clone().into_bytes());
        let fields = [
            Some(self.action.clone().into_bytes()),
            Some(self.outcome.clone().into_bytes()),
            id(&self.user)?,
            text(&self.venue),
            id(&self.credential)?,
            self.version.map(|version| version.to_be_bytes().to_vec()),
            text(&self.purpose),
            text(&self.detail),
        ];
        for field in fields.into_iter().chain(told.into_iter().flatten().map(text)) {
            let Some(field) = field else {
                hasher.update([0]);
                continue;
            };
            let length =
                u32::try_from(field.len()).map_err(|_| AuditProofError::Malformed("a field is too long"))?;
            hasher.update([1]);
            hasher.update(length.to_be_bytes());
            hasher.update(&field);
        }
        Ok(hasher.finalize().into())
    }
}

fn fixed<const N: usize>(text: &str, what: &'static str) -> Result<[u8; N], AuditProofError> {
    let mut bytes = [0u8; N];
    hex::decode_to_slice(text, &mut bytes).map_err(|_| AuditProofError::Malformed(what))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by a vault (`nija audit prove`); its key was thrown away.
    const FROZEN: &str = include_str!("../tests/audit-proof.json");
    /// The same of format 2.
    const FROZEN_2: &str = include_str!("../tests/audit-proof-2.json");

    #[derive(Deserialize)]
    struct Frozen {
        pinned: String,
        proof: AuditProof,
    }

    fn frozen() -> ([u8; 32], AuditProof) {
        let frozen: Frozen = serde_json::from_str(FROZEN).expect("JSON");
        (fixed(&frozen.pinned, "key").expect("hexadecimal"), frozen.proof)
    }

    #[test]
    fn a_proof_that_a_vault_made_verifies_with_this_crate_alone() {
        let (pinned, proof) = frozen();
        assert_eq!(proof.verify(&pinned), Ok(()));
    }

    #[test]
    fn so_does_one_that_says_from_where() {
        let frozen: Frozen = serde_json::from_str(FROZEN_2).expect("JSON");
        let pinned = fixed(&frozen.pinned, "key").expect("hexadecimal");
        assert_eq!(frozen.proof.verify(&pinned), Ok(()));
        assert_eq!((frozen.proof.entry.format, frozen.proof.entry.origin.as_deref()), (2, Some("cli")));
        for change in [
            (|entry| entry.origin = None) as fn(&mut AuditEntry),
            |entry| entry.origin = Some("api 203.0.113.7".to_owned()),
            |entry| entry.actor = None,
            |entry| entry.format = 1,
        ] {
            let mut bad = frozen.proof.clone();
            change(&mut bad.entry);
            assert!(bad.verify(&pinned).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_proof_with_anything_changed_proves_nothing() {
        let (pinned, good) = frozen();
        let mut other = pinned;
        other[0] ^= 1;
        assert_eq!(good.verify(&other), Err(AuditProofError::NotSigned));
        let zeros = "00".repeat(32);
        type Change = Box<dyn Fn(&mut AuditProof)>;
        let changes: Vec<Change> = vec![
            Box::new(|proof| proof.entry.seq += 1),
            Box::new(|proof| proof.entry.seq = 0),
            Box::new(|proof| proof.entry.seq = u64::MAX),
            Box::new(|proof| proof.entry.format = 2),
            Box::new(|proof| proof.entry.at_micros += 1),
            Box::new(|proof| proof.entry.action.push('x')),
            Box::new(|proof| proof.entry.outcome = "refused".to_owned()),
            Box::new(|proof| proof.entry.user = None),
            Box::new(|proof| proof.entry.venue = Some("elsewhere".to_owned())),
            Box::new(|proof| proof.entry.version = Some(99)),
            Box::new(|proof| proof.entry.purpose = Some(String::new())),
            Box::new(|proof| proof.entry.count += 1),
            Box::new(|proof| proof.entry.detail = Some(String::new())),
            Box::new(|proof| proof.entry.actor = Some("somebody".to_owned())),
            Box::new(|proof| proof.entry.origin = Some(String::new())),
            Box::new(|proof| proof.entry.previous = "00".repeat(32)),
            Box::new(|proof| proof.path.truncate(1)),
            Box::new(|proof| proof.path.reverse()),
            Box::new(move |proof| proof.path.push(zeros.clone())),
            Box::new(|proof| proof.path.push("zz".to_owned())),
            Box::new(|proof| proof.checkpoint.entries += 1),
            Box::new(|proof| proof.checkpoint.at_micros += 1),
            Box::new(|proof| proof.checkpoint.head = "00".repeat(32)),
            Box::new(|proof| proof.checkpoint.root = "00".repeat(32)),
            Box::new(|proof| proof.checkpoint.signature = "00".repeat(64)),
        ];
        for (number, change) in changes.iter().enumerate() {
            let mut bad = good.clone();
            change(&mut bad);
            assert_ne!(bad, good, "change {number}");
            assert!(bad.verify(&pinned).is_err(), "change {number}");
        }
    }
}
