//! The table `bans`: the one that each venue has imposed on this address, where it has.

use nija_core::{VenueBan, VenueId};
use rusqlite::{Connection, params};

use super::fault::Outcome;

const KEEP: &str = "INSERT OR REPLACE INTO bans (venue, at, until, reason) VALUES (?1, ?2, ?3, ?4)";
pub(super) const LIFT: &str = "DELETE FROM bans WHERE venue = ?1";

/// Takes the place of the one before.
pub(super) fn keep(connection: &Connection, ban: &VenueBan) -> Outcome<()> {
    let (at, until) = (ban.at.micros(), ban.until.map(|until| until.micros()));
    connection.prepare_cached(KEEP)?.execute(params![ban.venue.as_str(), at, until, ban.reason])?;
    Ok(())
}

pub(super) fn lift(connection: &Connection, venue: &VenueId) -> Outcome<()> {
    connection.prepare_cached(LIFT)?.execute([venue.as_str()])?;
    Ok(())
}
