//! The tables `pnl_days` and `pnl_totals`: running sums, so that no answer adds up the history.

use nija_core::Fill;
use rusqlite::{Connection, OptionalExtension, Row, params};
use rust_decimal::Decimal;

use super::super::{
    days,
    fault::{Fault, Outcome},
};
use crate::exact::ExactSum;

pub(in crate::sqlite) const DAY: &str =
    "SELECT realised, fees FROM pnl_days WHERE user = ?1 AND day = ?2 AND currency = ?3";
pub(in crate::sqlite) const TOTAL: &str =
    "SELECT realised, fees FROM pnl_totals WHERE user = ?1 AND currency = ?2";
const SET_DAY: &str = "INSERT INTO pnl_days (user, day, currency, realised, fees) VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT DO UPDATE SET realised = excluded.realised, fees = excluded.fees";
const SET_TOTAL: &str = "INSERT INTO pnl_totals (user, currency, realised, fees) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT DO UPDATE SET realised = excluded.realised, fees = excluded.fees";

/// Adds what a fill realised and cost to its day (by the venue's clock) and to the total.
pub(super) fn add(connection: &Connection, fill: &Fill, realised: Decimal) -> Outcome<()> {
    let user = fill.user.as_uuid();
    let day = days::start(fill.execution.at.micros());
    let currency = fill.execution.symbol.quote();
    let sums = connection
        .prepare_cached(DAY)?
        .query_row(params![user.as_bytes(), day, currency], texts)
        .optional()?;
    let (won, fees) = added(sums, realised, fill.fee_in_quote)?;
    connection.prepare_cached(SET_DAY)?.execute(params![user.as_bytes(), day, currency, won, fees])?;
    let sums =
        connection.prepare_cached(TOTAL)?.query_row(params![user.as_bytes(), currency], texts).optional()?;
    let (won, fees) = added(sums, realised, fill.fee_in_quote)?;
    connection.prepare_cached(SET_TOTAL)?.execute(params![user.as_bytes(), currency, won, fees])?;
    Ok(())
}

fn texts(row: &Row<'_>) -> rusqlite::Result<(String, String)> {
    Ok((row.get(0)?, row.get(1)?))
}

fn added(sums: Option<(String, String)>, realised: Decimal, fee: Decimal) -> Outcome<(String, String)> {
    let (won, fees) = sums.unwrap_or_else(|| ("0".to_owned(), "0".to_owned()));
    let plus = |sum: &str, value: Decimal| -> Outcome<String> {
        sum.parse::<ExactSum>()
            .and_then(|sum| sum.add(value))
            .map(|sum| sum.to_string())
            .map_err(|error| Fault::unreadable("a sum of profits", error))
    };
    Ok((plus(&won, realised)?, plus(&fees, fee)?))
}
