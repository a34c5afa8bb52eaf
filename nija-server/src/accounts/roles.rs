//! Administrators.

use nija_core::UserId;
use rusqlite::{OptionalExtension, params};

use super::{Accounts, Result};

/// What a user may do beyond their own account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Nothing.
    User,
    /// What concerns all: never a credential.
    Admin,
}

impl Role {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Admin => "admin",
        }
    }
}

/// What became of a change of role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RoleChange {
    Done,
    NoSuchUser,
    /// Somebody must be left.
    LastAdmin,
}

impl Accounts {
    /// Whether there is an administrator.
    pub(crate) async fn has_admin(&self) -> Result<bool> {
        self.with(|db| Ok(db.query_row(HAS_ADMIN, [], |row| row.get(0))?)).await
    }

    /// Whether this user is one; as of now, not as of when their token was issued.
    pub(crate) async fn is_admin(&self, user: UserId) -> Result<bool> {
        self.with(move |db| {
            let sql = "SELECT role = 'admin' FROM users WHERE id = ?1";
            Ok(db.query_row(sql, [user.to_string()], |row| row.get(0)).optional()?.unwrap_or(false))
        })
        .await
    }

    /// Makes a user the first administrator; `false` when there is one already.
    pub(crate) async fn claim_admin(&self, user: UserId) -> Result<bool> {
        self.with(move |db| {
            let sql = "UPDATE users SET role = 'admin' WHERE id = ?1
                AND NOT EXISTS (SELECT 1 FROM users WHERE role = 'admin')";
            Ok(db.execute(sql, [user.to_string()])? == 1)
        })
        .await
    }

    /// Sets a user's role.
    pub(crate) async fn set_role(&self, user: UserId, role: Role) -> Result<RoleChange> {
        self.with(move |db| {
            let step = db.transaction()?;
            let sql = "UPDATE users SET role = ?2 WHERE id = ?1";
            let changed = step.execute(sql, params![user.to_string(), role.as_str()])?;
            if changed == 0 {
                return Ok(RoleChange::NoSuchUser);
            }
            // Dropped, the transaction is rolled back.
            if !step.query_row(HAS_ADMIN, [], |row| row.get::<_, bool>(0))? {
                return Ok(RoleChange::LastAdmin);
            }
            step.commit()?;
            Ok(RoleChange::Done)
        })
        .await
    }
}

const HAS_ADMIN: &str = "SELECT EXISTS (SELECT 1 FROM users WHERE role = 'admin')";
