//! Brings the tables up to the newest version; refuses a file of another program.

use nija_core::VaultError;
use rusqlite::Connection;

use super::storage;
use crate::store::schema::{STEPS, steps_from};

const APPLICATION_ID: i32 = 0x4e4a_564c; // NJVL

pub(super) fn prepare(connection: &mut Connection) -> Result<(), VaultError> {
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(storage)?;
    let pragma = |name| transaction.pragma_query_value::<i32, _>(None, name, |row| row.get(0));
    let (id, version) =
        (pragma("application_id").map_err(storage)?, pragma("user_version").map_err(storage)?);
    if id != APPLICATION_ID && (id, version) != (0, 0) {
        return Err(VaultError::Storage("the database is not a vault".into()));
    }
    let steps = steps_from(version.into())?;
    if steps.is_empty() {
        return Ok(());
    }
    for step in steps {
        transaction.execute_batch(step.sqlite).map_err(storage)?;
    }
    transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(storage)?;
    transaction.pragma_update(None, "user_version", STEPS.len() as i64).map_err(storage)?;
    transaction.commit().map_err(storage)
}
