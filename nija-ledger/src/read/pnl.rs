//! Realised profit and fees since a moment: whole days from their sums, the first part of a day from its fills.

use nija_core::{RealisedPnl, Timestamp, UserId};
use std::collections::BTreeMap;

use super::groups;
use crate::{
    days,
    exact::{ExactSum, SumError},
    fault::{Fault, Outcome},
    sql::{Row, Snapshot, Sql, Value, all, values},
};

pub(crate) const FIRST_DAY: &str = "SELECT min(day) FROM pnl_days WHERE \"user\" = ?1";
pub(crate) const TOTALS: &str = "SELECT venue, symbol, fee_asset, realised, fees, paid, fills
    FROM pnl_totals WHERE \"user\" = ?1";
pub(crate) const DAYS: &str = "SELECT currency, realised, fees FROM pnl_days
    WHERE \"user\" = ?1 AND day >= ?2";
pub(crate) const PART_OF_DAY: &str = "SELECT currency, realised, fee FROM fills
    WHERE \"user\" = ?1 AND at >= ?2 AND at < ?3";

pub(crate) const BY_DAY: &str = "SELECT day, currency, realised, fees FROM pnl_days
    WHERE \"user\" = ?1 ORDER BY day, currency";

/// One row a day and currency: as many as the user's days, however much was traded.
pub(crate) fn by_day(sql: &dyn Sql, user: UserId) -> Outcome<Vec<(Timestamp, RealisedPnl)>> {
    all(sql, BY_DAY, values![user.as_uuid().into_bytes()], |row| {
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

pub(crate) fn since(sql: &dyn Sql, user: UserId, since: Timestamp) -> Outcome<Vec<RealisedPnl>> {
    let user = user.as_uuid();
    let since = since.micros();
    let mut sums = Sums::default();
    // One snapshot for all the parts.
    let snapshot = Snapshot::of(sql)?;
    let first = all(&*snapshot, FIRST_DAY, values![user.as_bytes()], |row| row.get::<Option<i64>>(0))?
        .pop()
        .flatten();
    if first.is_some_and(|first| since <= first) {
        for cell in groups::totals(&*snapshot, user.as_bytes())? {
            let sum = sums.0.entry(cell.symbol.quote().to_owned()).or_default();
            let both = sum.0.plus(cell.sum.realised).and_then(|won| Ok((won, sum.1.plus(cell.sum.fees)?)));
            *sum = both.map_err(|error| Fault::unreadable("a sum of profits", error))?;
        }
    } else if first.is_some() {
        let mut whole_from = since;
        if days::start(since) != since {
            whole_from = days::next(since);
            sums.add(&*snapshot, PART_OF_DAY, values![user.as_bytes(), since, whole_from])?;
        }
        sums.add(&*snapshot, DAYS, values![user.as_bytes(), whole_from])?;
    }
    sums.finish().map_err(|error| Fault::unreadable("a sum of profits", error))
}

impl Sums {
    fn add(&mut self, sql: &dyn Sql, question: &str, values: &[Value<'_>]) -> Outcome<()> {
        for (currency, realised, fees) in all(sql, question, values, texts)? {
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

fn texts(row: &dyn Row) -> Outcome<(String, String, String)> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}
