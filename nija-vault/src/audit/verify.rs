//! Walking the chain, in the database or in the log file.

use nija_core::{Timestamp, VaultError};
use rusqlite::{Connection, OpenFlags};
use std::collections::VecDeque;
use std::path::Path;

use super::checkpoint::{Checkpoint, checkpoints};
use super::merkle::{Frontier, Node};
use super::record::{AuditRecord, COLUMNS, read};
use crate::store::{Sql, storage, values};

/// What a walk over a whole chain found. A chain that is broken gives an error instead.
///
/// The walk proves that no entry was changed, moved or taken out of the middle, and that everything up to the newest
/// checkpoint is what the vault signed. What stands behind nothing signed (`entries` beyond `signed_entries`) someone who can
/// write the database could have cut off or written anew; and someone who can delete checkpoints too leaves no trace but in
/// those that were kept elsewhere: in the log file, or by whoever asked for a proof. Hand those in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditReport {
    /// How many entries there are.
    pub entries: u64,
    /// When the first was written.
    pub first_at: Option<Timestamp>,
    /// When the last was written.
    pub last_at: Option<Timestamp>,
    /// SHA-256 of the last entry, in hexadecimal; zeros for an empty chain.
    pub head: String,
    /// How many checkpoints were compared.
    pub checkpoints: u64,
    /// How many entries stand behind the newest checkpoint.
    pub signed_entries: u64,
    /// Whose signature the checkpoints carry, in hexadecimal: to be compared with a key that was pinned.
    pub signer: Option<String>,
}

/// Walks the audit chain of a vault's SQLite database without writing to it; the vault may be open elsewhere.
/// `pinned` is the vault's public key, `kept` checkpoints that were kept elsewhere.
///
/// # Errors
/// [`VaultError::AuditBroken`] names the first bad entry; [`VaultError::Storage`] when the file cannot be read as a vault.
pub fn verify_audit_file(
    path: &Path,
    pinned: Option<&[u8; 32]>,
    kept: &[Checkpoint],
) -> Result<AuditReport, VaultError> {
    let connection = open_read_only(path)?;
    verify(&mut &connection, pinned, kept, &mut |_| ())
}

/// As [`verify_audit_file`], telling now and then how many entries were walked.
///
/// # Errors
/// As [`verify_audit_file`].
pub fn verify_audit_file_with_progress(
    path: &Path,
    pinned: Option<&[u8; 32]>,
    kept: &[Checkpoint],
    progress: &mut dyn FnMut(u64),
) -> Result<AuditReport, VaultError> {
    let connection = open_read_only(path)?;
    verify(&mut &connection, pinned, kept, progress)
}

pub(super) fn open_read_only(path: &Path) -> Result<Connection, VaultError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(storage)?;
    connection.busy_timeout(std::time::Duration::from_secs(5)).map_err(storage)?;
    // A vault that no version with checkpoints has opened yet.
    let old = connection
        .query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'checkpoints'", [], |row| {
            row.get::<_, i64>(0)
        })
        .map_err(storage)?
        == 0;
    if old {
        let empty = "CREATE TEMP TABLE checkpoints (entries, at, head, root, signer, signature, frontier)";
        connection.execute_batch(empty).map_err(storage)?;
    }
    Ok(connection)
}

pub(crate) fn verify(
    sql: &mut dyn Sql,
    pinned: Option<&[u8; 32]>,
    kept: &[Checkpoint],
    progress: &mut dyn FnMut(u64),
) -> Result<AuditReport, VaultError> {
    // Checkpoints first: entries may be added meanwhile, and each checkpoint's entries are there before it.
    let stored = checkpoints(sql)?;
    let mut walk = Walk::new(pinned, stored.iter().chain(kept))?;
    sql.each(&format!("SELECT {COLUMNS} FROM audit ORDER BY seq"), values![], &mut |row| {
        let next = walk.entries + 1;
        let (record, hash) =
            read(row).map_err(|_| VaultError::AuditBroken { seq: next, what: "it cannot be read" })?;
        walk.step(&record, &hash)?;
        if next.is_multiple_of(4096) {
            progress(next);
        }
        Ok(())
    })?;
    walk.finish()
}

/// A walk from the first entry on.
pub(super) struct Walk {
    entries: u64,
    head: Node,
    tree: Frontier,
    first_at: Option<Timestamp>,
    last_at: Option<Timestamp>,
    signer: Option<[u8; 32]>,
    waiting: VecDeque<Checkpoint>,
    compared: u64,
    signed_entries: u64,
}

impl Walk {
    pub(super) fn new<'a>(
        pinned: Option<&[u8; 32]>,
        checkpoints: impl Iterator<Item = &'a Checkpoint>,
    ) -> Result<Self, VaultError> {
        let mut waiting: Vec<_> = checkpoints.cloned().collect();
        waiting.sort_by_key(|checkpoint| checkpoint.entries);
        let signer = pinned.copied().or_else(|| waiting.first().map(|checkpoint| checkpoint.signer));
        if let Some(bad) =
            waiting.iter().find(|checkpoint| !signer.is_some_and(|signer| checkpoint.is_signed_by(&signer)))
        {
            return Err(VaultError::AuditBroken {
                seq: bad.entries,
                what: "its checkpoint is not signed by the vault's key",
            });
        }
        Ok(Self {
            entries: 0,
            head: Node::default(),
            tree: Frontier::default(),
            first_at: None,
            last_at: None,
            signer,
            waiting: waiting.into(),
            compared: 0,
            signed_entries: 0,
        })
    }

    /// The next entry, with the hash that stands beside it.
    pub(super) fn step(&mut self, record: &AuditRecord, hash: &Node) -> Result<(), VaultError> {
        let seq = self.entries + 1;
        let broken = |what| VaultError::AuditBroken { seq, what };
        if record.seq != seq {
            return Err(broken("it is missing"));
        }
        if record.previous != self.head {
            return Err(broken("it does not follow from the entry before"));
        }
        let computed = record.hash().ok_or_else(|| broken("its format is not known to this version"))?;
        if *hash != computed {
            return Err(broken("it was changed"));
        }
        self.tree.push(hash);
        let at = Timestamp::from_micros(record.at_micros);
        self.first_at.get_or_insert(at);
        self.last_at = Some(at);
        (self.entries, self.head) = (seq, *hash);
        while let Some(checkpoint) = self.waiting.pop_front_if(|checkpoint| checkpoint.entries <= seq) {
            if checkpoint.entries != seq
                || checkpoint.head != self.head
                || checkpoint.root != self.tree.root()
            {
                return Err(broken("it is not the entry that the vault signed here"));
            }
            self.compared += 1;
            self.signed_entries = seq;
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<AuditReport, VaultError> {
        if !self.waiting.is_empty() {
            return Err(VaultError::AuditBroken {
                seq: self.entries + 1,
                what: "it is missing, and a checkpoint was signed over it: the end was cut off",
            });
        }
        Ok(AuditReport {
            entries: self.entries,
            first_at: self.first_at,
            last_at: self.last_at,
            head: hex::encode(self.head),
            checkpoints: self.compared,
            signed_entries: self.signed_entries,
            signer: self.signer.map(hex::encode),
        })
    }
}
