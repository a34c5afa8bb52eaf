//! The database: the seam to it, SQLite behind it, the one writer, and the rows.

mod rows;
mod sql;
mod sqlite;
mod writer;

pub(crate) use rows::*;
pub(crate) use sql::{Database, Row, Sql, Value, in_transaction, values};
pub(crate) use sqlite::{Sqlite, storage};
pub(crate) use writer::{Change, Writer};
