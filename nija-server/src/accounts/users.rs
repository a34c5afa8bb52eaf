//! Users.

use nija_core::{Tier, Timestamp, UserId};
use rusqlite::{OptionalExtension, Row, params};

use super::{Accounts, AccountsError, Result, Role, timestamp};

/// A user as stored.
#[derive(Clone)]
pub(crate) struct UserRow {
    pub(crate) id: UserId,
    /// In lower case.
    pub(crate) email: String,
    pub(crate) password_hash: String,
    pub(crate) tier: Tier,
    pub(crate) role: Role,
    pub(crate) created_at: Timestamp,
}

const COLUMNS: &str = "id, email, password_hash, tier, created_at, role";

impl Accounts {
    /// Adds a user without a role; `false` when the address is taken.
    pub(crate) async fn add_user(&self, user: UserRow) -> Result<bool> {
        self.with(move |db| {
            let added = db.execute(
                "INSERT INTO users (id, email, password_hash, tier, created_at) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (email) DO NOTHING",
                params![
                    user.id.to_string(),
                    user.email,
                    user.password_hash,
                    user.tier.as_str(),
                    user.created_at.micros()
                ],
            )?;
            Ok(added == 1)
        })
        .await
    }

    /// The user with an address (in lower case).
    pub(crate) async fn user_by_email(&self, email: String) -> Result<Option<UserRow>> {
        self.with(move |db| {
            let sql = format!("SELECT {COLUMNS} FROM users WHERE email = ?1");
            db.query_row(&sql, [email], read).optional()?.transpose()
        })
        .await
    }

    /// One user.
    pub(crate) async fn user(&self, id: UserId) -> Result<Option<UserRow>> {
        self.with(move |db| {
            let sql = format!("SELECT {COLUMNS} FROM users WHERE id = ?1");
            db.query_row(&sql, [id.to_string()], read).optional()?.transpose()
        })
        .await
    }

    /// Everyone above the lowest tier: what the engine is told at a start.
    pub(crate) async fn raised_tiers(&self) -> Result<Vec<(UserId, Tier)>> {
        self.with(|db| {
            let sql = format!("SELECT {COLUMNS} FROM users WHERE tier <> 'basic'");
            let mut statement = db.prepare(&sql)?;
            let rows = statement.query_map([], read)?;
            rows.map(|row| row?.map(|user| (user.id, user.tier))).collect()
        })
        .await
    }

    /// Sets a new password hash.
    pub(crate) async fn set_password(&self, id: UserId, hash: String) -> Result<()> {
        self.with(move |db| {
            db.execute("UPDATE users SET password_hash = ?2 WHERE id = ?1", params![id.to_string(), hash])?;
            Ok(())
        })
        .await
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Result<UserRow>> {
    let (id, tier, role): (String, String, String) = (row.get(0)?, row.get(3)?, row.get(5)?);
    let (email, password_hash, created_at) = (row.get(1)?, row.get(2)?, row.get(4)?);
    let role = if role == Role::Admin.as_str() { Role::Admin } else { Role::User };
    Ok(parse(&id, &tier).map(|(id, tier)| UserRow {
        id,
        email,
        password_hash,
        tier,
        role,
        created_at: timestamp(created_at),
    }))
}

fn parse(id: &str, tier: &str) -> Result<(UserId, Tier)> {
    let id = id.parse().map_err(|_| AccountsError(format!("{id:?} is not a user id")))?;
    let tier = [Tier::Basic, Tier::Pro, Tier::Enterprise]
        .into_iter()
        .find(|known| known.as_str() == tier)
        .ok_or_else(|| AccountsError(format!("{tier:?} is not a tier")))?;
    Ok((id, tier))
}
