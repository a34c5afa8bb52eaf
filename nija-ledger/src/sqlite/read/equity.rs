//! The curve: the last sample of each day before the first that is kept whole, and every sample from there on.

use nija_core::{EquitySample, Timestamp, UserId, thin_samples};
use rusqlite::{Connection, Row, params};
use rust_decimal::Decimal;

use super::{
    super::fault::{Fault, Outcome},
    all,
};

pub(in crate::sqlite) const FIRST: &str = "SELECT min(at) FROM equity_samples WHERE user = ?1";
pub(in crate::sqlite) const DAYS: &str = "SELECT at, equity, realised, unrealised, unpriced FROM equity_days
    WHERE user = ?1 AND day >= ?2 AND day < ?3 ORDER BY day";
pub(in crate::sqlite) const SAMPLES: &str = "SELECT at, equity, realised, unrealised, unpriced
    FROM equity_samples WHERE user = ?1 AND at >= ?2 AND at < ?3 ORDER BY at";

pub(in crate::sqlite) fn curve(
    connection: &Connection,
    user: UserId,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    most: usize,
) -> Outcome<Vec<EquitySample>> {
    let key = user.as_uuid();
    let (from, until) =
        (from.unwrap_or(Timestamp::from_micros(i64::MIN)), until.unwrap_or(Timestamp::from_micros(i64::MAX)));
    let take = |row: &Row<'_>| sample(user, row);
    // One snapshot for both tables.
    let snapshot = connection.unchecked_transaction()?;
    let first: Option<i64> = snapshot.prepare_cached(FIRST)?.query_row([key.as_bytes()], |row| row.get(0))?;
    let whole = first.map_or(until, Timestamp::from_micros);
    let days = params![key.as_bytes(), from.day_start().micros(), until.micros()];
    let mut samples = all(&snapshot, DAYS, days, take)?;
    samples.retain(|sample| (from..until).contains(&sample.at) && sample.at < whole);
    let span = params![key.as_bytes(), from.micros(), until.micros()];
    samples.extend(all(&snapshot, SAMPLES, span, take)?);
    Ok(thin_samples(samples, most))
}

fn sample(user: UserId, row: &Row<'_>) -> Outcome<EquitySample> {
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
