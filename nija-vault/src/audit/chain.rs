//! Appending to the chain.

use nija_core::VaultError;

use super::Entry;
use super::entry::FORMAT;
use crate::store::{Sql, values};

/// The chain's end. It is read anew for every transaction, so that two processes cannot fork the chain.
#[derive(Debug, Clone)]
pub(crate) struct Chain {
    pub(super) seq: u64,
    pub(super) head: [u8; 32],
}

impl Chain {
    /// Before the first entry.
    pub(super) const START: Self = Self { seq: 0, head: [0; 32] };

    pub(crate) fn load(sql: &mut dyn Sql) -> Result<Self, VaultError> {
        let last = sql.one("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1", values![], |row| {
            Ok(Self { seq: row.get(0)?, head: row.get(1)? })
        })?;
        Ok(last.unwrap_or(Self::START))
    }

    /// How many entries there are.
    pub(crate) const fn length(&self) -> u64 {
        self.seq
    }

    pub(crate) fn append(&mut self, sql: &mut dyn Sql, entry: &Entry) -> Result<(), VaultError> {
        let seq = self.seq + 1;
        let hash = entry.hash(seq, &self.head);
        sql.run(
            r#"INSERT INTO audit (seq, format, at, action, outcome, "user", venue, credential, version, purpose, count,
               detail, previous, hash, actor, origin)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)"#,
            values![
                seq,
                FORMAT,
                entry.at.micros(),
                &entry.action,
                &entry.outcome,
                entry.user.as_ref(),
                entry.venue.as_ref(),
                entry.credential.as_ref(),
                entry.version,
                entry.purpose.as_ref(),
                entry.count,
                entry.detail.as_ref(),
                &self.head,
                &hash,
                entry.actor.as_ref(),
                &entry.origin,
            ],
        )?;
        *self = Self { seq, head: hash };
        Ok(())
    }
}
