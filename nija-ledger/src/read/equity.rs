//! The curve: the last sample of each day before the first that is kept whole, and every sample from there on.

use nija_core::{EquitySample, Timestamp, UserId, thin_samples};
use rust_decimal::Decimal;

use crate::{
    fault::{Fault, Outcome},
    sql::{Row, Snapshot, Sql, all, values},
};

pub(crate) const FIRST: &str = "SELECT min(at) FROM equity_samples WHERE \"user\" = ?1";
pub(crate) const DAYS: &str = "SELECT at, equity, realised, unrealised, unpriced FROM equity_days
    WHERE \"user\" = ?1 AND day >= ?2 AND day < ?3 ORDER BY day";
pub(crate) const SAMPLES: &str = "SELECT at, equity, realised, unrealised, unpriced
    FROM equity_samples WHERE \"user\" = ?1 AND at >= ?2 AND at < ?3 ORDER BY at";

pub(crate) fn curve(
    sql: &dyn Sql,
    user: UserId,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    most: usize,
) -> Outcome<Vec<EquitySample>> {
    let key = user.as_uuid();
    let (from, until) =
        (from.unwrap_or(Timestamp::from_micros(i64::MIN)), until.unwrap_or(Timestamp::from_micros(i64::MAX)));
    let take = |row: &dyn Row| sample(user, row);
    // One snapshot for both tables.
    let snapshot = Snapshot::of(sql)?;
    let first =
        all(&*snapshot, FIRST, values![key.as_bytes()], |row| row.get::<Option<i64>>(0))?.pop().flatten();
    let whole = first.map_or(until, Timestamp::from_micros);
    let days = values![key.as_bytes(), from.day_start().micros(), until.micros()];
    let mut samples = all(&*snapshot, DAYS, days, take)?;
    samples.retain(|sample| (from..until).contains(&sample.at) && sample.at < whole);
    let span = values![key.as_bytes(), from.micros(), until.micros()];
    samples.extend(all(&*snapshot, SAMPLES, span, take)?);
    Ok(thin_samples(samples, most))
}

fn sample(user: UserId, row: &dyn Row) -> Outcome<EquitySample> {
    let amount = |text: String| -> Outcome<Decimal> {
        text.parse().map_err(|error| Fault::unreadable("a sample of an account", error))
    };
    let equity: Option<String> = row.get(1)?;
    Ok(EquitySample {
        user,
        at: Timestamp::from_micros(row.get(0)?),
        equity: equity.map(amount).transpose()?,
        realised: amount(row.get(2)?)?,
        unrealised: amount(row.get(3)?)?,
        unpriced: row.get(4)?,
    })
}
