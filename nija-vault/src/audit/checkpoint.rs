//! Checkpoints: what the chain was at a moment, signed. Whoever kept one finds everything that is done to the chain behind it.

use nija_core::{Timestamp, VaultError};
use serde::{Deserialize, Serialize};

use super::merkle::{Frontier, Node};
use crate::crypto::Identity;
use crate::store::{Sql, values};

/// A signed statement: the chain had this many entries, ended with this hash, and its Merkle tree had this root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// How many entries it is over.
    pub entries: u64,
    /// When it was made, microseconds since 1970 UTC.
    pub at_micros: i64,
    /// The hash of the last entry.
    #[serde(with = "hex::serde")]
    pub head: [u8; 32],
    /// The root of the RFC 6962 tree over the entries' hashes.
    #[serde(with = "hex::serde")]
    pub root: [u8; 32],
    /// Who signed: an Ed25519 public key. It proves nothing unless it is the one that was pinned.
    #[serde(with = "hex::serde")]
    pub signer: [u8; 32],
    /// Ed25519 over [`Checkpoint::statement`].
    #[serde(with = "hex::serde")]
    pub signature: [u8; 64],
}

impl Checkpoint {
    /// The bytes that are signed, numbers big-endian: `nija audit checkpoint`, format 1 (1 byte), entries (8), at (8),
    /// head (32), root (32).
    #[must_use]
    pub fn statement(&self) -> Vec<u8> {
        let mut bytes = b"nija audit checkpoint".to_vec();
        bytes.push(1);
        bytes.extend_from_slice(&self.entries.to_be_bytes());
        bytes.extend_from_slice(&self.at_micros.to_be_bytes());
        bytes.extend_from_slice(&self.head);
        bytes.extend_from_slice(&self.root);
        bytes
    }

    /// Whether `signer` signed it.
    #[must_use]
    pub fn is_signed_by(&self, signer: &[u8; 32]) -> bool {
        let key = aws_lc_rs::signature::UnparsedPublicKey::new(&aws_lc_rs::signature::ED25519, signer);
        self.signer == *signer && key.verify(&self.statement(), &self.signature).is_ok()
    }

    fn read(row: &dyn crate::store::Row) -> Result<(Self, Vec<u8>), VaultError> {
        let signature: Vec<u8> = row.get(5)?;
        let damaged = |_| VaultError::Storage("a checkpoint's signature is damaged".into());
        let checkpoint = Self {
            entries: row.get(0)?,
            at_micros: row.get(1)?,
            head: row.get(2)?,
            root: row.get(3)?,
            signer: row.get(4)?,
            signature: signature.try_into().map_err(damaged)?,
        };
        Ok((checkpoint, row.get(6)?))
    }
}

const COLUMNS: &str = "entries, at, head, root, signer, signature, frontier";

/// All checkpoints, oldest first.
pub(crate) fn checkpoints(sql: &mut dyn Sql) -> Result<Vec<Checkpoint>, VaultError> {
    sql.all(&format!("SELECT {COLUMNS} FROM checkpoints ORDER BY entries"), values![], |row| {
        Checkpoint::read(row).map(|(checkpoint, _)| checkpoint)
    })
}

/// The newest checkpoint with its tree.
pub(crate) fn newest(sql: &mut dyn Sql) -> Result<Option<(Checkpoint, Frontier)>, VaultError> {
    let newest = format!("SELECT {COLUMNS} FROM checkpoints ORDER BY entries DESC LIMIT 1");
    let Some((checkpoint, nodes)) = sql.one(&newest, values![], Checkpoint::read)? else {
        return Ok(None);
    };
    let frontier = Frontier::from_nodes(checkpoint.entries, &nodes)?;
    if frontier.root() != checkpoint.root {
        return Err(VaultError::AuditBroken {
            seq: checkpoint.entries,
            what: "its checkpoint's tree does not have the root that was signed",
        });
    }
    Ok(Some((checkpoint, frontier)))
}

/// Makes a checkpoint over all entries, inside the caller's transaction. `None` when the newest one is over all of them already.
/// What stands behind the newest checkpoint is not read again: that is what `verify` is for.
pub(crate) fn make(
    sql: &mut dyn Sql,
    identity: &Identity,
    at: Timestamp,
) -> Result<Option<Checkpoint>, VaultError> {
    let newest = newest(sql)?;
    let (mut head, mut frontier) = match newest {
        Some((checkpoint, frontier)) if !checkpoint.is_signed_by(identity.public()) => {
            let _ = frontier;
            return Err(VaultError::AuditBroken {
                seq: checkpoint.entries,
                what: "its checkpoint is not signed by this vault",
            });
        }
        Some((checkpoint, frontier)) => (checkpoint.head, frontier),
        None => (Node::default(), Frontier::default()),
    };
    let before = frontier.size();
    let rest = "SELECT seq, previous, hash FROM audit WHERE seq > ?1 ORDER BY seq";
    sql.each(rest, values![before], &mut |row| {
        let (seq, previous, hash): (u64, Node, Node) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if seq != frontier.size() + 1 || previous != head {
            return Err(VaultError::AuditBroken { seq, what: "it does not follow from the entry before" });
        }
        frontier.push(&hash);
        head = hash;
        Ok(())
    })?;
    if frontier.size() == before {
        return Ok(None);
    }
    let mut checkpoint = Checkpoint {
        entries: frontier.size(),
        at_micros: at.micros(),
        head,
        root: frontier.root(),
        signer: *identity.public(),
        signature: [0; 64],
    };
    checkpoint.signature = identity.sign(&checkpoint.statement())?;
    sql.run(
        "INSERT INTO checkpoints (entries, at, head, root, signer, signature, frontier)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        values![
            checkpoint.entries,
            checkpoint.at_micros,
            &checkpoint.head,
            &checkpoint.root,
            &checkpoint.signer,
            checkpoint.signature.as_slice(),
            &frontier.nodes(),
        ],
    )?;
    Ok(Some(checkpoint))
}
