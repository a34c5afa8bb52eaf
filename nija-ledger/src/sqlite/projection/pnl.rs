//! The tables `pnl_days`, `pnl_cells` and `pnl_totals`: running sums, so that no answer adds up the history.

use nija_core::{Symbol, UserId, VenueId};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::collections::BTreeMap;

use super::{
    super::{
        days,
        fault::{Fault, Outcome},
        numbers::from_column,
    },
    fills::NewFill,
};
use crate::exact::{ExactSum, SumError};

pub(in crate::sqlite) const DAY: &str =
    "SELECT realised, fees FROM pnl_days WHERE user = ?1 AND day = ?2 AND currency = ?3";
pub(in crate::sqlite) const CELL: &str = "SELECT realised, fees, paid, fills FROM pnl_cells
    WHERE user = ?1 AND day = ?2 AND venue = ?3 AND symbol = ?4 AND fee_asset = ?5";
pub(in crate::sqlite) const TOTAL: &str = "SELECT realised, fees, paid, fills FROM pnl_totals
    WHERE user = ?1 AND venue = ?2 AND symbol = ?3 AND fee_asset = ?4";
const SET_DAY: &str = "INSERT INTO pnl_days (user, day, currency, realised, fees) VALUES (?1, ?2, ?3, ?4, ?5)
    ON CONFLICT DO UPDATE SET realised = excluded.realised, fees = excluded.fees";
const SET_CELL: &str =
    "INSERT INTO pnl_cells (user, day, venue, symbol, fee_asset, realised, fees, paid, fills)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO UPDATE
    SET realised = excluded.realised, fees = excluded.fees, paid = excluded.paid, fills = excluded.fills";
const SET_TOTAL: &str = "INSERT INTO pnl_totals (user, venue, symbol, fee_asset, realised, fees, paid, fills)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO UPDATE
    SET realised = excluded.realised, fees = excluded.fees, paid = excluded.paid, fills = excluded.fills";

/// What fills won and cost.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::sqlite) struct Sum {
    pub(in crate::sqlite) realised: ExactSum,
    pub(in crate::sqlite) fees: ExactSum,
    /// The fees in the asset that was taken.
    pub(in crate::sqlite) paid: ExactSum,
    pub(in crate::sqlite) fills: u64,
}

impl Sum {
    pub(in crate::sqlite) fn plus(self, more: Self) -> Result<Self, SumError> {
        Ok(Self {
            realised: self.realised.plus(more.realised)?,
            fees: self.fees.plus(more.fees)?,
            paid: self.paid.plus(more.paid)?,
            fills: self.fills.saturating_add(more.fills),
        })
    }

    /// From four columns.
    pub(in crate::sqlite) fn read(row: &Row<'_>, first: usize) -> Outcome<Self> {
        let sum = |at: usize| -> Outcome<ExactSum> {
            let text =
                row.get_ref(first + at)?.as_str().map_err(|e| Fault::unreadable("a sum of profits", e))?;
            text.parse().map_err(unreadable)
        };
        Ok(Self { realised: sum(0)?, fees: sum(1)?, paid: sum(2)?, fills: from_column(row.get(first + 3)?) })
    }

    fn of(fill: &NewFill) -> Self {
        let paid = fill.paid.into();
        Self { realised: fill.realised.into(), fees: fill.fee.into(), paid, fills: 1 }
    }
}

/// Where, what, and what the fee was taken in.
type Place<'a> = (&'a VenueId, &'a Symbol, &'a str);

/// Adds what fills realised and cost to their days (by the venue's clock) and to the totals.
pub(super) fn write(connection: &Connection, fills: &[NewFill]) -> Outcome<()> {
    let mut by_day = BTreeMap::<(UserId, i64, &str), Sum>::new();
    let mut cells = BTreeMap::<(UserId, i64, Place<'_>), Sum>::new();
    let mut totals = BTreeMap::<(UserId, Place<'_>), Sum>::new();
    for fill in fills {
        let (user, day) = (fill.user(), days::start(fill.at));
        let place = (fill.venue(), &fill.symbol, fill.fee_asset.as_str());
        for sum in [
            by_day.entry((user, day, fill.currency.as_str())).or_default(),
            cells.entry((user, day, place)).or_default(),
            totals.entry((user, place)).or_default(),
        ] {
            *sum = sum.plus(Sum::of(fill)).map_err(unreadable)?;
        }
    }
    for ((user, day, currency), sum) in by_day {
        add_to_day(connection, (user, day, currency), sum)?;
    }
    for ((user, day, (venue, symbol, asset)), sum) in cells {
        let user = user.as_uuid();
        let key = params![user.as_bytes(), day, venue.as_str(), symbol.as_str(), asset];
        let Texts { realised, fees, paid, fills } = added(connection, CELL, key, sum)?;
        connection.prepare_cached(SET_CELL)?.execute(params![
            user.as_bytes(),
            day,
            venue.as_str(),
            symbol.as_str(),
            asset,
            realised,
            fees,
            paid,
            fills
        ])?;
    }
    for ((user, (venue, symbol, asset)), sum) in totals {
        let user = user.as_uuid();
        let key = params![user.as_bytes(), venue.as_str(), symbol.as_str(), asset];
        let Texts { realised, fees, paid, fills } = added(connection, TOTAL, key, sum)?;
        connection.prepare_cached(SET_TOTAL)?.execute(params![
            user.as_bytes(),
            venue.as_str(),
            symbol.as_str(),
            asset,
            realised,
            fees,
            paid,
            fills
        ])?;
    }
    Ok(())
}

/// A sum as it is stored.
struct Texts {
    realised: String,
    fees: String,
    paid: String,
    fills: i64,
}

fn added(connection: &Connection, sql: &str, key: impl rusqlite::Params, sum: Sum) -> Outcome<Texts> {
    let stored = connection.prepare_cached(sql)?.query_row(key, |row| Ok(Sum::read(row, 0))).optional()?;
    let sum = stored.transpose()?.unwrap_or_default().plus(sum).map_err(unreadable)?;
    Ok(Texts {
        realised: sum.realised.to_string(),
        fees: sum.fees.to_string(),
        paid: sum.paid.to_string(),
        fills: super::to_column(sum.fills),
    })
}

fn add_to_day(connection: &Connection, (user, day, currency): (UserId, i64, &str), sum: Sum) -> Outcome<()> {
    let user = user.as_uuid();
    let key = params![user.as_bytes(), day, currency];
    let stored: Option<(String, String)> =
        connection.prepare_cached(DAY)?.query_row(key, |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let stored = match stored {
        Some((realised, fees)) => Sum {
            realised: realised.parse().map_err(unreadable)?,
            fees: fees.parse().map_err(unreadable)?,
            ..Sum::default()
        },
        None => Sum::default(),
    };
    let sum = stored.plus(sum).map_err(unreadable)?;
    connection.prepare_cached(SET_DAY)?.execute(params![
        user.as_bytes(),
        day,
        currency,
        sum.realised.to_string(),
        sum.fees.to_string()
    ])?;
    Ok(())
}

fn unreadable(error: SumError) -> Fault {
    Fault::unreadable("a sum of profits", error)
}
