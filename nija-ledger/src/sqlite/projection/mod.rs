//! The tables of what follows from the journal, written a generation at a time, each row once however many entries changed it.

mod entries;
mod fills;
mod kill;
mod limits;
mod orders;
mod pause;
pub(super) mod pnl;
mod positions;
mod preference;
pub(super) mod protections;
pub(super) mod replay;

use rusqlite::{Connection, params};

use super::{
    fault::Outcome,
    numbers::{from_column, to_column},
};
use crate::projection::Generation;

const PROJECTED: &str = "SELECT seq FROM projected WHERE id = 0";
const SET_PROJECTED: &str = "UPDATE projected SET seq = ?1 WHERE id = 0";

/// Writes a generation, within the caller's transaction; after one that came to nothing it can be written again.
pub(crate) fn write(connection: &Connection, generation: &Generation) -> Outcome<()> {
    entries::write(connection, &generation.entries)?;
    generation.orders.iter().try_for_each(|row| orders::write(connection, row))?;
    positions::write(connection, &generation.positions)?;
    fills::write(connection, &generation.fills)?;
    pnl::write(connection, &generation.fills)?;
    for (user, paused, at) in &generation.pauses {
        pause::set(connection, *user, *paused, *at)?;
    }
    for (user, standing) in &generation.limits {
        limits::set(connection, *user, standing)?;
    }
    for (user, at, event) in &generation.kills {
        kill::follow(connection, *user, *at, event)?;
    }
    for (user, preference) in &generation.preferences {
        preference::set(connection, *user, preference)?;
    }
    protections::write(connection, &generation.protections)?;
    connection.prepare_cached(SET_PROJECTED)?.execute(params![to_column(generation.last_seq)])?;
    Ok(())
}

/// The last entry whose consequences are in the tables.
pub(super) fn projected(connection: &Connection) -> Outcome<u64> {
    let seq: i64 = connection.prepare_cached(PROJECTED)?.query_row([], |row| row.get(0))?;
    Ok(from_column(seq))
}
