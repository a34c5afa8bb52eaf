//! Brings the tables up to the newest version, one process at a time.

use nija_core::VaultError;

use super::WRITE_LOCK;
use super::connection::Connection;
use crate::store::schema::steps_from;
use crate::store::sql::{Sql, values};

/// Everything is in a schema of its own, beside whatever else is in the database.
const START: &str = "
CREATE SCHEMA IF NOT EXISTS nija_vault;
CREATE TABLE IF NOT EXISTS schema_version (version BIGINT PRIMARY KEY);
";

/// For a reader that changes nothing: the log of an older vault as the newest program reads it.
pub(super) const OF_FORMAT_1: &str = "
DO $$ BEGIN
    IF to_regclass('nija_vault.audit') IS NOT NULL AND NOT EXISTS (SELECT 1 FROM information_schema.columns
        WHERE table_schema = 'nija_vault' AND table_name = 'audit' AND column_name = 'origin') THEN
        CREATE TEMP VIEW audit AS SELECT *, NULL::TEXT AS actor, NULL::TEXT AS origin FROM nija_vault.audit;
    END IF;
END $$;
";

pub(super) fn prepare(connection: &mut Connection) -> Result<(), VaultError> {
    let begin = format!("BEGIN; SELECT pg_advisory_xact_lock({WRITE_LOCK})");
    connection.script(&begin)?;
    let prepared = migrate(connection);
    connection.script(if prepared.is_ok() { "COMMIT" } else { "ROLLBACK" })?;
    prepared
}

fn migrate(connection: &mut Connection) -> Result<(), VaultError> {
    connection.script(START)?;
    let sql: &mut dyn Sql = connection;
    let version = sql.one("SELECT max(version) FROM schema_version", values![], |row| row.maybe(0))?;
    let mut version: i64 = version.flatten().unwrap_or(0);
    for step in steps_from(version)? {
        version += 1;
        sql.script(step.postgres)?;
        sql.run("INSERT INTO schema_version (version) VALUES (?1)", values![version])?;
    }
    Ok(())
}
