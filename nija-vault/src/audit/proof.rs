//! A proof that one entry is in the log, to be checked by `nija-client` on the user's device.

use nija_core::VaultError;
use serde::{Deserialize, Serialize};

use super::checkpoint::{Checkpoint, newest};
use super::merkle::{self, Node};
use super::record::{AuditRecord, COLUMNS, read};
use super::verify::read_only;
use crate::VaultDatabase;
use crate::store::{Sql, values};

/// An entry and its way to a root that the vault signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditProof {
    /// The entry.
    pub entry: AuditRecord,
    /// The siblings on the way to the root, lowest first, hexadecimal.
    pub path: Vec<String>,
    /// The root.
    pub checkpoint: Checkpoint,
}

/// Proves an entry by the newest checkpoint, from a vault's database, without writing to it.
///
/// # Errors
/// [`VaultError::Storage`] when there is no such entry behind a checkpoint.
pub fn prove_audit_entry(database: &VaultDatabase, seq: u64) -> Result<AuditProof, VaultError> {
    read_only(database, |sql| prove(sql, seq))
}

/// Hands over every entry of a vault's database, oldest first. It verifies nothing.
///
/// # Errors
/// [`VaultError::Storage`] when the database cannot be read as a vault's.
pub fn each_audit_record(
    database: &VaultDatabase,
    take: &mut (dyn FnMut(AuditRecord) + Send),
) -> Result<(), VaultError> {
    let all = format!("SELECT {COLUMNS} FROM audit ORDER BY seq");
    read_only(database, |sql| {
        sql.each(&all, values![], &mut |row| {
            take(read(row)?.0);
            Ok(())
        })
    })
}

pub(crate) fn prove(sql: &mut dyn Sql, seq: u64) -> Result<AuditProof, VaultError> {
    let (checkpoint, _) =
        newest(sql)?.ok_or_else(|| VaultError::Storage("no checkpoint has been made yet".into()))?;
    if seq == 0 || seq > checkpoint.entries {
        let what = format!("entry {seq} is not among the {} that are signed so far", checkpoint.entries);
        return Err(VaultError::Storage(what));
    }
    let mut nodes: Vec<Node> = Vec::new();
    let hashes = "SELECT hash FROM audit WHERE seq <= ?1 ORDER BY seq";
    sql.each(hashes, values![checkpoint.entries], &mut |row| {
        nodes.push(row.get(0)?);
        Ok(())
    })?;
    if nodes.len() as u64 != checkpoint.entries {
        return Err(VaultError::AuditBroken { seq: nodes.len() as u64 + 1, what: "it is missing" });
    }
    let at = format!("SELECT {COLUMNS} FROM audit WHERE seq = ?1");
    let (entry, _) =
        sql.one(&at, values![seq], read)?.ok_or(VaultError::AuditBroken { seq, what: "it is missing" })?;
    let index = usize::try_from(seq - 1).map_err(|_| VaultError::Storage("the log is too long".into()))?;
    Ok(AuditProof { entry, path: merkle::path(&nodes, index).iter().map(hex::encode).collect(), checkpoint })
}
