//! The tables `equity_samples` and `equity_days`: what accounts were worth, as long as it is kept.

use nija_core::{EquityKeep, EquitySample};
use rusqlite::{Connection, params};

use super::fault::Outcome;

const ADD_SAMPLE: &str =
    "INSERT OR REPLACE INTO equity_samples (user, at, equity, realised, unrealised, unpriced)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
const ADD_DAY: &str = "INSERT INTO equity_days (user, day, at, equity, realised, unrealised, unpriced)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE
    SET at = excluded.at, equity = excluded.equity, realised = excluded.realised,
        unrealised = excluded.unrealised, unpriced = excluded.unpriced WHERE excluded.at >= at";
pub(super) const FORGET_SAMPLES: &str = "DELETE FROM equity_samples WHERE user = ?1 AND at < ?2";
const FORGET_DAYS: &str = "DELETE FROM equity_days WHERE user = ?1 AND day < ?2";

/// Adds samples and forgets what is past its time: of each user as much as came in since, so that no round costs more than another.
pub(super) fn keep(connection: &Connection, samples: &[EquitySample], keep: EquityKeep) -> Outcome<()> {
    for sample in samples {
        let (user, at) = (sample.user.as_uuid(), sample.at.micros());
        let equity = sample.equity.map(|equity| equity.to_string());
        let (realised, unrealised) = (sample.realised.to_string(), sample.unrealised.to_string());
        connection.prepare_cached(ADD_SAMPLE)?.execute(params![
            user.as_bytes(),
            at,
            equity,
            realised,
            unrealised,
            sample.unpriced
        ])?;
        connection.prepare_cached(ADD_DAY)?.execute(params![
            user.as_bytes(),
            sample.at.day_start().micros(),
            at,
            equity,
            realised,
            unrealised,
            sample.unpriced
        ])?;
        let (all_from, days_from) = (keep.all_from(sample.at).micros(), keep.days_from(sample.at).micros());
        connection.prepare_cached(FORGET_SAMPLES)?.execute(params![user.as_bytes(), all_from])?;
        connection.prepare_cached(FORGET_DAYS)?.execute(params![user.as_bytes(), days_from])?;
    }
    Ok(())
}
