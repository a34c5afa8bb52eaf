//! The database: schema, connections, the one writer, and the rows.

mod database;
mod rows;
mod schema;
mod writer;

pub(crate) use database::Database;
pub(crate) use rows::*;
pub(crate) use writer::{Change, Writer};

use nija_core::VaultError;

/// SQLite's words in the vault's error. Its messages name tables and constraints, never values.
#[allow(clippy::needless_pass_by_value)] // The shape that `map_err` takes.
pub(crate) fn storage(error: rusqlite::Error) -> VaultError {
    VaultError::Storage(error.to_string())
}
