//! The tables `fills` and `newest_fills`.

use rusqlite::{Connection, params};

use super::super::{fault::Outcome, numbers::to_column};
use crate::projection::fills::{NewFill, newest};

const INSERT: &str =
    "INSERT INTO fills (seq, user, venue, execution_id, at, currency, realised, fee, unvalued)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
const VALUE: &str =
    "UPDATE fills SET fee = ?4, unvalued = 0 WHERE user = ?1 AND venue = ?2 AND execution_id = ?3";
const NEWEST: &str = "INSERT INTO newest_fills (user, venue, at) VALUES (?1, ?2, ?3)
    ON CONFLICT (user, venue) DO UPDATE SET at = max(at, excluded.at)";

/// Writes fills, and of each user and venue the newest.
pub(super) fn write(connection: &Connection, fills: &[NewFill]) -> Outcome<()> {
    for fill in fills {
        if fill.is_late {
            connection.prepare_cached(VALUE)?.execute(params![
                fill.user.as_uuid().as_bytes(),
                fill.venue.as_str(),
                fill.execution_id.as_str(),
                fill.fee.to_string(),
            ])?;
            continue;
        }
        connection.prepare_cached(INSERT)?.execute(params![
            to_column(fill.seq),
            fill.user.as_uuid().as_bytes(),
            fill.venue.as_str(),
            fill.execution_id.as_str(),
            fill.at,
            fill.currency,
            fill.realised.to_string(),
            fill.fee.to_string(),
            fill.unvalued,
        ])?;
    }
    for ((user, venue), at) in newest(fills.iter()) {
        connection.prepare_cached(NEWEST)?.execute(params![user.as_uuid().as_bytes(), venue.as_str(), at])?;
    }
    Ok(())
}
