//! SQLite's side of the seam that questions go through.

use rusqlite::{
    Connection, ToSql, params_from_iter,
    types::{ToSqlOutput, ValueRef},
};

use super::fault::{Fault, Outcome};
use crate::sql::{Cell, Row, Sql, Take, Value};

impl Sql for Connection {
    fn each(&self, sql: &str, values: &[Value<'_>], take: Take<'_>) -> Outcome<()> {
        let mut statement = self.prepare_cached(sql)?;
        let mut rows = statement.query(params_from_iter(values))?;
        while let Some(row) = rows.next()? {
            if take(row)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn enter(&self) -> Outcome<()> {
        self.prepare_cached("BEGIN")?.execute([])?;
        Ok(())
    }

    fn leave(&self) {
        if let Err(error) = self.prepare_cached("COMMIT").and_then(|mut end| end.execute([])) {
            tracing::warn!(%error, "a reader's moment does not end");
        }
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Id(id) => ValueRef::Blob(id),
        }))
    }
}

impl Row for rusqlite::Row<'_> {
    fn int(&self, column: usize) -> Outcome<Option<i64>> {
        Ok(self.get(column)?)
    }

    fn text(&self, column: usize) -> Outcome<Option<&str>> {
        self.get_ref(column)?.as_str_or_null().map_err(|error| Fault::unreadable("a row", error))
    }

    fn id(&self, column: usize) -> Outcome<Option<[u8; 16]>> {
        Ok(self.get(column)?)
    }

    fn width(&self) -> usize {
        self.as_ref().column_count()
    }

    fn cell(&self, column: usize) -> Outcome<Cell> {
        Ok(match self.get_ref(column)? {
            ValueRef::Null => Cell::Null,
            ValueRef::Integer(number) => Cell::Int(number),
            // The tables have none.
            ValueRef::Real(number) => Cell::Text(number.to_string()),
            ValueRef::Text(text) => Cell::Text(String::from_utf8_lossy(text).into_owned()),
            ValueRef::Blob(bytes) => Cell::Bytes(bytes.to_vec()),
        })
    }
}
