//! Rows of custody: what is destroyed, and the users' policies.

use nija_core::{CredentialId, Timestamp, UserId, VaultError, VenueId};

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

/// Destroys a user's data keys and all that they open; answers with the keys' ids.
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
    sql.run(r#"DELETE FROM user_keys WHERE "user" = ?1"#, values![&user_id])?;
    Ok(keys)
}

/// The newest entry of an action for a user.
pub(crate) fn newest_entry(sql: &mut dyn Sql, action: &str, user: UserId) -> Result<u64, VaultError> {
    let newest = r#"SELECT seq FROM audit WHERE action = ?1 AND "user" = ?2 ORDER BY seq DESC LIMIT 1"#;
    sql.one(newest, values![action, user.as_uuid().as_bytes()], |row| row.get(0))?
        .ok_or_else(|| VaultError::Storage("the entry is not in the log".into()))
}

/// A policy in its envelope, and the data key that opens it.
pub(crate) struct StoredPolicy {
    pub(crate) envelope: Vec<u8>,
    pub(crate) user_key: StoredKey,
}

/// A user's policy.
pub(crate) fn policy(sql: &mut dyn Sql, user: UserId) -> Result<Option<StoredPolicy>, VaultError> {
    sql.one(
        r#"SELECT p.envelope, p.user_key, k.envelope FROM policies p
           LEFT JOIN user_keys k ON k."user" = p."user" AND k.id = p.user_key WHERE p."user" = ?1"#,
        values![user.as_uuid().as_bytes()],
        |row| {
            let envelope =
                row.maybe(2)?.ok_or(VaultError::Envelope("the user's key to a policy is missing"))?;
            Ok(StoredPolicy { envelope: row.get(0)?, user_key: StoredKey { id: row.get(1)?, envelope } })
        },
    )
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
