//! What is kept beside the journal and does not follow from it: nonces, samples of accounts' worth, and venues' bans.

use nija_core::{CredentialId, EquityKeep, EquitySample, VenueBan, VenueId};

use super::{connect::Connection, question::Id};
use crate::{fault::Outcome, numbers};

/// Takes `count` nonces, the first of them at least `floor`.
pub(super) fn reserve(connection: &Connection, key: CredentialId, floor: u64, count: u64) -> Outcome<u64> {
    let key = Id(key.as_uuid().into_bytes());
    let next = connection.row("SELECT next FROM nonces WHERE key = $1", &[&key])?;
    let next = next.map(|row| row.try_get::<_, i64>(0)).transpose()?;
    let (first, after) = numbers::take(next, floor, count)?;
    let set =
        "INSERT INTO nonces (key, next) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET next = excluded.next";
    connection.run(set, &[&key, &after])?;
    Ok(first)
}

const ADD_SAMPLE: &str = r#"INSERT INTO equity_samples ("user", at, equity, realised, unrealised, unpriced)
    VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT ("user", at) DO UPDATE
    SET equity = excluded.equity, realised = excluded.realised, unrealised = excluded.unrealised, unpriced = excluded.unpriced"#;
const ADD_DAY: &str = r#"INSERT INTO equity_days AS known ("user", day, at, equity, realised, unrealised, unpriced)
    VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT ("user", day) DO UPDATE
    SET at = excluded.at, equity = excluded.equity, realised = excluded.realised,
        unrealised = excluded.unrealised, unpriced = excluded.unpriced WHERE excluded.at >= known.at"#;

/// Adds samples and forgets what is past its time, of each user as much as came in since.
pub(super) fn keep_equity(
    connection: &Connection,
    samples: &[EquitySample],
    keep: EquityKeep,
) -> Outcome<()> {
    for sample in samples {
        let (user, at) = (Id(sample.user.as_uuid().into_bytes()), sample.at.micros());
        let equity = sample.equity.map(|equity| equity.to_string());
        let (realised, unrealised) = (sample.realised.to_string(), sample.unrealised.to_string());
        let unpriced = i64::from(sample.unpriced);
        connection.run(ADD_SAMPLE, &[&user, &at, &equity, &realised, &unrealised, &unpriced])?;
        let day = sample.at.day_start().micros();
        connection.run(ADD_DAY, &[&user, &day, &at, &equity, &realised, &unrealised, &unpriced])?;
        let (all_from, days_from) = (keep.all_from(sample.at).micros(), keep.days_from(sample.at).micros());
        connection.run(r#"DELETE FROM equity_samples WHERE "user" = $1 AND at < $2"#, &[&user, &all_from])?;
        connection.run(r#"DELETE FROM equity_days WHERE "user" = $1 AND day < $2"#, &[&user, &days_from])?;
    }
    Ok(())
}

const KEEP_BAN: &str =
    "INSERT INTO bans (venue, at, until, reason) VALUES ($1, $2, $3, $4) ON CONFLICT (venue) DO UPDATE
    SET at = excluded.at, until = excluded.until, reason = excluded.reason";

/// Takes the place of the one before.
pub(super) fn keep_ban(connection: &Connection, ban: &VenueBan) -> Outcome<()> {
    let (at, until) = (ban.at.micros(), ban.until.map(|until| until.micros()));
    connection.run(KEEP_BAN, &[&ban.venue.as_str(), &at, &until, &ban.reason])?;
    Ok(())
}

pub(super) fn lift_ban(connection: &Connection, venue: &VenueId) -> Outcome<()> {
    connection.run("DELETE FROM bans WHERE venue = $1", &[&venue.as_str()])?;
    Ok(())
}
