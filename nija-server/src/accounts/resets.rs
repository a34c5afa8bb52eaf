//! Tokens by which somebody whose password is lost sets a new one.

use nija_core::{Timestamp, UserId};
use rusqlite::{OptionalExtension, params};
use std::time::Duration;

use super::{Accounts, AccountsError, Result, timestamp};

/// How long such a token works.
pub(crate) const RESET_LIFE: Duration = Duration::from_secs(30 * 60);

impl Accounts {
    /// Keeps the hash of a token for an account, in place of any before; `None` where there is no such account.
    pub(crate) async fn add_reset(
        &self,
        email: String,
        hash: [u8; 32],
        now: Timestamp,
    ) -> Result<Option<UserId>> {
        self.with(move |db| {
            let sql = "INSERT INTO password_resets (user, hash, made_at, expires_at)
                SELECT id, ?2, ?3, ?4 FROM users WHERE email = ?1
                ON CONFLICT (user) DO UPDATE SET hash = ?2, made_at = ?3, expires_at = ?4 RETURNING user";
            let ends = now.plus(RESET_LIFE).micros();
            let user: Option<String> =
                db.query_row(sql, params![email, hash, now.micros(), ends], |row| row.get(0)).optional()?;
            user.as_deref().map(parse).transpose()
        })
        .await
    }

    /// Whose token this is and when it was made, while it works and if the address is that account's.
    pub(crate) async fn pending_reset(
        &self,
        email: String,
        hash: [u8; 32],
        now: Timestamp,
    ) -> Result<Option<(UserId, Timestamp)>> {
        self.with(move |db| {
            let sql = "SELECT r.user, r.made_at FROM password_resets r JOIN users u ON u.id = r.user
                WHERE u.email = ?1 AND r.hash = ?2 AND r.expires_at >= ?3";
            let found: Option<(String, i64)> = db
                .query_row(sql, params![email, hash, now.micros()], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            found.map(|(user, made_at)| Ok((parse(&user)?, timestamp(made_at)))).transpose()
        })
        .await
    }

    /// Uses a token up: the new password holds and every session of the account is over. Answers with those sessions; `None` where somebody was
    /// faster or the token has ended.
    pub(crate) async fn use_reset(
        &self,
        user: UserId,
        hash: [u8; 32],
        password_hash: String,
        now: Timestamp,
    ) -> Result<Option<Vec<String>>> {
        self.with(move |db| {
            let (step, id) = (db.transaction()?, user.to_string());
            let sql = "DELETE FROM password_resets WHERE user = ?1 AND hash = ?2 AND expires_at >= ?3";
            if step.execute(sql, params![id, hash, now.micros()])? == 0 {
                return Ok(None);
            }
            step.execute("UPDATE users SET password_hash = ?2 WHERE id = ?1", params![id, password_hash])?;
            let sql =
                "UPDATE sessions SET revoked_at = ?2 WHERE user = ?1 AND revoked_at IS NULL RETURNING id";
            let ended = step
                .prepare(sql)?
                .query_map(params![id, now.micros()], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            step.commit()?;
            Ok(Some(ended))
        })
        .await
    }
}

fn parse(user: &str) -> Result<UserId> {
    user.parse().map_err(|_| AccountsError(format!("{user:?} is not a user id")))
}
