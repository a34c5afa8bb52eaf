//! The tables `fills` and `newest_fills`. An execution is the user's once, whatever the venue repeats.

use nija_core::{Fill, UserId};
use rusqlite::{Connection, params};
use rust_decimal::Decimal;

use super::{
    super::{fault::Outcome, numbers::to_column},
    pnl,
};

pub(in crate::sqlite) const KNOWN: &str =
    "SELECT 1 FROM fills WHERE user = ?1 AND venue = ?2 AND execution_id = ?3";
const INSERT: &str = "INSERT INTO fills (seq, user, venue, execution_id, at, currency, realised, fee)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
const NEWEST: &str = "INSERT INTO newest_fills (user, venue, at) VALUES (?1, ?2, ?3)
    ON CONFLICT (user, venue) DO UPDATE SET at = max(at, excluded.at)";

/// Whether this user's execution is recorded already.
pub(super) fn is_known(connection: &Connection, user: UserId, fill: &Fill) -> Outcome<bool> {
    Ok(connection.prepare_cached(KNOWN)?.exists(params![
        user.as_uuid().as_bytes(),
        fill.execution.venue.as_str(),
        fill.execution.execution_id.as_str()
    ])?)
}

/// Records a fill and what it realised.
pub(super) fn insert(connection: &Connection, seq: u64, fill: &Fill, realised: Decimal) -> Outcome<()> {
    let execution = &fill.execution;
    let user = fill.user.as_uuid();
    let currency = execution.symbol.quote();
    connection.prepare_cached(INSERT)?.execute(params![
        to_column(seq),
        user.as_bytes(),
        execution.venue.as_str(),
        execution.execution_id.as_str(),
        execution.at.micros(),
        currency,
        realised.to_string(),
        fill.fee_in_quote.to_string(),
    ])?;
    connection.prepare_cached(NEWEST)?.execute(params![
        user.as_bytes(),
        execution.venue.as_str(),
        execution.at.micros()
    ])?;
    pnl::add(connection, fill, realised)
}
