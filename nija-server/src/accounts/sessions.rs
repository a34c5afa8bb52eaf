//! Sessions: each is a family of refresh tokens, of which one at a time works.

use nija_core::{Timestamp, UserId};
use rusqlite::{OptionalExtension, Transaction, params};

use super::{Accounts, AccountsError, Result};

/// A refresh token about to be stored: its hash, never the token.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewToken {
    pub(crate) hash: [u8; 32],
    pub(crate) now: Timestamp,
    pub(crate) expires_at: Timestamp,
}

/// What became of a refresh token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refreshed {
    /// It was good and is used up; the new one stands in its place.
    Rotated { user: UserId, session: String },
    /// It was used before: somebody else has it. The whole session is over.
    Reused { session: String },
    /// Unknown, expired, or of a session that is over.
    Refused,
}

impl Accounts {
    /// Begins a session with its first refresh token.
    pub(crate) async fn begin_session(&self, session: String, user: UserId, token: NewToken) -> Result<()> {
        self.with(move |db| {
            let step = db.transaction()?;
            step.execute(
                "INSERT INTO sessions (id, user, created_at) VALUES (?1, ?2, ?3)",
                params![session, user.to_string(), token.now.micros()],
            )?;
            insert(&step, &session, token)?;
            // Old tokens say nothing any more; a few at a time keep the table small.
            step.execute(
                "DELETE FROM refresh_tokens WHERE hash IN
                 (SELECT hash FROM refresh_tokens WHERE expires_at < ?1 LIMIT 100)",
                [token.now.micros()],
            )?;
            Ok(step.commit()?)
        })
        .await
    }

    /// Uses a refresh token up and stores the next one, in one step.
    pub(crate) async fn rotate(&self, old: [u8; 32], next: NewToken) -> Result<Refreshed> {
        self.with(move |db| {
            let step = db.transaction()?;
            let Some(found) = find(&step, &old)? else { return Ok(Refreshed::Refused) };
            if found.revoked || found.expires_at < next.now {
                return Ok(Refreshed::Refused);
            }
            let outcome = if found.used {
                revoke(&step, &found.session, next.now)?;
                Refreshed::Reused { session: found.session }
            } else {
                step.execute(
                    "UPDATE refresh_tokens SET used_at = ?2 WHERE hash = ?1",
                    params![old, next.now.micros()],
                )?;
                insert(&step, &found.session, next)?;
                Refreshed::Rotated { user: found.user, session: found.session }
            };
            step.commit()?;
            Ok(outcome)
        })
        .await
    }

    /// Ends the session that a refresh token (used or not) belongs to; answers with the session.
    pub(crate) async fn end_session(&self, token: [u8; 32], now: Timestamp) -> Result<Option<String>> {
        self.with(move |db| {
            let step = db.transaction()?;
            let Some(found) = find(&step, &token)? else { return Ok(None) };
            revoke(&step, &found.session, now)?;
            step.commit()?;
            Ok(Some(found.session))
        })
        .await
    }

    /// Sessions that ended at or after a moment: their access tokens may not have expired yet.
    pub(crate) async fn ended_since(&self, since: Timestamp) -> Result<Vec<String>> {
        self.with(move |db| {
            let mut statement = db.prepare("SELECT id FROM sessions WHERE revoked_at >= ?1")?;
            let rows = statement.query_map([since.micros()], |row| row.get(0))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
        .await
    }
}

struct Found {
    session: String,
    user: UserId,
    expires_at: Timestamp,
    used: bool,
    revoked: bool,
}

fn find(db: &Transaction<'_>, hash: &[u8; 32]) -> Result<Option<Found>> {
    let row = db
        .query_row(
            "SELECT s.id, s.user, t.expires_at, t.used_at IS NOT NULL, s.revoked_at IS NOT NULL
             FROM refresh_tokens t JOIN sessions s ON s.id = t.session WHERE t.hash = ?1",
            [hash],
            |row| Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?, row.get(3)?, row.get(4)?)),
        )
        .optional()?;
    row.map(|(session, user, expires_at, used, revoked)| {
        let user = user.parse().map_err(|_| AccountsError(format!("{user:?} is not a user id")))?;
        Ok(Found { session, user, expires_at: Timestamp::from_micros(expires_at), used, revoked })
    })
    .transpose()
}

fn insert(db: &Transaction<'_>, session: &str, token: NewToken) -> Result<()> {
    db.execute(
        "INSERT INTO refresh_tokens (hash, session, expires_at) VALUES (?1, ?2, ?3)",
        params![token.hash, session, token.expires_at.micros()],
    )?;
    Ok(())
}

fn revoke(db: &Transaction<'_>, session: &str, now: Timestamp) -> Result<()> {
    db.execute(
        "UPDATE sessions SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL",
        params![session, now.micros()],
    )?;
    Ok(())
}
