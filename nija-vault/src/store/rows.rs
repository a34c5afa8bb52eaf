//! Rows of the vault: keys, credentials and their versions.

use nija_core::{
    CredentialId, CredentialMeta, CredentialStatus, CustodyMode, KeyRights, Timestamp, UserId, VaultError,
    VenueId,
};
use uuid::Uuid;

use super::sql::{Row, Sql, values};
use crate::crypto::{InForce, KeyId};

/// How many versions of a credential are kept.
pub(crate) const KEPT_VERSIONS: u32 = 10;

/// A key in its envelope.
pub(crate) struct StoredKey {
    pub(crate) id: KeyId,
    pub(crate) envelope: Vec<u8>,
}

/// The keys of the vault as a whole.
#[derive(Default)]
pub(crate) struct StoredKeys {
    pub(crate) keks: Vec<StoredKey>,
    pub(crate) sealing: Vec<StoredKey>,
    pub(crate) identities: Vec<StoredKey>,
}

impl StoredKeys {
    pub(crate) fn load(sql: &mut dyn Sql) -> Result<Self, VaultError> {
        let mut keys = Self::default();
        sql.each("SELECT kind, id, envelope FROM keys", values![], &mut |row| {
            let kind: String = row.get(0)?;
            let key = StoredKey {
                id: row.get(1).map_err(|_| VaultError::Envelope("its id is damaged"))?,
                envelope: row.get(2)?,
            };
            if kind == "kek" {
                keys.keks.push(key);
            } else {
                keys.sealing.push(key);
            }
            Ok(())
        })?;
        sql.each("SELECT id, envelope FROM identity_keys", values![], &mut |row| {
            let id = row.get(0).map_err(|_| VaultError::Envelope("its id is damaged"))?;
            keys.identities.push(StoredKey { id, envelope: row.get(1)? });
            Ok(())
        })?;
        Ok(keys)
    }

    pub(crate) fn save(&self, sql: &mut dyn Sql) -> Result<(), VaultError> {
        let keks = self.keks.iter().map(|key| ("kek", key));
        for (kind, key) in keks.chain(self.sealing.iter().map(|key| ("sealing", key))) {
            sql.run(
                "INSERT INTO keys (id, kind, envelope) VALUES (?1, ?2, ?3)",
                values![&key.id, kind, &key.envelope],
            )?;
        }
        for key in &self.identities {
            sql.run(
                "INSERT INTO identity_keys (id, envelope) VALUES (?1, ?2)",
                values![&key.id, &key.envelope],
            )?;
        }
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.keks.is_empty() && self.sealing.is_empty()
    }
}

/// The ids of all key-encryption and sealing keys.
pub(crate) fn key_ids(sql: &mut dyn Sql) -> Result<Vec<KeyId>, VaultError> {
    sql.all("SELECT id FROM keys", values![], |row| row.get(0))
}

/// A user's newest data key.
pub(crate) fn user_key(sql: &mut dyn Sql, user: UserId) -> Result<Option<StoredKey>, VaultError> {
    sql.one(
        r#"SELECT id, envelope FROM user_keys WHERE "user" = ?1 ORDER BY created_at DESC LIMIT 1"#,
        values![user.as_uuid().as_bytes()],
        |row| Ok(StoredKey { id: row.get(0)?, envelope: row.get(1)? }),
    )
}

pub(crate) fn insert_user_key(
    sql: &mut dyn Sql,
    user: UserId,
    key: &StoredKey,
    at: Timestamp,
) -> Result<(), VaultError> {
    sql.run(
        r#"INSERT INTO user_keys ("user", id, envelope, created_at) VALUES (?1, ?2, ?3, ?4)"#,
        values![user.as_uuid().as_bytes(), &key.id, &key.envelope, at.micros()],
    )
    .map(|_| ())
}

/// Selects a credential's row with the rights of its present version.
macro_rules! meta_where {
    ($rest:literal) => {
        concat!(
            r#"SELECT c.id, c."user", c.venue, c.label, c.version, c.custody, c.status, v.rights, c.created_at,
               c.destroyed_at, v.created_at
               FROM credentials c LEFT JOIN credential_versions v ON v.credential = c.id AND v.version = c.version "#,
            $rest
        )
    };
}

const CUSTODY: &[(&str, CustodyMode)] = &[
    ("delegated", CustodyMode::Delegated),
    ("session", CustodyMode::Session),
    ("device", CustodyMode::Device),
];

/// Reads the columns of [`meta_where`].
fn meta(row: &dyn Row) -> Result<CredentialMeta, VaultError> {
    let (venue, custody, status): (String, String, String) = (row.get(2)?, row.get(5)?, row.get(6)?);
    let rights: Option<String> = row.maybe(7)?;
    let (Ok(venue), Some(custody), Some(status), Some(rights)) = (
        VenueId::new(&venue),
        named(CUSTODY, &custody),
        named(&[("active", CredentialStatus::Active), ("revoked", CredentialStatus::Revoked)], &status),
        rights.and_then(|rights| serde_json::from_str::<KeyRights>(&rights).ok()),
    ) else {
        return Err(VaultError::Storage("a credential's row is damaged".into()));
    };
    let destroyed: Option<i64> = row.maybe(9)?;
    let status = if destroyed.is_some() { CredentialStatus::Destroyed } else { status };
    Ok(CredentialMeta {
        id: CredentialId::from_uuid(Uuid::from_bytes(row.get(0)?)),
        user: UserId::from_uuid(Uuid::from_bytes(row.get(1)?)),
        venue,
        label: row.get(3)?,
        version: row.get(4)?,
        custody,
        status,
        rights,
        created_at: Timestamp::from_micros(row.get(8)?),
        stored_at: Timestamp::from_micros(row.get(10)?),
    })
}

/// The custody mode of a name.
pub(super) fn custody_named(name: &str) -> Option<CustodyMode> {
    named(CUSTODY, name)
}

fn named<T: Copy>(names: &[(&str, T)], name: &str) -> Option<T> {
    names.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
}

/// One credential of a user.
pub(crate) fn credential(
    sql: &mut dyn Sql,
    user: UserId,
    id: CredentialId,
) -> Result<CredentialMeta, VaultError> {
    sql.one(
        meta_where!(r#"WHERE c.id = ?1 AND c."user" = ?2"#),
        values![id.as_uuid().as_bytes(), user.as_uuid().as_bytes()],
        meta,
    )?
    .ok_or(VaultError::NoSuchCredential { id })
}

/// The user's active credential at a venue.
pub(crate) fn active_at(
    sql: &mut dyn Sql,
    user: UserId,
    venue: &VenueId,
) -> Result<Option<CredentialMeta>, VaultError> {
    sql.one(
        meta_where!(r#"WHERE c."user" = ?1 AND c.venue = ?2 AND c.status = 'active'"#),
        values![user.as_uuid().as_bytes(), venue.as_str()],
        meta,
    )
}

/// The versions that a user's rows say are in force.
pub(crate) fn in_force(sql: &mut dyn Sql, user: UserId) -> Result<Vec<InForce>, VaultError> {
    sql.all(
        r#"SELECT id, version FROM credentials WHERE "user" = ?1 AND status = 'active'"#,
        values![user.as_uuid().as_bytes()],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )
}

/// A user's credentials, newest first.
pub(crate) fn of_user(sql: &mut dyn Sql, user: UserId) -> Result<Vec<CredentialMeta>, VaultError> {
    sql.all(
        meta_where!(r#"WHERE c."user" = ?1 ORDER BY c.created_at DESC, c.id DESC"#),
        values![user.as_uuid().as_bytes()],
        meta,
    )
}

/// All active credentials, oldest first.
pub(crate) fn all_active(sql: &mut dyn Sql) -> Result<Vec<CredentialMeta>, VaultError> {
    sql.all(meta_where!("WHERE c.status = 'active' ORDER BY c.created_at, c.id"), values![], meta)
}

/// The ciphertext of one version and of the data key that opens it.
pub(crate) struct StoredSecret {
    pub(crate) envelope: Vec<u8>,
    pub(crate) user_key: StoredKey,
    /// The user's policy under that key.
    pub(crate) policy: Option<Vec<u8>>,
}

/// The active credential of a user at a venue with its ciphertext, in one read: all of one moment.
pub(crate) fn active_secret(
    sql: &mut dyn Sql,
    user: UserId,
    venue: &VenueId,
) -> Result<Option<(CredentialId, u32, CustodyMode, StoredSecret)>, VaultError> {
    const MISSING: VaultError = VaultError::Envelope("the version or its user's key is missing");
    let row = sql.one(
        r#"SELECT c.id, c.version, c.custody, v.envelope, v.user_key, k.envelope, p.envelope FROM credentials c
           LEFT JOIN credential_versions v ON v.credential = c.id AND v.version = c.version
           LEFT JOIN user_keys k ON k."user" = c."user" AND k.id = v.user_key
           LEFT JOIN policies p ON p."user" = c."user" AND p.user_key = v.user_key
           WHERE c."user" = ?1 AND c.venue = ?2 AND c.status = 'active'"#,
        values![user.as_uuid().as_bytes(), venue.as_str()],
        |row| {
            let id = CredentialId::from_uuid(Uuid::from_bytes(row.get(0)?));
            let custody: String = row.get(2)?;
            let (envelope, key, key_envelope): (Option<Vec<u8>>, Option<KeyId>, Option<Vec<u8>>) =
                (row.maybe(3)?, row.maybe(4)?, row.maybe(5)?);
            Ok((id, row.get(1)?, custody, envelope, key, key_envelope, row.maybe(6)?))
        },
    )?;
    let Some((id, version, custody, envelope, key, key_envelope, policy)) = row else {
        return Ok(None);
    };
    let custody = match custody.as_str() {
        "delegated" => CustodyMode::Delegated,
        "session" => CustodyMode::Session,
        _ => CustodyMode::Device,
    };
    let (Some(envelope), Some(key), Some(key_envelope)) = (envelope, key, key_envelope) else {
        return Err(MISSING);
    };
    let secret = StoredSecret { envelope, user_key: StoredKey { id: key, envelope: key_envelope }, policy };
    Ok(Some((id, version, custody, secret)))
}

/// A new version to be written.
pub(crate) struct NewVersion {
    pub(crate) version: u32,
    pub(crate) user_key: KeyId,
    pub(crate) envelope: Vec<u8>,
    pub(crate) nonce_key: CredentialId,
    pub(crate) derivation: Option<String>,
}

/// Adds a credential's row.
pub(crate) fn insert_credential(sql: &mut dyn Sql, meta: &CredentialMeta) -> Result<(), VaultError> {
    sql.run(
        r#"INSERT INTO credentials (id, "user", venue, label, custody, status, version, created_at)
           VALUES (?1, ?2, ?3, ?4, ?7, 'active', ?5, ?6)"#,
        values![
            meta.id.as_uuid().as_bytes(),
            meta.user.as_uuid().as_bytes(),
            meta.venue.as_str(),
            &meta.label,
            meta.version,
            meta.created_at.micros(),
            CUSTODY.iter().find(|(_, mode)| *mode == meta.custody).map(|(name, _)| *name),
        ],
    )
    .map(|_| ())
}

/// Adds a version and makes it the present one; destroys those beyond the kept ones. Answers whether any was destroyed.
pub(crate) fn insert_version(
    sql: &mut dyn Sql,
    id: CredentialId,
    label: &str,
    new: &NewVersion,
    at: Timestamp,
) -> Result<bool, VaultError> {
    let rights = serde_json::to_string(&KeyRights::default()).unwrap_or_default();
    let id = *id.as_uuid().as_bytes();
    sql.run(
        "INSERT INTO credential_versions (credential, version, user_key, envelope, nonce_key, rights, created_at,
         derivation) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        values![
            &id,
            new.version,
            &new.user_key,
            &new.envelope,
            new.nonce_key.as_uuid().as_bytes(),
            &rights,
            at.micros(),
            new.derivation.as_ref(),
        ],
    )?;
    sql.run(
        "UPDATE credentials SET version = ?2, label = ?3 WHERE id = ?1",
        values![&id, new.version, label],
    )?;
    let destroyed = sql.run(
        "DELETE FROM credential_versions WHERE credential = ?1 AND version NOT IN (
         SELECT version FROM credential_versions WHERE credential = ?1 ORDER BY version DESC LIMIT ?2)",
        values![&id, KEPT_VERSIONS],
    )?;
    Ok(destroyed > 0)
}

/// The greatest version that a credential ever had among those kept.
pub(crate) fn newest_version(sql: &mut dyn Sql, id: CredentialId) -> Result<u32, VaultError> {
    let newest = sql.one(
        "SELECT max(version) FROM credential_versions WHERE credential = ?1",
        values![id.as_uuid().as_bytes()],
        |row| row.maybe(0),
    )?;
    Ok(newest.flatten().unwrap_or(0))
}

/// Goes back to the newest version before the present one that was not rolled back from itself.
pub(crate) fn withdraw_version(sql: &mut dyn Sql, meta: &CredentialMeta) -> Result<(), VaultError> {
    let id = *meta.id.as_uuid().as_bytes();
    let older: Option<u32> = sql
        .one(
            "SELECT max(version) FROM credential_versions WHERE credential = ?1 AND version < ?2 AND withdrawn = 0",
            values![&id, meta.version],
            |row| row.maybe(0),
        )?
        .flatten();
    let older = older.ok_or(VaultError::NoOlderVersion { id: meta.id })?;
    sql.run(
        "UPDATE credential_versions SET withdrawn = 1 WHERE credential = ?1 AND version = ?2",
        values![&id, meta.version],
    )?;
    sql.run("UPDATE credentials SET version = ?2 WHERE id = ?1", values![&id, older]).map(|_| ())
}

/// Marks a credential as revoked.
pub(crate) fn revoke(sql: &mut dyn Sql, id: CredentialId) -> Result<(), VaultError> {
    sql.run("UPDATE credentials SET status = 'revoked' WHERE id = ?1", values![id.as_uuid().as_bytes()])
        .map(|_| ())
}

/// Notes the rights of the present version.
pub(crate) fn set_rights(
    sql: &mut dyn Sql,
    meta: &CredentialMeta,
    rights: &KeyRights,
) -> Result<(), VaultError> {
    let rights = serde_json::to_string(rights).map_err(|error| VaultError::Storage(error.to_string()))?;
    sql.run(
        "UPDATE credential_versions SET rights = ?3 WHERE credential = ?1 AND version = ?2",
        values![meta.id.as_uuid().as_bytes(), meta.version, &rights],
    )
    .map(|_| ())
}

/// The active credential of a user at a venue that any kept version stores this very venue key of.
pub(crate) fn active_with_nonce_key(
    sql: &mut dyn Sql,
    user: UserId,
    venue: &VenueId,
    nonce_key: CredentialId,
) -> Result<Option<CredentialId>, VaultError> {
    sql.one(
        r#"SELECT c.id FROM credentials c JOIN credential_versions v ON v.credential = c.id
           WHERE c."user" = ?1 AND c.venue = ?2 AND c.status = 'active' AND v.nonce_key = ?3 LIMIT 1"#,
        values![user.as_uuid().as_bytes(), venue.as_str(), nonce_key.as_uuid().as_bytes()],
        |row| Ok(CredentialId::from_uuid(Uuid::from_bytes(row.get(0)?))),
    )
}
