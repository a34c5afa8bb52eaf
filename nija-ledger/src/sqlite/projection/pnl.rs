//! The tables `pnl_days` and `pnl_totals`: running sums, so that no answer adds up the history.

use nija_core::UserId;
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::collections::BTreeMap;

use super::{
    super::{
        days,
        fault::{Fault, Outcome},
    },
    fills::NewFill,
};
use crate::exact::{ExactSum, SumError};

pub(in crate::sqlite) const DAY: &str =
    "SELECT realised, fees FROM pnl_days WHERE user = ?1 AND day = ?2 AND currency = ?3";
pub(in crate::sqlite) const TOTAL: &str =
    "SELECT realised, fees FROM pnl_totals WHERE user = ?1 AND currency = ?2";
const SET_DAY: &str = "INSERT INTO pnl_days (user, day, currency, realised, fees) VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT DO UPDATE SET realised = excluded.realised, fees = excluded.fees";
const SET_TOTAL: &str = "INSERT INTO pnl_totals (user, currency, realised, fees) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT DO UPDATE SET realised = excluded.realised, fees = excluded.fees";

type Both = (ExactSum, ExactSum);

/// Adds what fills realised and cost to their days (by the venue's clock) and to the totals.
pub(super) fn write(connection: &Connection, fills: &[NewFill]) -> Outcome<()> {
    let (mut by_day, mut total) = (BTreeMap::<_, Both>::new(), BTreeMap::<_, Both>::new());
    for fill in fills {
        let (user, currency) = (fill.user(), fill.currency.as_str());
        for sum in [
            by_day.entry((user, days::start(fill.at), currency)).or_default(),
            total.entry((user, currency)).or_default(),
        ] {
            *sum = plus(*sum, (fill.realised.into(), fill.fee.into()))?;
        }
    }
    for ((user, day, currency), sum) in by_day {
        let user: UserId = user;
        let user = user.as_uuid();
        let stored = connection
            .prepare_cached(DAY)?
            .query_row(params![user.as_bytes(), day, currency], texts)
            .optional()?;
        let (won, fees) = added(stored, sum)?;
        connection.prepare_cached(SET_DAY)?.execute(params![user.as_bytes(), day, currency, won, fees])?;
    }
    for ((user, currency), sum) in total {
        let user = user.as_uuid();
        let stored = connection
            .prepare_cached(TOTAL)?
            .query_row(params![user.as_bytes(), currency], texts)
            .optional()?;
        let (won, fees) = added(stored, sum)?;
        connection.prepare_cached(SET_TOTAL)?.execute(params![user.as_bytes(), currency, won, fees])?;
    }
    Ok(())
}

fn texts(row: &Row<'_>) -> rusqlite::Result<(String, String)> {
    Ok((row.get(0)?, row.get(1)?))
}

fn unreadable(error: SumError) -> Fault {
    Fault::unreadable("a sum of profits", error)
}

fn plus(sum: Both, more: Both) -> Outcome<Both> {
    Ok((sum.0.plus(more.0).map_err(unreadable)?, sum.1.plus(more.1).map_err(unreadable)?))
}

fn added(stored: Option<(String, String)>, sum: Both) -> Outcome<(String, String)> {
    let (won, fees) = stored.unwrap_or_else(|| ("0".to_owned(), "0".to_owned()));
    let stored = (won.parse().map_err(unreadable)?, fees.parse().map_err(unreadable)?);
    let (won, fees) = plus(stored, sum)?;
    Ok((won.to_string(), fees.to_string()))
}
