//! Rows that re-wrapping moves.

use nija_core::{UserId, VaultError};
use uuid::Uuid;

use super::StoredKey;
use super::sql::{Sql, values};
use crate::crypto::KeyId;

/// Where a walk over the user keys stands.
pub(crate) type After = Option<(UserId, KeyId)>;

/// How many user keys there are.
pub(crate) fn count_user_keys(sql: &mut dyn Sql) -> Result<u64, VaultError> {
    let count = sql.one("SELECT count(*) FROM user_keys", values![], |row| row.get(0))?;
    Ok(count.unwrap_or(0))
}

/// The next user keys, in the order of their primary key: a walk costs what it reads, however many there are.
pub(crate) fn user_keys_after(
    sql: &mut dyn Sql,
    after: After,
    limit: u32,
) -> Result<Vec<(UserId, StoredKey)>, VaultError> {
    let (user, id) = after.map_or(([0; 16], [0; 16]), |(user, id)| (*user.as_uuid().as_bytes(), id));
    sql.all(
        r#"SELECT "user", id, envelope FROM user_keys WHERE ("user", id) > (?1, ?2) ORDER BY "user", id LIMIT ?3"#,
        values![&user, &id, limit],
        |row| {
            let user = UserId::from_uuid(Uuid::from_bytes(row.get(0)?));
            Ok((user, StoredKey { id: row.get(1)?, envelope: row.get(2)? }))
        },
    )
}

/// Puts a user key in another envelope, unless it is not the one that was read any more.
pub(crate) fn replace_user_key(
    sql: &mut dyn Sql,
    user: UserId,
    read: &StoredKey,
    envelope: &[u8],
) -> Result<u64, VaultError> {
    sql.run(
        r#"UPDATE user_keys SET envelope = ?4 WHERE "user" = ?1 AND id = ?2 AND envelope = ?3"#,
        values![user.as_uuid().as_bytes(), &read.id, &read.envelope, envelope],
    )
}

/// Puts a sealing key or the vault's signing key in another envelope.
pub(crate) fn replace_vault_key(
    sql: &mut dyn Sql,
    identity: bool,
    id: &KeyId,
    envelope: &[u8],
) -> Result<(), VaultError> {
    let update = if identity {
        "UPDATE identity_keys SET envelope = ?2 WHERE id = ?1"
    } else {
        "UPDATE keys SET envelope = ?2 WHERE id = ?1 AND kind = 'sealing'"
    };
    sql.run(update, values![id, envelope]).map(|_| ())
}

/// Whether anything is in an envelope of this key. The key's id stands in bytes 8 to 24 of the envelope.
pub(crate) fn names_key(sql: &mut dyn Sql, id: &KeyId) -> Result<bool, VaultError> {
    for table in ["user_keys", "identity_keys", "keys"] {
        let named = format!("SELECT 1 FROM {table} WHERE substr(envelope, 9, 16) = ?1 LIMIT 1");
        if sql.one(&named, values![id], |_| Ok(()))?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Deletes a key of the vault.
pub(crate) fn delete_key(sql: &mut dyn Sql, id: &KeyId) -> Result<(), VaultError> {
    sql.run("DELETE FROM keys WHERE id = ?1", values![id]).map(|_| ())
}
