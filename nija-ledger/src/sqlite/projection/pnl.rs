//! The tables `pnl_days`, `pnl_cells` and `pnl_totals`.

use rusqlite::{Connection, params};

use super::super::fault::Outcome;
use crate::{
    projection::{
        fills::NewFill,
        pnl::{Sum, Sums, Texts},
    },
    sql::{all, values},
};

pub(in crate::sqlite) const DAY: &str =
    "SELECT realised, fees FROM pnl_days WHERE \"user\" = ?1 AND day = ?2 AND currency = ?3";
pub(in crate::sqlite) const CELL: &str = "SELECT realised, fees, paid, fills FROM pnl_cells
    WHERE \"user\" = ?1 AND day = ?2 AND venue = ?3 AND symbol = ?4 AND fee_asset = ?5";
pub(in crate::sqlite) const TOTAL: &str = "SELECT realised, fees, paid, fills FROM pnl_totals
    WHERE \"user\" = ?1 AND venue = ?2 AND symbol = ?3 AND fee_asset = ?4";
const SET_DAY: &str = "INSERT INTO pnl_days (user, day, currency, realised, fees) VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT DO UPDATE SET realised = excluded.realised, fees = excluded.fees";
const SET_CELL: &str =
    "INSERT INTO pnl_cells (user, day, venue, symbol, fee_asset, realised, fees, paid, fills)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO UPDATE
    SET realised = excluded.realised, fees = excluded.fees, paid = excluded.paid, fills = excluded.fills";
const SET_TOTAL: &str = "INSERT INTO pnl_totals (user, venue, symbol, fee_asset, realised, fees, paid, fills)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO UPDATE
    SET realised = excluded.realised, fees = excluded.fees, paid = excluded.paid, fills = excluded.fills";

/// Adds what fills realised and cost to their days and to the totals.
pub(super) fn write(connection: &Connection, fills: &[NewFill]) -> Outcome<()> {
    let sums = Sums::of(fills)?;
    for ((user, day, currency), sum) in sums.days {
        let user = user.as_uuid().into_bytes();
        let stored = all(connection, DAY, values![user, day, currency], |row| Sum::read_day(row, 0))?.pop();
        let Texts { realised, fees, .. } = sum.onto(stored)?;
        connection.prepare_cached(SET_DAY)?.execute(params![user, day, currency, realised, fees])?;
    }
    for ((user, day, (venue, symbol, asset)), sum) in sums.cells {
        let (user, venue, symbol) = (user.as_uuid().into_bytes(), venue.as_str(), symbol.as_str());
        let key = values![user, day, venue, symbol, asset];
        let stored = all(connection, CELL, key, |row| Sum::read(row, 0))?.pop();
        let Texts { realised, fees, paid, fills } = sum.onto(stored)?;
        let row = params![user, day, venue, symbol, asset, realised, fees, paid, fills];
        connection.prepare_cached(SET_CELL)?.execute(row)?;
    }
    for ((user, (venue, symbol, asset)), sum) in sums.totals {
        let (user, venue, symbol) = (user.as_uuid().into_bytes(), venue.as_str(), symbol.as_str());
        let key = values![user, venue, symbol, asset];
        let stored = all(connection, TOTAL, key, |row| Sum::read(row, 0))?.pop();
        let Texts { realised, fees, paid, fills } = sum.onto(stored)?;
        let row = params![user, venue, symbol, asset, realised, fees, paid, fills];
        connection.prepare_cached(SET_TOTAL)?.execute(row)?;
    }
    Ok(())
}
