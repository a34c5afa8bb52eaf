//! Rows of custody: what is destroyed, and the users' policies.

use nija_core::{CredentialId, CustodyMode, Timestamp, UserId, VaultError, VenueId};
use uuid::Uuid;

use super::StoredKey;
use super::sql::{Sql, values};
use crate::crypto::KeyId;

/// Destroys the ciphertext of all versions of a credential.
pub(crate) fn destroy(sql: &mut dyn Sql, id: CredentialId, at: Timestamp) -> Result<(), VaultError> {
    let nothing: &[u8] = &[];
    sql.run(
        "UPDATE credential_versions SET envelope = ?2, derivation = NULL WHERE credential = ?1",
        values![id.as_uuid().as_bytes(), nothing],
    )?;
    sql.run(
        "UPDATE credentials SET status = 'revoked', destroyed_at = coalesce(destroyed_at, ?2) WHERE id = ?1",
        values![id.as_uuid().as_bytes(), at.micros()],
    )
    .map(|_| ())
}

/// Destroys a user's data keys, all that they open, and what is noted of the user's keys; answers with the data keys' ids.
pub(crate) fn erase(sql: &mut dyn Sql, user: UserId, at: Timestamp) -> Result<Vec<KeyId>, VaultError> {
    let user_id = *user.as_uuid().as_bytes();
    let keys =
        sql.all(r#"SELECT id FROM user_keys WHERE "user" = ?1 ORDER BY id"#, values![&user_id], |row| {
            row.get(0)
        })?;
    for meta in super::of_user(sql, user)? {
        destroy(sql, meta.id, at)?;
    }
    remove_policy(sql, user)?;
    super::remove_notes(sql, user, None)?;
    sql.run(r#"DELETE FROM policy_history WHERE "user" = ?1"#, values![&user_id])?;
    sql.run(r#"DELETE FROM user_keys WHERE "user" = ?1"#, values![&user_id])?;
    Ok(keys)
}

pub(crate) const NEWEST_ENTRY: &str =
    r#"SELECT seq FROM audit WHERE action = ?1 AND "user" = ?2 ORDER BY seq DESC LIMIT 1"#;

/// The newest entry of an action for a user.
pub(crate) fn newest_entry(sql: &mut dyn Sql, action: &str, user: UserId) -> Result<u64, VaultError> {
    sql.one(NEWEST_ENTRY, values![action, user.as_uuid().as_bytes()], |row| row.get(0))?
        .ok_or_else(|| VaultError::Storage("the entry is not in the log".into()))
}

/// A user's data key, and the policy under it in its envelope.
type KeyAndPolicy = (StoredKey, Option<Vec<u8>>);

/// What is stored of a user's policy; `None` for a user without a data key.
pub(crate) fn policy(sql: &mut dyn Sql, user: UserId) -> Result<Option<KeyAndPolicy>, VaultError> {
    sql.one(
        r#"SELECT k.id, k.envelope, p.envelope FROM user_keys k
           LEFT JOIN policies p ON p."user" = k."user" AND p.user_key = k.id
           WHERE k."user" = ?1 ORDER BY k.created_at DESC LIMIT 1"#,
        values![user.as_uuid().as_bytes()],
        |row| Ok((StoredKey { id: row.get(0)?, envelope: row.get(1)? }, row.maybe(2)?)),
    )
}

/// Policies of an earlier program, each with its user's key.
pub(crate) fn unbound_policies(sql: &mut dyn Sql) -> Result<Vec<(UserId, StoredKey, Vec<u8>)>, VaultError> {
    sql.all(
        r#"SELECT p."user", k.id, k.envelope, p.envelope FROM policies p
           JOIN user_keys k ON k."user" = p."user" AND k.id = p.user_key"#,
        values![],
        |row| {
            let user = UserId::from_uuid(Uuid::from_bytes(row.get(0)?));
            Ok((user, StoredKey { id: row.get(1)?, envelope: row.get(2)? }, row.get(3)?))
        },
    )
}

/// What a step of the schema leaves to the program, since it takes keys: the users' keys vouch for their policies.
pub(crate) const BIND_POLICIES: &str = "bind_policies";

/// The same of the statuses of their credentials.
pub(crate) const BIND_STATUSES: &str = "bind_statuses";

/// Whether something is left to do, which the caller does now.
pub(crate) fn take_duty(sql: &mut dyn Sql, duty: &str) -> Result<bool, VaultError> {
    Ok(sql.run("DELETE FROM duties WHERE name = ?1", values![duty])? > 0)
}

/// Sets a user's policy.
pub(crate) fn set_policy(
    sql: &mut dyn Sql,
    user: UserId,
    user_key: &KeyId,
    envelope: &[u8],
) -> Result<(), VaultError> {
    remove_policy(sql, user)?;
    sql.run(
        r#"INSERT INTO policies ("user", user_key, envelope) VALUES (?1, ?2, ?3)"#,
        values![user.as_uuid().as_bytes(), user_key, envelope],
    )
    .map(|_| ())
}

/// Keeps what a user's policy is at a revision, for restores to a point in time.
pub(crate) fn keep_policy(
    sql: &mut dyn Sql,
    user: UserId,
    revision: u64,
    user_key: &KeyId,
    envelope: Option<&[u8]>,
) -> Result<(), VaultError> {
    sql.run(
        r#"INSERT INTO policy_history ("user", revision, user_key, envelope) VALUES (?1, ?2, ?3, ?4)"#,
        values![user.as_uuid().as_bytes(), revision, user_key, envelope],
    )
    .map(|_| ())
}

/// Removes a user's policy.
pub(crate) fn remove_policy(sql: &mut dyn Sql, user: UserId) -> Result<(), VaultError> {
    sql.run(r#"DELETE FROM policies WHERE "user" = ?1"#, values![user.as_uuid().as_bytes()]).map(|_| ())
}

/// How a device derives the key to the user's active credential at a venue, as JSON.
pub(crate) fn derivation(
    sql: &mut dyn Sql,
    user: UserId,
    venue: &VenueId,
) -> Result<Option<String>, VaultError> {
    let found = sql.one(
        r#"SELECT v.derivation FROM credentials c JOIN credential_versions v
           ON v.credential = c.id AND v.version = c.version
           WHERE c."user" = ?1 AND c.venue = ?2 AND c.status = 'active' AND c.custody = 'session'"#,
        values![user.as_uuid().as_bytes(), venue.as_str()],
        |row| row.maybe(0),
    )?;
    Ok(found.flatten())
}

/// One version of a credential as a row, with the key that opens it.
pub(crate) struct StoredVersion {
    pub(crate) id: [u8; 16],
    pub(crate) user: [u8; 16],
    pub(crate) venue: String,
    pub(crate) custody: CustodyMode,
    pub(crate) version: u32,
    pub(crate) envelope: Vec<u8>,
    pub(crate) user_key: Option<StoredKey>,
}

/// The next versions of all credentials, in the order of their primary key.
pub(crate) fn versions_after(
    sql: &mut dyn Sql,
    after: Option<([u8; 16], u32)>,
    limit: u32,
) -> Result<Vec<StoredVersion>, VaultError> {
    let (id, version) = after.unwrap_or_default();
    sql.all(
        r#"SELECT c.id, c."user", c.venue, c.custody, v.version, v.envelope, v.user_key, k.envelope
           FROM credential_versions v JOIN credentials c ON c.id = v.credential
           LEFT JOIN user_keys k ON k."user" = c."user" AND k.id = v.user_key
           WHERE (v.credential, v.version) > (?1, ?2) ORDER BY v.credential, v.version LIMIT ?3"#,
        values![&id, version, limit],
        |row| {
            let custody: String = row.get(3)?;
            let custody = super::rows::custody_named(&custody)
                .ok_or_else(|| VaultError::Storage("a credential's row is damaged".into()))?;
            let key: Option<Vec<u8>> = row.maybe(7)?;
            let user_key = key.map(|envelope| Ok::<_, VaultError>(StoredKey { id: row.get(6)?, envelope }));
            Ok(StoredVersion {
                id: row.get(0)?,
                user: row.get(1)?,
                venue: row.get(2)?,
                custody,
                version: row.get(4)?,
                envelope: row.get(5)?,
                user_key: user_key.transpose()?,
            })
        },
    )
}

/// How many credentials there are of a custody mode and status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialCount {
    /// `delegated`, `session` or `device`.
    pub custody: String,
    /// `active`, `revoked` or `destroyed`.
    pub status: String,
    /// How many.
    pub credentials: u64,
}

/// Credentials by custody mode and status.
pub(crate) fn count_credentials(sql: &mut dyn Sql) -> Result<Vec<CredentialCount>, VaultError> {
    sql.all(
        "SELECT custody, CASE WHEN destroyed_at IS NULL THEN status ELSE 'destroyed' END AS state, count(*)
         FROM credentials GROUP BY custody, state ORDER BY custody, state",
        values![],
        |row| Ok(CredentialCount { custody: row.get(0)?, status: row.get(1)?, credentials: row.get(2)? }),
    )
}
