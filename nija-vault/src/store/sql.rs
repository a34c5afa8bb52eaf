//! The seam between the vault and a database.
//!
//! Statements are written once, in what SQLite and PostgreSQL share: `?1` for a parameter, `"user"` in quotes (a reserved word of
//! PostgreSQL), and four kinds of value: whole numbers of 64 bits, text, bytes, and nothing.

use nija_core::VaultError;
use std::path::Path;

/// What a statement is given.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value<'a> {
    Null,
    Int(i64),
    Text(&'a str),
    Blob(&'a [u8]),
}

/// The values of a statement, in the order of their numbers.
macro_rules! values {
    ($($value:expr),* $(,)?) => { &[$($crate::store::Value::from($value)),*] };
}
pub(crate) use values;

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<u32> for Value<'_> {
    fn from(number: u32) -> Self {
        Self::Int(i64::from(number))
    }
}

impl From<u8> for Value<'_> {
    fn from(number: u8) -> Self {
        Self::Int(i64::from(number))
    }
}

impl From<u64> for Value<'_> {
    /// Databases count with a sign; no count here comes near the end of it.
    fn from(number: u64) -> Self {
        Self::Int(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Blob(bytes)
    }
}

impl<'a> From<&'a Vec<u8>> for Value<'a> {
    fn from(bytes: &'a Vec<u8>) -> Self {
        Self::Blob(bytes)
    }
}

impl<'a, const N: usize> From<&'a [u8; N]> for Value<'a> {
    fn from(bytes: &'a [u8; N]) -> Self {
        Self::Blob(bytes)
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A row that was found.
pub(crate) trait Row {
    fn int(&self, column: usize) -> Result<Option<i64>, VaultError>;
    fn text(&self, column: usize) -> Result<Option<String>, VaultError>;
    fn blob(&self, column: usize) -> Result<Option<Vec<u8>>, VaultError>;
}

impl dyn Row + '_ {
    /// A value that may be missing.
    pub(crate) fn maybe<T: Column>(&self, column: usize) -> Result<Option<T>, VaultError> {
        T::read(self, column)
    }

    /// A value that must be there.
    pub(crate) fn get<T: Column>(&self, column: usize) -> Result<T, VaultError> {
        self.maybe(column)?.ok_or_else(damaged)
    }
}

/// What can be read out of a column.
pub(crate) trait Column: Sized {
    fn read(row: &dyn Row, column: usize) -> Result<Option<Self>, VaultError>;
}

macro_rules! whole_number {
    ($($number:ty),*) => {
        $(
            impl Column for $number {
                fn read(row: &dyn Row, column: usize) -> Result<Option<Self>, VaultError> {
                    row.int(column)?.map(|number| Self::try_from(number).map_err(|_| damaged())).transpose()
                }
            }
        )*
    };
}
whole_number!(i64, u64, u32, u8);

impl Column for String {
    fn read(row: &dyn Row, column: usize) -> Result<Option<Self>, VaultError> {
        row.text(column)
    }
}

impl Column for Vec<u8> {
    fn read(row: &dyn Row, column: usize) -> Result<Option<Self>, VaultError> {
        row.blob(column)
    }
}

impl<const N: usize> Column for [u8; N] {
    fn read(row: &dyn Row, column: usize) -> Result<Option<Self>, VaultError> {
        row.blob(column)?.map(|bytes| Self::try_from(bytes).map_err(|_| damaged())).transpose()
    }
}

fn damaged() -> VaultError {
    VaultError::Storage("a stored value is of the wrong kind".into())
}

/// Takes a row; an error ends the reading.
pub(crate) type Take<'a> = &'a mut dyn FnMut(&dyn Row) -> Result<(), VaultError>;

/// A connection, inside a transaction or not.
pub(crate) trait Sql {
    /// Runs a statement; answers with the number of rows that it changed.
    fn run(&mut self, sql: &str, values: &[Value<'_>]) -> Result<u64, VaultError>;

    /// Runs a query and hands each row over as it comes: memory does not grow with their number.
    fn each(&mut self, sql: &str, values: &[Value<'_>], take: Take<'_>) -> Result<(), VaultError>;

    /// Runs statements that take and answer nothing.
    fn script(&mut self, sql: &str) -> Result<(), VaultError>;
}

impl dyn Sql + '_ {
    /// The first row, if there is one.
    pub(crate) fn one<T>(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        mut read: impl FnMut(&dyn Row) -> Result<T, VaultError>,
    ) -> Result<Option<T>, VaultError> {
        let mut found = None;
        self.each(sql, values, &mut |row| {
            if found.is_none() {
                found = Some(read(row)?);
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// All rows.
    pub(crate) fn all<T>(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        mut read: impl FnMut(&dyn Row) -> Result<T, VaultError>,
    ) -> Result<Vec<T>, VaultError> {
        let mut found = Vec::new();
        self.each(sql, values, &mut |row| {
            found.push(read(row)?);
            Ok(())
        })?;
        Ok(found)
    }
}

/// The connection that writes. Whoever drops it inside a transaction rolls that back.
pub(crate) trait WriteSql: Sql {
    /// Begins a transaction that no other writer of this database runs beside: the audit chain has one end.
    fn begin(&mut self) -> Result<(), VaultError>;

    /// Makes what was written since `begin` durable.
    fn commit(&mut self) -> Result<(), VaultError>;

    /// Undoes what was written since `begin`. A connection that fails at it is not used again.
    fn roll_back(&mut self);

    /// After ciphertext was destroyed: wipes older copies of it, where the database keeps any that it can wipe.
    fn scrub(&mut self);

    /// The same connection, for reading and single statements.
    fn sql(&mut self) -> &mut dyn Sql;
}

/// A database: connections that read, and one that writes.
pub(crate) trait Database: Send + Sync {
    /// A connection to read with, when one is free and its answers take microseconds.
    fn free_reader(&self) -> Option<Box<dyn Sql + '_>>;

    /// A connection to read with. Blocks: call it where that is allowed.
    fn reader(&self) -> Result<Box<dyn Sql + '_>, VaultError>;

    /// The connection that writes. Blocks until it is free.
    fn writer(&self) -> Result<Box<dyn WriteSql + '_>, VaultError>;

    /// Writes all of it, as of one moment, into a SQLite file that is not there yet.
    fn snapshot(&self, to: &Path) -> Result<(), VaultError>;
}

/// Runs `work` in one transaction of its own.
pub(crate) fn in_transaction<T>(
    connection: &mut dyn WriteSql,
    work: impl FnOnce(&mut dyn Sql) -> Result<T, VaultError>,
) -> Result<T, VaultError> {
    connection.begin()?;
    match work(connection.sql()) {
        Ok(answer) => connection.commit().map(|()| answer),
        Err(error) => {
            connection.roll_back();
            Err(error)
        }
    }
}

/// Runs `work` so that what it wrote is undone when it fails, and the transaction around it goes on.
pub(crate) fn in_savepoint<T>(
    sql: &mut dyn Sql,
    work: impl FnOnce(&mut dyn Sql) -> Result<T, VaultError>,
) -> Result<T, VaultError> {
    sql.script("SAVEPOINT change")?;
    match work(sql) {
        Ok(answer) => sql.script("RELEASE SAVEPOINT change").map(|()| answer),
        Err(error) => {
            sql.script("ROLLBACK TO SAVEPOINT change; RELEASE SAVEPOINT change")?;
            Err(error)
        }
    }
}
