//! The questions that the ledger answers, each by an index; none reads the whole history.

pub(crate) mod entries;
pub(crate) mod equity;
pub(crate) mod groups;
pub(crate) mod journal;
pub(crate) mod orders;
pub(crate) mod pnl;
pub(crate) mod positions;

use nija_core::{KillSwitch, LedgerPage, PageRequest, Protection, Timestamp, VenueBan, VenueId};

use crate::{
    fault::{Fault, Outcome},
    numbers::to_column,
    sql::{Row, Sql, all, values},
};

/// The first place before which a page's rows are.
fn before(page: PageRequest) -> i64 {
    page.before.map_or(i64::MAX, to_column)
}

/// One row more than asked for, to see whether older ones exist.
fn one_more(page: PageRequest) -> i64 {
    i64::try_from(page.limit).unwrap_or(i64::MAX).saturating_add(1)
}

fn cut<T>(mut rows: Vec<(u64, T)>, page: PageRequest) -> LedgerPage<T> {
    let more = rows.len() > page.limit;
    rows.truncate(page.limit);
    LedgerPage { rows, more }
}

pub(crate) const KILL_SWITCHES: &str = "SELECT body FROM kill_switches ORDER BY \"user\", scope";
pub(crate) const PROTECTIONS: &str = "SELECT body FROM protections ORDER BY \"user\", venue, symbol";

pub(crate) const BANS: &str = "SELECT venue, at, until, reason FROM bans ORDER BY venue";

/// All kill switches that are on.
pub(crate) fn kill_switches(sql: &dyn Sql) -> Outcome<Vec<KillSwitch>> {
    all(sql, KILL_SWITCHES, values![], |row| row.body(0))
}

/// All protections.
pub(crate) fn protections(sql: &dyn Sql) -> Outcome<Vec<Protection>> {
    all(sql, PROTECTIONS, values![], |row| row.body(0))
}

/// All bans.
pub(crate) fn bans(sql: &dyn Sql) -> Outcome<Vec<VenueBan>> {
    all(sql, BANS, values![], |row: &dyn Row| {
        let until: Option<i64> = row.get(2)?;
        Ok(VenueBan {
            venue: VenueId::new(row.str(0)?).map_err(|error| Fault::unreadable("a venue's ban", error))?,
            at: Timestamp::from_micros(row.get(1)?),
            until: until.map(Timestamp::from_micros),
            reason: row.get(3)?,
        })
    })
}
