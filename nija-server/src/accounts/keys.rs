//! The Ed25519 keys that sign access tokens.

use nija_core::Timestamp;
use rusqlite::params;
use zeroize::Zeroizing;

use super::{Accounts, Result, timestamp};

/// A signing key as stored.
pub(crate) struct SigningKeyRow {
    pub(crate) kid: String,
    pub(crate) pkcs8: Zeroizing<Vec<u8>>,
    pub(crate) created_at: Timestamp,
}

impl Accounts {
    /// Every key made at or after a moment, newest first.
    pub(crate) async fn signing_keys(&self, since: Timestamp) -> Result<Vec<SigningKeyRow>> {
        self.with(move |db| {
            let mut statement = db.prepare(
                "SELECT kid, pkcs8, created_at FROM signing_keys WHERE created_at >= ?1 ORDER BY created_at DESC",
            )?;
            let rows = statement.query_map([since.micros()], |row| {
                Ok(SigningKeyRow {
                    kid: row.get(0)?,
                    pkcs8: Zeroizing::new(row.get(1)?),
                    created_at: timestamp(row.get(2)?),
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }

    /// Adds a key and forgets those made before a moment, whose tokens have all ended.
    pub(crate) async fn add_signing_key(&self, key: SigningKeyRow, forget_before: Timestamp) -> Result<()> {
        self.with(move |db| {
            let step = db.transaction()?;
            step.execute("DELETE FROM signing_keys WHERE created_at < ?1", [forget_before.micros()])?;
            step.execute(
                "INSERT INTO signing_keys (kid, pkcs8, created_at) VALUES (?1, ?2, ?3)",
                params![key.kid, key.pkcs8.as_slice(), key.created_at.micros()],
            )?;
            Ok(step.commit()?)
        })
        .await
    }
}
