//! The journal's schema, and the way from every older version of it to the newest; the tables' schema, which is drawn anew instead.

use nija_core::LedgerError;

use super::connect::Connection;
use crate::fault::Outcome;

/// Steps in order; `schema_version` counts those that the database has. Never change one that was released.
const MIGRATIONS: [&str; 2] =
    [include_str!("migrations/0001_journal.sql"), include_str!("migrations/0002_bans.sql")];

/// Of `tables.sql`. Tables of another version are drawn anew.
const TABLES: i64 = 4;

const START: &str = "
CREATE SCHEMA IF NOT EXISTS nija_ledger;
CREATE TABLE IF NOT EXISTS nija_ledger.schema_version (version BIGINT PRIMARY KEY);
";

/// Brings the journal's schema to the newest version, each step in a transaction of its own. The caller holds the ledger's lock.
pub(super) fn migrate(connection: &Connection) -> Outcome<()> {
    connection.script(START)?;
    let row = connection.row("SELECT coalesce(max(version), 0) FROM schema_version", &[])?;
    let version: i64 = row.map_or(Ok(0), |row| row.try_get(0))?;
    let done = usize::try_from(version).unwrap_or(usize::MAX);
    let Some(steps) = MIGRATIONS.get(done..) else {
        let words = format!(
            "the database has version {version} and this program knows only {}: it was written by a newer NIJA",
            MIGRATIONS.len()
        );
        return Err(LedgerError::Storage(words).into());
    };
    for (number, sql) in (version + 1..).zip(steps) {
        connection.in_transaction(|| {
            connection.script("SET LOCAL search_path TO nija_ledger")?;
            connection.script(sql)?;
            connection.run("INSERT INTO schema_version (version) VALUES ($1)", &[&number])
        })?;
    }
    Ok(())
}

/// Makes the tables, empty, unless there are some of this version that are not ahead of the journal.
pub(super) fn prepare_tables(connection: &Connection) -> Outcome<()> {
    if fits(connection)? {
        return Ok(());
    }
    connection.in_transaction(|| {
        connection
            .script("DROP SCHEMA IF EXISTS nija_ledger_tables CASCADE; CREATE SCHEMA nija_ledger_tables")?;
        connection.script("SET LOCAL search_path TO nija_ledger_tables")?;
        connection.script(include_str!("tables.sql"))?;
        connection.run("INSERT INTO projected (id, seq, version) VALUES (0, 0, $1)", &[&TABLES])?;
        Ok(())
    })
}

fn fits(connection: &Connection) -> Outcome<bool> {
    let there = connection.row("SELECT to_regclass('nija_ledger_tables.projected')::text", &[])?;
    let there: Option<String> = there.map_or(Ok(None), |row| row.try_get(0))?;
    if there.is_none() {
        return Ok(false);
    }
    let sql =
        "SELECT 1 FROM projected WHERE version = $1 AND seq <= coalesce((SELECT max(seq) FROM journal), 0)";
    let sound = connection.row(sql, &[&TABLES])?.is_some();
    if !sound {
        tracing::warn!("the ledger's tables are drawn anew from its journal");
    }
    Ok(sound)
}
