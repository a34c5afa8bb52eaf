//! Walking the chain, in the database or in the log file.

use nija_core::{Timestamp, VaultError};
use rusqlite::{Connection, OpenFlags};
use std::collections::VecDeque;
use std::path::Path;

use super::checkpoint::{Checkpoint, checkpoints};
use super::merkle::{Frontier, Node};
use super::pipeline;
use super::record::{AuditRecord, COLUMNS, read};
use crate::VaultDatabase;
use crate::store::{Postgres, Sql, storage, values};

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

/// Told now and then how many entries were read.
pub(crate) type Progress<'a> = &'a mut (dyn FnMut(u64) + Send);

/// Walks the audit chain of a vault's SQLite database without writing to it; the vault may be open elsewhere.
/// `pinned` is the vault's public key, `kept` checkpoints that were kept elsewhere.
///
/// # Errors
/// As [`verify_audit`].
pub fn verify_audit_file(
    path: &Path,
    pinned: Option<&[u8; 32]>,
    kept: &[Checkpoint],
) -> Result<AuditReport, VaultError> {
    verify_audit(&VaultDatabase::Sqlite(path.to_owned()), pinned, kept, &mut |_| ())
}

/// Walks the audit chain of a vault's database without writing to it; the vault may be open elsewhere. `pinned` is the vault's public
/// key, `kept` checkpoints that were kept elsewhere; `progress` is told now and then how many entries were read.
///
/// # Errors
/// [`VaultError::AuditBroken`] names the first bad entry; [`VaultError::Storage`] when the database cannot be read as a vault's.
pub fn verify_audit(
    database: &VaultDatabase,
    pinned: Option<&[u8; 32]>,
    kept: &[Checkpoint],
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<AuditReport, VaultError> {
    read_only(database, |sql| verify(sql, pinned, kept, progress))
}

/// Runs `work` on a connection that cannot write.
pub(super) fn read_only<T: Send>(
    database: &VaultDatabase,
    work: impl FnOnce(&mut dyn Sql) -> Result<T, VaultError> + Send,
) -> Result<T, VaultError> {
    match database {
        VaultDatabase::Sqlite(path) => work(&mut &open_read_only(path)?),
        VaultDatabase::Postgres(url) => {
            // The blocking client must not run where a runtime runs, and the caller may be there.
            std::thread::scope(|scope| scope.spawn(|| Postgres::read_only(url, work)).join())
                .unwrap_or_else(|_| Err(VaultError::Storage("reading the database failed".into())))
        }
        VaultDatabase::Memory => {
            Err(VaultError::Storage("a database in memory is nowhere to be found".into()))
        }
    }
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
    // One that no version with actors and origins has opened.
    let origins = "SELECT count(*) FROM pragma_table_info('audit') WHERE name = 'origin'";
    if connection.query_row(origins, [], |row| row.get::<_, i64>(0)).map_err(storage)? == 0 {
        connection.execute_batch(OF_FORMAT_1).map_err(storage)?;
    }
    Ok(connection)
}

/// The log of an older vault as the newest program reads it.
const OF_FORMAT_1: &str = "CREATE TEMP VIEW audit AS SELECT *, CAST(NULL AS TEXT) AS actor, CAST(NULL AS TEXT) AS origin FROM main.audit";

pub(crate) fn verify(
    sql: &mut dyn Sql,
    pinned: Option<&[u8; 32]>,
    kept: &[Checkpoint],
    progress: Progress<'_>,
) -> Result<AuditReport, VaultError> {
    // Checkpoints first: entries may be added meanwhile, and each checkpoint's entries are there before it.
    let stored = checkpoints(sql)?;
    let mut walk = Walk::new(pinned, stored.iter().chain(kept))?;
    let mut seen = 0;
    pipeline::in_order(
        |hand| {
            sql.each(&format!("SELECT {COLUMNS} FROM audit ORDER BY seq"), values![], &mut |row| {
                seen += 1;
                if seen % 4096 == 0 {
                    progress(seen);
                }
                // Said in its turn: an entry before it may be broken too.
                hand(read(row).ok())
            })
        },
        |read| Ok(read.map(|(record, hash)| Hashed { computed: record.hash(), record, hash })),
        |hashed| walk.step(hashed.as_ref()),
    )?;
    walk.finish()
}

/// An entry, the hash that stands beside it, and the one that it has; `None` when its format is not known here.
pub(super) struct Hashed {
    pub(super) record: AuditRecord,
    pub(super) hash: Node,
    pub(super) computed: Option<Node>,
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

    /// The next entry; `None` for one that cannot be read.
    pub(super) fn step(&mut self, hashed: Option<&Hashed>) -> Result<(), VaultError> {
        let seq = self.entries + 1;
        let broken = |what| VaultError::AuditBroken { seq, what };
        let Hashed { record, hash, computed } = hashed.ok_or_else(|| broken("it cannot be read"))?;
        if record.seq != seq {
            return Err(broken("it is missing"));
        }
        if record.previous != self.head {
            return Err(broken("it does not follow from the entry before"));
        }
        let computed = computed.ok_or_else(|| broken("its format is not known to this version"))?;
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
