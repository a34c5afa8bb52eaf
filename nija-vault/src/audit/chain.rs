//! Appending to the chain.

use nija_core::VaultError;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::Entry;
use super::entry::FORMAT;
use crate::store::storage;

/// The chain's end. It is read anew for every transaction, so that two processes cannot fork the chain.
#[derive(Debug, Clone)]
pub(crate) struct Chain {
    pub(super) seq: u64,
    pub(super) head: [u8; 32],
}

impl Chain {
    /// Before the first entry.
    pub(super) const START: Self = Self { seq: 0, head: [0; 32] };

    pub(crate) fn load(connection: &Connection) -> Result<Self, VaultError> {
        let last = connection
            .prepare_cached("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")
            .and_then(|mut last| {
                last.query_row([], |row| Ok(Self { seq: unsigned(row, 0)?, head: row.get(1)? })).optional()
            })
            .map_err(storage)?;
        Ok(last.unwrap_or(Self::START))
    }

    pub(crate) fn append(&mut self, connection: &Connection, entry: &Entry) -> Result<(), VaultError> {
        let seq = self.seq + 1;
        let hash = entry.hash(seq, &self.head);
        connection
            .prepare_cached(
                "INSERT INTO audit (seq, format, at, action, outcome, user, venue, credential, version, purpose, count,
                 detail, previous, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
            )
            .and_then(|mut insert| {
                insert.execute(params![
                    signed(seq),
                    FORMAT,
                    entry.at.micros(),
                    entry.action,
                    entry.outcome,
                    entry.user,
                    entry.venue,
                    entry.credential,
                    entry.version,
                    entry.purpose,
                    signed(entry.count),
                    entry.detail,
                    self.head,
                    hash,
                ])
            })
            .map_err(storage)?;
        *self = Self { seq, head: hash };
        Ok(())
    }
}

/// SQLite's integers have a sign; no count here comes near it.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A number that must not be negative.
pub(super) fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(column)?;
    u64::try_from(number)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(column, Type::Integer, error.into()))
}
