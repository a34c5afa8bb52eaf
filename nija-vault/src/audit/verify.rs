//! Walking the chain.

use nija_core::{Timestamp, VaultError};
use rusqlite::{Connection, OpenFlags};
use std::path::Path;

use super::entry::FORMAT;
use super::{Chain, Entry};
use crate::store::{Row, Sql, storage, values};

/// What a walk over a whole chain found. A chain that is broken gives an error instead.
///
/// The walk proves that no entry was changed, moved or taken out of the middle. It cannot see that the newest entries
/// were cut off, or that someone who can write the file rebuilt it from the start: compare `head` with one that you kept.
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
}

/// Walks the audit chain of a vault's database without writing to it; the vault may be open elsewhere.
///
/// # Errors
/// [`VaultError::AuditBroken`] names the first bad entry; [`VaultError::Storage`] when the file cannot be read as a vault.
pub fn verify_audit_file(path: &Path) -> Result<AuditReport, VaultError> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .map_err(storage)?;
    connection.busy_timeout(std::time::Duration::from_secs(5)).map_err(storage)?;
    verify(&mut &connection)
}

pub(crate) fn verify(sql: &mut dyn Sql) -> Result<AuditReport, VaultError> {
    let (mut chain, mut first_at, mut last_at) = (Chain::START, None, None);
    sql.each(
        r#"SELECT seq, format, at, action, outcome, "user", venue, credential, version, purpose, count, detail, previous, hash
           FROM audit ORDER BY seq"#,
        values![],
        &mut |row| {
            let seq = chain.seq + 1;
            let broken = |what| VaultError::AuditBroken { seq, what };
            let found = Found::read(row).map_err(|_| broken("it cannot be read"))?;
            if found.seq != seq {
                return Err(broken("it is missing"));
            }
            if found.format != FORMAT {
                return Err(broken("its format is not known to this version"));
            }
            if found.previous != chain.head {
                return Err(broken("it does not follow from the entry before"));
            }
            if found.hash != found.entry.hash(seq, &found.previous) {
                return Err(broken("it was changed"));
            }
            first_at.get_or_insert(found.entry.at);
            last_at = Some(found.entry.at);
            chain = Chain { seq, head: found.hash };
            Ok(())
        },
    )?;
    Ok(AuditReport { entries: chain.seq, first_at, last_at, head: hex::encode(chain.head) })
}

struct Found {
    seq: u64,
    format: u8,
    entry: Entry,
    previous: [u8; 32],
    hash: [u8; 32],
}

impl Found {
    fn read(row: &dyn Row) -> Result<Self, VaultError> {
        Ok(Self {
            seq: row.get(0)?,
            format: row.get(1)?,
            entry: Entry {
                at: Timestamp::from_micros(row.get(2)?),
                action: row.get(3)?,
                outcome: row.get(4)?,
                user: row.maybe(5)?,
                venue: row.maybe(6)?,
                credential: row.maybe(7)?,
                version: row.maybe(8)?,
                purpose: row.maybe(9)?,
                count: row.get(10)?,
                detail: row.maybe(11)?,
            },
            previous: row.get(12)?,
            hash: row.get(13)?,
        })
    }
}
