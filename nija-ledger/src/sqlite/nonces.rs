//! The table `nonces`: the next nonce of each key, never given twice.

use nija_core::CredentialId;
use rusqlite::{Connection, OptionalExtension, params};

use super::fault::Outcome;
use crate::numbers::take;

pub(super) const NEXT: &str = "SELECT next FROM nonces WHERE key = ?1";
const SET: &str =
    "INSERT INTO nonces (key, next) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET next = excluded.next";

/// Takes `count` nonces, the first of them at least `floor`.
pub(super) fn reserve(connection: &Connection, key: CredentialId, floor: u64, count: u64) -> Outcome<u64> {
    let key = key.as_uuid();
    let next: Option<i64> =
        connection.prepare_cached(NEXT)?.query_row([key.as_bytes()], |row| row.get(0)).optional()?;
    let (first, after) = take(next, floor, count)?;
    connection.prepare_cached(SET)?.execute(params![key.as_bytes(), after])?;
    Ok(first)
}
