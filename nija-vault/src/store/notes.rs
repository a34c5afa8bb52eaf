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

/// Writes a note in place of what was there, or removes it.
pub(crate) fn set_note(
    sql: &mut dyn Sql,
    user: UserId,
    venue: &VenueId,
    name: &str,
    note: Option<&str>,
) -> Result<(), VaultError> {
    sql.run(
        r#"DELETE FROM notes WHERE "user" = ?1 AND venue = ?2 AND name = ?3"#,
        values![user.as_uuid().as_bytes(), venue.as_str(), name],
    )?;
    let Some(note) = note else { return Ok(()) };
    sql.run(
        r#"INSERT INTO notes ("user", venue, name, note) VALUES (?1, ?2, ?3, ?4)"#,
        values![user.as_uuid().as_bytes(), venue.as_str(), name, note],
    )
    .map(|_| ())
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
