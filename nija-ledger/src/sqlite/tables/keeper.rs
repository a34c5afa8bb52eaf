//! How a generation gets into the tables.

use rusqlite::Connection;

use super::super::{fault::Outcome, projection};
use crate::projection::Generation;

/// In one transaction, which is undone where it fails.
pub(in crate::sqlite) fn write(tables: &Connection, generation: &Generation) -> Outcome<()> {
    let writing = tables.unchecked_transaction()?;
    projection::write(&writing, generation)?;
    Ok(writing.commit()?)
}
