//! The tables, and their migrations.

use rusqlite::Connection;
use std::{os::unix::fs::OpenOptionsExt, path::Path};

use super::{AccountsError, Result};

/// Each entry takes the database one version on. Never change one that was released: add another.
const MIGRATIONS: [&str; 3] = [
    "
    CREATE TABLE users (
        id TEXT PRIMARY KEY,
        email TEXT NOT NULL UNIQUE,
        password_hash TEXT NOT NULL,
        tier TEXT NOT NULL,
        created_at INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE sessions (
        id TEXT PRIMARY KEY,
        user TEXT NOT NULL REFERENCES users(id),
        created_at INTEGER NOT NULL,
        revoked_at INTEGER
    ) STRICT;
    CREATE INDEX sessions_by_user ON sessions(user);
    CREATE INDEX sessions_by_revocation ON sessions(revoked_at) WHERE revoked_at IS NOT NULL;
    CREATE TABLE refresh_tokens (
        hash BLOB PRIMARY KEY,
        session TEXT NOT NULL REFERENCES sessions(id),
        expires_at INTEGER NOT NULL,
        used_at INTEGER
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX refresh_tokens_by_expiry ON refresh_tokens(expires_at);
    CREATE TABLE signing_keys (
        kid TEXT PRIMARY KEY,
        pkcs8 BLOB NOT NULL,
        created_at INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE failed_logins (
        email_hash BLOB PRIMARY KEY,
        failures INTEGER NOT NULL,
        last_at INTEGER NOT NULL,
        locked_until INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX failed_logins_by_time ON failed_logins(last_at);
",
    "ALTER TABLE users ADD COLUMN role TEXT NOT NULL DEFAULT 'user' CHECK (role IN ('user', 'admin'));
    CREATE INDEX admins ON users(role) WHERE role = 'admin';
",
    "CREATE TABLE password_resets (
        user TEXT PRIMARY KEY REFERENCES users(id),
        hash BLOB NOT NULL,
        made_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
",
];

/// Opens the database and brings it to the newest version.
pub(super) fn open(path: &Path) -> Result<Connection> {
    // SQLite gives its WAL the mode of the database file, so the file is made first, private.
    std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
        .map_err(|error| AccountsError(format!("{}: {error}", path.display())))?;
    let mut db = Connection::open(path)?;
    db.busy_timeout(std::time::Duration::from_secs(5))?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.pragma_update(None, "foreign_keys", true)?;
    db.pragma_update(None, "secure_delete", true)?;
    migrate(&mut db)?;
    Ok(db)
}

fn migrate(db: &mut Connection) -> Result<()> {
    let version: u32 = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let done = MIGRATIONS.len().min(version as usize);
    if version as usize > MIGRATIONS.len() {
        return Err(AccountsError("accounts.db was written by a newer version of nija".into()));
    }
    for (next, migration) in (version + 1..).zip(&MIGRATIONS[done..]) {
        let step = db.transaction()?;
        step.execute_batch(migration)?;
        step.pragma_update(None, "user_version", next)?;
        step.commit()?;
    }
    Ok(())
}
