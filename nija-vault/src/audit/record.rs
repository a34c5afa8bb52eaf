//! An entry as it leaves the vault: in the log file, in exports and in proofs.

use nija_core::{Timestamp, UserId, VaultError};
use serde::{Deserialize, Serialize};

use super::Entry;
use super::entry::{FORMAT, Fields};
use super::merkle::Node;
use crate::store::{Row, Sql, values};

/// An entry of the audit log with its place in the chain. Bytes are hexadecimal. No entry holds anything secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditRecord {
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
    /// Whose.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "hex_id")]
    pub user: Option<[u8; 16]>,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub venue: Option<String>,
    /// Which credential.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "hex_id")]
    pub credential: Option<[u8; 16]>,
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
    /// From where ([`Caller`](crate::Caller)). Since format 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// The hash of the entry before.
    #[serde(with = "hex::serde")]
    pub previous: [u8; 32],
}

/// The columns that [`read`] takes.
pub(super) const COLUMNS: &str = r#"seq, format, at, action, outcome, "user", venue, credential, version, purpose, count, detail,
    previous, hash, actor, origin"#;

/// An entry out of the database, and the hash that stands beside it.
pub(super) fn read(row: &dyn Row) -> Result<(AuditRecord, Node), VaultError> {
    let record = AuditRecord {
        seq: row.get(0)?,
        format: row.get(1)?,
        at_micros: row.get(2)?,
        action: row.get(3)?,
        outcome: row.get(4)?,
        user: row.maybe(5)?,
        venue: row.maybe(6)?,
        credential: row.maybe(7)?,
        version: row.maybe(8)?,
        purpose: row.maybe(9)?,
        count: row.get(10)?,
        detail: row.maybe(11)?,
        previous: row.get(12)?,
        actor: row.maybe(14)?,
        origin: row.maybe(15)?,
    };
    Ok((record, row.get(13)?))
}

/// A user's newest entries below a place, newest first.
pub(crate) fn of_user(
    sql: &mut dyn Sql,
    user: UserId,
    before: Option<u64>,
    limit: u32,
) -> Result<Vec<AuditRecord>, VaultError> {
    let before = before.and_then(|seq| i64::try_from(seq).ok()).unwrap_or(i64::MAX);
    sql.all(&of_user_query(), values![user.as_uuid().as_bytes(), before, limit], |row| Ok(read(row)?.0))
}

fn of_user_query() -> String {
    format!(r#"SELECT {COLUMNS} FROM audit WHERE "user" = ?1 AND seq < ?2 ORDER BY seq DESC LIMIT ?3"#)
}

impl AuditRecord {
    /// The entry's hash; `None` when this version does not know its format, or it says what its format does not hold.
    #[must_use]
    pub fn hash(&self) -> Option<[u8; 32]> {
        let told = match self.format {
            // What its hash does not cover was added by somebody.
            1 if self.actor.is_none() && self.origin.is_none() => None,
            FORMAT => Some([self.actor.as_deref(), self.origin.as_deref()]),
            _ => return None,
        };
        let fields = Fields {
            at: Timestamp::from_micros(self.at_micros),
            action: &self.action,
            outcome: &self.outcome,
            user: self.user.as_ref(),
            venue: self.venue.as_deref(),
            credential: self.credential.as_ref(),
            version: self.version,
            purpose: self.purpose.as_deref(),
            count: self.count,
            detail: self.detail.as_deref(),
            told,
        };
        Some(fields.hash(self.seq, &self.previous))
    }

    /// An entry that the database has not taken: it has no place in the chain yet.
    pub(super) fn pending(entry: &Entry) -> Self {
        let entry = entry.clone();
        Self {
            format: FORMAT,
            seq: 0,
            at_micros: entry.at.micros(),
            action: entry.action,
            outcome: entry.outcome,
            user: entry.user,
            venue: entry.venue,
            credential: entry.credential,
            version: entry.version,
            purpose: entry.purpose,
            count: entry.count,
            detail: entry.detail,
            actor: entry.actor,
            origin: Some(entry.origin),
            previous: [0; 32],
        }
    }
}

/// Optional ids as hexadecimal text.
mod hex_id {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[allow(clippy::ref_option)] // The shape that serde calls.
    pub(super) fn serialize<S: Serializer>(id: &Option<[u8; 16]>, serializer: S) -> Result<S::Ok, S::Error> {
        match id {
            Some(id) => serializer.serialize_str(&hex::encode(id)),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<[u8; 16]>, D::Error> {
        let Some(text) = Option::<String>::deserialize(from)? else { return Ok(None) };
        let mut id = [0u8; 16];
        hex::decode_to_slice(&text, &mut id).map_err(D::Error::custom)?;
        Ok(Some(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Database, Sqlite};

    /// A million entries of others are not read for one user's.
    #[test]
    fn a_users_entries_are_found_by_an_index() {
        let database = Sqlite::in_memory().unwrap();
        let mut reader = database.reader().unwrap();
        let mut plan = |query: &str, values: &[crate::store::Value<'_>]| {
            let explain = format!("EXPLAIN QUERY PLAN {query}");
            reader.as_mut().all(&explain, values, |row| row.get::<String>(3)).unwrap().join("; ")
        };
        let user = [7u8; 16];
        for (query, values) in [
            (of_user_query(), &values![&user, 9i64, 10u32][..]),
            (crate::store::NEWEST_ENTRY.to_owned(), &values!["erase", &user][..]),
        ] {
            let plan = plan(&query, values);
            assert!(plan.contains("SEARCH") && plan.contains("audit_of_user"), "{query}: {plan}");
            assert!(!plan.contains("SCAN") && !plan.contains("TEMP"), "{query}: {plan}");
        }
    }
}
