//! The seam between the ledger's questions and a database.
//!
//! Questions are written once, in what SQLite and PostgreSQL share: `?1` for a parameter, `"user"` in quotes (a reserved word of
//! PostgreSQL), and four kinds of value. SQLite's hints to its planner (`INDEXED BY`, `CROSS JOIN`) are left out by PostgreSQL's side.

use serde::de::DeserializeOwned;
use std::ops::ControlFlow;

use crate::fault::{Fault, Outcome};

/// What a statement is given.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value<'a> {
    Null,
    Int(i64),
    Text(&'a str),
    Id([u8; 16]),
}

/// The values of a statement, in the order of their numbers.
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$($crate::sql::Value::from($value)),*] };
}
pub(crate) use values;

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl From<[u8; 16]> for Value<'_> {
    fn from(id: [u8; 16]) -> Self {
        Self::Id(id)
    }
}

impl From<&[u8; 16]> for Value<'_> {
    fn from(id: &[u8; 16]) -> Self {
        Self::Id(*id)
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A row that was found.
pub(crate) trait Row {
    fn int(&self, column: usize) -> Outcome<Option<i64>>;
    fn text(&self, column: usize) -> Outcome<Option<&str>>;
    fn id(&self, column: usize) -> Outcome<Option<[u8; 16]>>;

    /// How many columns it has.
    fn width(&self) -> usize;

    /// Whatever is in a column.
    fn cell(&self, column: usize) -> Outcome<Cell>;
}

/// A value of whatever kind, for comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cell {
    Null,
    Int(i64),
    Text(String),
    Bytes(Vec<u8>),
}

impl dyn Row + '_ {
    pub(crate) fn get<T: Column>(&self, column: usize) -> Outcome<T> {
        T::read(self, column)
    }

    /// A text that must be there.
    pub(crate) fn str(&self, column: usize) -> Outcome<&str> {
        self.text(column)?.ok_or_else(missing)
    }

    /// A JSON column.
    pub(crate) fn body<T: DeserializeOwned>(&self, column: usize) -> Outcome<T> {
        serde_json::from_str(self.str(column)?).map_err(|error| Fault::unreadable("a row", error))
    }
}

/// What can be read out of a column.
pub(crate) trait Column: Sized {
    fn read(row: &dyn Row, column: usize) -> Outcome<Self>;
}

impl Column for i64 {
    fn read(row: &dyn Row, column: usize) -> Outcome<Self> {
        row.int(column)?.ok_or_else(missing)
    }
}

impl Column for Option<i64> {
    fn read(row: &dyn Row, column: usize) -> Outcome<Self> {
        row.int(column)
    }
}

impl Column for u32 {
    fn read(row: &dyn Row, column: usize) -> Outcome<Self> {
        Self::try_from(row.get::<i64>(column)?).map_err(|error| Fault::unreadable("a row", error))
    }
}

impl Column for String {
    fn read(row: &dyn Row, column: usize) -> Outcome<Self> {
        row.str(column).map(str::to_owned)
    }
}

impl Column for Option<String> {
    fn read(row: &dyn Row, column: usize) -> Outcome<Self> {
        Ok(row.text(column)?.map(str::to_owned))
    }
}

impl Column for [u8; 16] {
    fn read(row: &dyn Row, column: usize) -> Outcome<Self> {
        row.id(column)?.ok_or_else(missing)
    }
}

fn missing() -> Fault {
    Fault::unreadable("a row", "a value is missing")
}

/// Takes a row and says whether to go on; an error ends the reading.
pub(crate) type Take<'a> = &'a mut dyn FnMut(&dyn Row) -> Outcome<ControlFlow<()>>;

/// A connection that questions are put to.
pub(crate) trait Sql {
    /// Runs a query and hands each row over as it comes.
    fn each(&self, sql: &str, values: &[Value<'_>], take: Take<'_>) -> Outcome<()>;

    /// From here on until [`Sql::leave`] every question is answered from the same moment.
    fn enter(&self) -> Outcome<()>;

    /// Ends what [`Sql::enter`] began.
    fn leave(&self);
}

/// One moment of a database.
pub(crate) struct Snapshot<'s>(&'s dyn Sql);

impl<'s> Snapshot<'s> {
    pub(crate) fn of(sql: &'s dyn Sql) -> Outcome<Self> {
        sql.enter()?;
        Ok(Self(sql))
    }
}

impl<'s> std::ops::Deref for Snapshot<'s> {
    type Target = dyn Sql + 's;

    fn deref(&self) -> &Self::Target {
        self.0
    }
}

impl Drop for Snapshot<'_> {
    fn drop(&mut self) {
        self.0.leave();
    }
}

/// All rows of a question.
pub(crate) fn all<T>(
    sql: &dyn Sql,
    text: &str,
    values: &[Value<'_>],
    take: impl Fn(&dyn Row) -> Outcome<T>,
) -> Outcome<Vec<T>> {
    let mut taken = Vec::new();
    sql.each(text, values, &mut |row| {
        taken.push(take(row)?);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(taken)
}
