//! `accounts.db`: users, sessions, refresh tokens and the keys that sign access tokens.
//!
//! SQLite blocks, so every call runs on a blocking thread. Nothing on the way of an order comes here.

mod keys;
mod lockout;
mod resets;
mod roles;
mod schema;
mod sessions;
mod users;

pub(crate) use keys::SigningKeyRow;
pub(crate) use resets::RESET_LIFE;
pub(crate) use roles::{Role, RoleChange};
pub(crate) use sessions::{NewToken, Refreshed};
pub(crate) use users::UserRow;

use nija_core::Timestamp;
use parking_lot::Mutex;
use rusqlite::Connection;
use std::{path::Path, sync::Arc};

/// What can go wrong with the accounts' storage.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the accounts' storage failed: {0}")]
pub(crate) struct AccountsError(String);

impl From<rusqlite::Error> for AccountsError {
    fn from(error: rusqlite::Error) -> Self {
        Self(error.to_string())
    }
}

type Result<T> = std::result::Result<T, AccountsError>;

/// The accounts of a server. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Accounts(Arc<Mutex<Connection>>);

impl Accounts {
    /// Opens or makes the database, readable by its owner alone.
    pub(crate) async fn open(path: &Path) -> Result<Self> {
        let path = path.to_owned();
        blocking(move || schema::open(&path)).await.map(|connection| Self(Arc::new(Mutex::new(connection))))
    }

    /// Whether the database answers.
    pub(crate) async fn ping(&self) -> Result<()> {
        self.with(|db| Ok(db.query_row("SELECT 1", [], |_| Ok(()))?)).await
    }

    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let connection = self.0.clone();
        blocking(move || work(&mut connection.lock())).await
    }
}

impl std::fmt::Debug for Accounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Accounts")
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|error| AccountsError(error.to_string()))?
}

fn timestamp(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}
