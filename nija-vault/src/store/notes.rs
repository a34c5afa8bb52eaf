//! Rows beside the keys: what the platform notes about them, and what the audit log says of one.

use nija_core::{CredentialId, Timestamp, UserId, VaultError, VenueId};
use uuid::Uuid;

use super::sql::{Sql, values};

/// A note.
pub(crate) fn note(
    sql: &mut dyn Sql,
    user: UserId,
    venue: &VenueId,
    name: &str,
) -> Result<Option<String>, VaultError> {
    sql.one(
        r#"SELECT note FROM notes WHERE "user" = ?1 AND venue = ?2 AND name = ?3"#,
        values![user.as_uuid().as_bytes(), venue.as_str(), name],
        |row| row.get(0),
    )
}

/// All notes of a name.
pub(crate) fn notes(sql: &mut dyn Sql, name: &str) -> Result<Vec<(UserId, VenueId, String)>, VaultError> {
    let found = sql.all(
        r#"SELECT "user", venue, note FROM notes WHERE name = ?1 ORDER BY "user", venue"#,
        values![name],
        |row| Ok((row.get::<[u8; 16]>(0)?, row.get::<String>(1)?, row.get::<String>(2)?)),
    )?;
    let damaged = |_| VaultError::Storage("a note's row is damaged".into());
    found
        .into_iter()
        .map(|(user, venue, note)| {
            Ok((UserId::from_uuid(Uuid::from_bytes(user)), VenueId::new(&venue).map_err(damaged)?, note))
        })
        .collect()
}

/// Writes a note in place of what was there, or removes it. Answers whether anything was there.
pub(crate) fn set_note(
    sql: &mut dyn Sql,
    user: UserId,
    venue: &VenueId,
    name: &str,
    note: Option<&str>,
) -> Result<bool, VaultError> {
    let replaced = sql.run(
        r#"DELETE FROM notes WHERE "user" = ?1 AND venue = ?2 AND name = ?3"#,
        values![user.as_uuid().as_bytes(), venue.as_str(), name],
    )?;
    if let Some(note) = note {
        sql.run(
            r#"INSERT INTO notes ("user", venue, name, note) VALUES (?1, ?2, ?3, ?4)"#,
            values![user.as_uuid().as_bytes(), venue.as_str(), name, note],
        )?;
    }
    Ok(replaced > 0)
}

/// Removes what is noted of a user's keys, at one venue or at all. Answers whether there was anything.
pub(crate) fn remove_notes(
    sql: &mut dyn Sql,
    user: UserId,
    venue: Option<&VenueId>,
) -> Result<bool, VaultError> {
    let user = *user.as_uuid().as_bytes();
    let removed = match venue {
        Some(venue) => {
            sql.run(r#"DELETE FROM notes WHERE "user" = ?1 AND venue = ?2"#, values![&user, venue.as_str()])
        }
        None => sql.run(r#"DELETE FROM notes WHERE "user" = ?1"#, values![&user]),
    };
    Ok(removed? > 0)
}

/// How often the log says that a version signed or was opened later than a moment.
pub(crate) fn uses_since(
    sql: &mut dyn Sql,
    id: CredentialId,
    version: u32,
    since: Timestamp,
) -> Result<u64, VaultError> {
    let uses = sql.one(
        "SELECT count(*) FROM audit WHERE credential = ?1 AND version = ?2 AND at > ?3
         AND action IN ('open', 'sign') AND outcome = 'ok'",
        values![id.as_uuid().as_bytes(), version, since.micros()],
        |row| row.get(0),
    )?;
    Ok(uses.unwrap_or(0))
}

/// When the log says that a credential last signed or was opened.
pub(crate) fn last_use(sql: &mut dyn Sql, id: CredentialId) -> Result<Option<Timestamp>, VaultError> {
    let at = sql.one(
        "SELECT at FROM audit WHERE credential = ?1 AND action IN ('open', 'sign') AND outcome = 'ok'
         ORDER BY seq DESC LIMIT 1",
        values![id.as_uuid().as_bytes()],
        |row| row.get(0),
    )?;
    Ok(at.map(Timestamp::from_micros))
}

/// Whether the log says that an unlock of a user at a venue was taken back after an entry: that the key was locked, or ended.
pub(crate) fn taken_since(
    sql: &mut dyn Sql,
    user: UserId,
    venue: &VenueId,
    entry: u64,
) -> Result<bool, VaultError> {
    let found = sql.one(
        r#"SELECT seq FROM audit WHERE "user" = ?1 AND seq > ?2 AND action IN ('lock', 'revoke', 'destroy', 'erase')
           AND outcome = 'ok' AND (venue = ?3 OR venue IS NULL) ORDER BY seq LIMIT 1"#,
        values![user.as_uuid().as_bytes(), entry, venue.as_str()],
        |row| row.get::<u64>(0),
    )?;
    Ok(found.is_some())
}

/// Destroys the ciphertext of one version that is not the present one, and keeps anyone from going back to it.
pub(crate) fn retire_version(sql: &mut dyn Sql, id: CredentialId, version: u32) -> Result<(), VaultError> {
    let nothing: &[u8] = &[];
    let retired = sql.run(
        "UPDATE credential_versions SET envelope = ?3, derivation = NULL, withdrawn = 1
         WHERE credential = ?1 AND version = ?2",
        values![id.as_uuid().as_bytes(), version, nothing],
    )?;
    if retired == 0 { Err(VaultError::NoSuchVersion { id, version }) } else { Ok(()) }
}
