//! One connection and its prepared statements.

use bytes::BytesMut;
use nija_core::VaultError;
use nija_postgres::Address;
use postgres::fallible_iterator::FallibleIterator;
use postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use postgres::{Client, Statement};
use std::collections::HashMap;
use std::error::Error;

use crate::store::sql::{Row, Sql, Take, Value};

/// A connection.
pub(super) struct Connection {
    client: Client,
    prepared: HashMap<String, Statement>,
}

impl Connection {
    pub(super) fn open(address: &Address) -> Result<Self, VaultError> {
        let mut client = address.connect().map_err(unreached)?;
        client
            .batch_execute(
                "SET search_path TO nija_vault; SET lock_timeout = '10s'; SET synchronous_commit = on",
            )
            .map_err(storage)?;
        Ok(Self { client, prepared: HashMap::new() })
    }

    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    pub(super) fn client(&mut self) -> &mut Client {
        &mut self.client
    }

    /// The server's process that serves this connection.
    pub(super) fn process(&mut self) -> Result<i32, VaultError> {
        let statement = self.statement("SELECT pg_backend_pid()")?;
        self.client.query_one(&statement, &[]).and_then(|row| row.try_get(0)).map_err(storage)
    }

    fn statement(&mut self, sql: &str) -> Result<Statement, VaultError> {
        if let Some(known) = self.prepared.get(sql) {
            return Ok(known.clone());
        }
        let statement = self.client.prepare(&sql.replace('?', "$")).map_err(storage)?;
        self.prepared.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}

impl Sql for Connection {
    fn run(&mut self, sql: &str, values: &[Value<'_>]) -> Result<u64, VaultError> {
        let statement = self.statement(sql)?;
        let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| value as _).collect();
        self.client.execute(&statement, &values).map_err(storage)
    }

    fn each(&mut self, sql: &str, values: &[Value<'_>], take: Take<'_>) -> Result<(), VaultError> {
        let statement = self.statement(sql)?;
        let mut rows = self.client.query_raw(&statement, values).map_err(storage)?;
        while let Some(row) = rows.next().map_err(storage)? {
            take(&row)?;
        }
        Ok(())
    }

    fn script(&mut self, sql: &str) -> Result<(), VaultError> {
        self.client.batch_execute(sql).map_err(storage)
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match (self, kind) {
            (Self::Null, _) => Ok(IsNull::Yes),
            (Self::Int(number), &Type::INT8) => number.to_sql(kind, out),
            (Self::Text(text), &Type::TEXT) => text.to_sql(kind, out),
            (Self::Blob(bytes), &Type::BYTEA) => bytes.to_sql(kind, out),
            _ => Err(format!("a value of another kind is wanted: {kind}").into()),
        }
    }

    /// Which kind fits depends on the value.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl Row for postgres::Row {
    fn int(&self, column: usize) -> Result<Option<i64>, VaultError> {
        self.try_get(column).map_err(storage)
    }

    fn text(&self, column: usize) -> Result<Option<String>, VaultError> {
        self.try_get(column).map_err(storage)
    }

    fn blob(&self, column: usize) -> Result<Option<Vec<u8>>, VaultError> {
        self.try_get(column).map_err(storage)
    }
}

/// The server's message, which names tables and constraints; its detail would quote values.
#[allow(clippy::needless_pass_by_value)] // The shape that `map_err` takes.
pub(super) fn storage(error: postgres::Error) -> VaultError {
    VaultError::Storage(match error.as_db_error() {
        Some(error) => format!("{} (PostgreSQL {})", error.message(), error.code().code()),
        None => error.to_string(),
    })
}

/// Why there is no connection.
pub(super) fn unreached(error: nija_postgres::Error) -> VaultError {
    match error {
        nija_postgres::Error::Postgres(error) => storage(error),
        told => VaultError::Storage(told.to_string()),
    }
}

/// Drops connections on a thread of their own: a blocking client must not be dropped where a runtime runs.
pub(super) fn drop_elsewhere(connections: Vec<Connection>) {
    if connections.is_empty() {
        return;
    }
    let dropper = std::thread::Builder::new().name("nija-vault-drop".into());
    if let Err(error) = dropper.spawn(move || drop(connections)) {
        tracing::warn!(%error, "connections are dropped late");
    }
}
