//! The database: the seam to it, SQLite and PostgreSQL behind it, the one writer, and the rows.

mod copy;
mod custody;
mod keys;
mod notes;
mod postgres;
mod rewind;
mod rows;
mod schema;
mod sql;
mod sqlite;
mod writer;

use std::sync::Arc;

pub use custody::CredentialCount;
pub(crate) use custody::*;
pub(crate) use keys::*;
pub(crate) use notes::*;
pub(crate) use postgres::{Changed, Listener, Postgres, listen};
pub(crate) use rewind::*;
pub(crate) use rows::*;
pub(crate) use sql::{Database, Row, Sql, Value, in_transaction, values};
pub(crate) use sqlite::{Sqlite, storage};
pub(crate) use writer::{Change, Writer};

/// A database, and the way to hear what other signers change in it, where there can be others.
pub(crate) struct Opened {
    pub(crate) database: Arc<dyn Database>,
    pub(crate) listener: Option<Listener>,
}
