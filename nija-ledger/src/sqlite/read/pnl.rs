//! Realised profit and fees since a moment: whole days from their sums, the first part of a day from its fills.

use nija_core::{RealisedPnl, Timestamp, UserId};
use rusqlite::{Connection, Row, params};
use std::collections::BTreeMap;

use super::super::{
    days,
    fault::{Fault, Outcome},
};
use super::{all, groups};
use crate::exact::{ExactSum, SumError};

pub(in crate::sqlite) const FIRST_DAY: &str = "SELECT min(day) FROM pnl_days WHERE user = ?1";
pub(in crate::sqlite) const TOTALS: &str = "SELECT venue, symbol, fee_asset, realised, fees, paid, fills
    FROM pnl_totals WHERE user = ?1";
pub(in crate::sqlite) const DAYS: &str = "SELECT currency, realised, fees FROM pnl_days
    WHERE user = ?1 AND day >= ?2";
pub(in crate::sqlite) const PART_OF_DAY: &str = "SELECT currency, realised, fee FROM fills
    WHERE user = ?1 AND at >= ?2 AND at < ?3";

pub(in crate::sqlite) const BY_DAY: &str = "SELECT day, currency, realised, fees FROM pnl_days
    WHERE user = ?1 ORDER BY day, currency";

/// One row a day and currency: as many as the user's days, however much was traded.
pub(in crate::sqlite) fn by_day(
    connection: &Connection,
    user: UserId,
) -> Outcome<Vec<(Timestamp, RealisedPnl)>> {
    all(connection, BY_DAY, [user.as_uuid().as_bytes()], |row| {
        let amount = |text: String| -> Outcome<_> {
            let sum = ExactSum::default()
                .plus(text.parse().map_err(|error| Fault::unreadable("a day's profit", error))?);
            sum.and_then(ExactSum::to_decimal).map_err(|error| Fault::unreadable("a day's profit", error))
        };
        let (realised, fees) = (amount(row.get(2)?)?, amount(row.get(3)?)?);
        Ok((Timestamp::from_micros(row.get(0)?), RealisedPnl { currency: row.get(1)?, realised, fees }))
    })
}

#[derive(Default)]
struct Sums(BTreeMap<String, (ExactSum, ExactSum)>);

pub(in crate::sqlite) fn since(
    connection: &Connection,
    user: UserId,
    since: Timestamp,
) -> Outcome<Vec<RealisedPnl>> {
    let user = user.as_uuid();
    let since = since.micros();
    let mut sums = Sums::default();
    // One snapshot for all the parts.
    let snapshot = connection.unchecked_transaction()?;
    let first: Option<i64> =
        snapshot.prepare_cached(FIRST_DAY)?.query_row([user.as_bytes()], |row| row.get(0))?;
    if first.is_some_and(|first| since <= first) {
        for cell in groups::totals(&snapshot, user.as_bytes())? {
            let sum = sums.0.entry(cell.symbol.quote().to_owned()).or_default();
            let both = sum.0.plus(cell.sum.realised).and_then(|won| Ok((won, sum.1.plus(cell.sum.fees)?)));
            *sum = both.map_err(|error| Fault::unreadable("a sum of profits", error))?;
        }
    } else if first.is_some() {
        let mut whole_from = since;
        if days::start(since) != since {
            whole_from = days::next(since);
            sums.add(&snapshot, PART_OF_DAY, params![user.as_bytes(), since, whole_from])?;
        }
        sums.add(&snapshot, DAYS, params![user.as_bytes(), whole_from])?;
    }
    sums.finish().map_err(|error| Fault::unreadable("a sum of profits", error))
}

impl Sums {
    fn add(&mut self, connection: &Connection, sql: &str, params: impl rusqlite::Params) -> Outcome<()> {
        for (currency, realised, fees) in all(connection, sql, params, texts)? {
            let sum = self.0.entry(currency).or_default();
            let both = || -> Result<_, SumError> {
                Ok((sum.0.plus(realised.parse()?)?, sum.1.plus(fees.parse()?)?))
            };
            *sum = both().map_err(|error| Fault::unreadable("a sum of profits", error))?;
        }
        Ok(())
    }

    fn finish(self) -> Result<Vec<RealisedPnl>, SumError> {
        let one = |(currency, (realised, fees)): (String, (ExactSum, ExactSum))| {
            Ok(RealisedPnl { currency, realised: realised.to_decimal()?, fees: fees.to_decimal()? })
        };
        self.0.into_iter().map(one).collect()
    }
}

fn texts(row: &Row<'_>) -> Outcome<(String, String, String)> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}
