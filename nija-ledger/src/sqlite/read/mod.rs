//! The questions that the ledger answers, each by an index; none reads the whole history.

pub(super) mod equity;
pub(super) mod groups;
pub(super) mod journal;
pub(super) mod orders;
pub(super) mod pnl;
pub(super) mod positions;

use nija_core::{LedgerPage, PageRequest};
use rusqlite::{Connection, Params, Row};
use serde::de::DeserializeOwned;

use super::{
    fault::{Fault, Outcome},
    numbers::to_column,
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

/// All rows of a question.
pub(super) fn all<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    take: impl Fn(&Row<'_>) -> Outcome<T>,
) -> Outcome<Vec<T>> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    let mut taken = Vec::new();
    while let Some(row) = rows.next()? {
        taken.push(take(row)?);
    }
    Ok(taken)
}

/// A JSON column.
pub(super) fn body<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> Outcome<T> {
    let text = row.get_ref(column)?.as_str().map_err(|error| Fault::unreadable("a row", error))?;
    serde_json::from_str(text).map_err(|error| Fault::unreadable("a row", error))
}
