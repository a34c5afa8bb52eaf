//! PostgreSQL's side of the seam that questions go through.

use bytes::BytesMut;
use postgres::{
    fallible_iterator::FallibleIterator,
    types::{IsNull, ToSql, Type, to_sql_checked},
};
use std::error::Error;

use super::connect::Connection;
use crate::{
    fault::{Fault, Outcome},
    sql::{Cell, Row, Sql, Take, Value},
};

impl Sql for Connection {
    fn each(&self, sql: &str, values: &[Value<'_>], take: Take<'_>) -> Outcome<()> {
        let statement = self.statement(&translate(sql))?;
        let mut client = self.client();
        let mut rows = client.query_raw(&statement, values)?;
        while let Some(row) = rows.next()? {
            if take(&row)?.is_break() {
                break;
            }
        }
        Ok(())
    }

    fn enter(&self) -> Outcome<()> {
        self.script("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    }

    fn leave(&self) {
        if let Err(error) = self.script("COMMIT") {
            tracing::warn!(%error, "a reader's moment does not end");
        }
    }
}

/// Parameters are written `$1`, and there are no hints to the planner.
pub(super) fn translate(sql: &str) -> String {
    let sql = sql.replace('?', "$").replace("CROSS JOIN", "JOIN");
    match sql.split_once(" INDEXED BY ") {
        Some((before, after)) => {
            let rest = after.split_once(char::is_whitespace).map_or("", |(_, rest)| rest);
            format!("{before} {rest}")
        }
        None => sql,
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match (self, kind) {
            (Self::Null, _) => Ok(IsNull::Yes),
            (Self::Int(number), &Type::INT8) => number.to_sql(kind, out),
            (Self::Text(text), &Type::TEXT) => text.to_sql(kind, out),
            (Self::Id(id), &Type::BYTEA) => id.as_slice().to_sql(kind, out),
            _ => Err(format!("a value of another kind is wanted: {kind}").into()),
        }
    }

    /// Which kind fits depends on the value.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// The bytes of a UUID.
#[derive(Debug, Clone, Copy)]
pub(super) struct Id(pub(super) [u8; 16]);

impl ToSql for Id {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        self.0.as_slice().to_sql(kind, out)
    }

    fn accepts(kind: &Type) -> bool {
        *kind == Type::BYTEA
    }

    to_sql_checked!();
}

impl Row for postgres::Row {
    fn int(&self, column: usize) -> Outcome<Option<i64>> {
        Ok(self.try_get(column)?)
    }

    fn text(&self, column: usize) -> Outcome<Option<&str>> {
        Ok(self.try_get(column)?)
    }

    fn id(&self, column: usize) -> Outcome<Option<[u8; 16]>> {
        let bytes: Option<&[u8]> = self.try_get(column)?;
        let whole = |bytes: &[u8]| bytes.try_into().map_err(|error| Fault::unreadable("an id", error));
        bytes.map(whole).transpose()
    }

    fn width(&self) -> usize {
        self.len()
    }

    fn cell(&self, column: usize) -> Outcome<Cell> {
        let kind = self.columns().get(column).map(postgres::Column::type_);
        let cell = match kind {
            Some(&Type::INT8) => self.try_get::<_, Option<i64>>(column)?.map(Cell::Int),
            Some(&Type::BYTEA) => self.try_get::<_, Option<Vec<u8>>>(column)?.map(Cell::Bytes),
            _ => self.try_get::<_, Option<String>>(column)?.map(Cell::Text),
        };
        Ok(cell.unwrap_or(Cell::Null))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_are_left_out_and_parameters_renamed() {
        let sql = "SELECT body FROM orders INDEXED BY orders_live WHERE live = ?1 ORDER BY place";
        assert_eq!(translate(sql), "SELECT body FROM orders WHERE live = $1 ORDER BY place");
        assert_eq!(
            translate("SELECT 1 FROM a CROSS JOIN b ON a.x = b.x"),
            "SELECT 1 FROM a JOIN b ON a.x = b.x"
        );
    }
}
