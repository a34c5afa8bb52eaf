//! Rebuilds every projection from the journal and compares it with what is stored.

mod entries;

#[cfg(test)]
pub(crate) use entries::ALL as ENTRIES;

use rusqlite::Connection;
use std::ops::ControlFlow;

use crate::{
    fault::{Fault, Outcome},
    numbers::{from_column, to_column},
    projection::{
        Staged,
        replay::{record, replay},
    },
    sql::{Cell, Row, Snapshot, Sql, all, values},
    sqlite::{create_tables, write_tables},
};

/// The projections and what orders their rows; [whose the entries are](entries) besides.
const TABLES: [(&str, &str); 12] = [
    ("orders", "place"),
    ("positions", "opened"),
    ("fills", "seq"),
    ("newest_fills", "\"user\", venue"),
    ("pnl_days", "\"user\", day, currency"),
    ("pnl_cells", "\"user\", day, venue, symbol, fee_asset"),
    ("pnl_totals", "\"user\", venue, symbol, fee_asset"),
    ("paused", "\"user\""),
    ("risk_settings", "\"user\""),
    ("kill_switches", "\"user\", scope"),
    ("routing_preferences", "\"user\""),
    ("protections", "\"user\", venue, symbol"),
];

/// What differs, in words; nothing when all agrees. Of each table only the first difference is told.
pub(crate) fn differences(sql: &dyn Sql) -> Outcome<Vec<String>> {
    // One snapshot: appends go on meanwhile.
    let stored = Snapshot::of(sql)?;
    // SQLite keeps a nameless database in memory and moves it to a temporary file when it grows.
    let mut rebuilt = Connection::open("")?;
    create_tables(&rebuilt)?;
    let rebuilding = rebuilt.transaction()?;
    if let Some(difference) = rebuild(&*stored, &rebuilding)? {
        return Ok(vec![difference]);
    }
    let mut found: Vec<_> = entries::compare(&*stored, &rebuilding)?.into_iter().collect();
    for (table, key) in TABLES {
        found.extend(compare(&*stored, &rebuilding, table, key)?);
    }
    Ok(found)
}

/// Entries whose consequences are held in memory at a time.
const AT_A_TIME: u64 = 4096;

/// Folds the journal as far as the tables go; answers with the first entry that does not follow from those before.
fn rebuild(stored: &dyn Sql, rebuilding: &Connection) -> Outcome<Option<String>> {
    let projected = "SELECT seq FROM projected WHERE id = 0";
    let projected: i64 = all(stored, projected, values![], |row| row.get(0))?.pop().unwrap_or(0);
    let until = values![to_column(from_column(projected))];
    let journal = "SELECT seq, \"user\", at, body FROM journal WHERE seq <= ?1 ORDER BY seq";
    let (mut last, mut staged, mut difference) = (0, Staged::default(), None);
    stored.each(journal, until, &mut |row| {
        let seq = from_column(row.get(0)?);
        if seq != last + 1 {
            difference = Some(format!("the journal goes from entry {last} to {seq}"));
            return Ok(ControlFlow::Break(()));
        }
        last = seq;
        if seq.is_multiple_of(AT_A_TIME) {
            write_tables(rebuilding, &staged.hand_over(seq))?;
            staged.written();
        }
        match record(row).and_then(|record| replay(rebuilding, &mut staged, &record)) {
            Ok(()) => Ok(ControlFlow::Continue(())),
            Err(Fault::Ledger(error)) => {
                let words = format!("entry {seq} of the journal does not follow from those before: {error}");
                difference = Some(words);
                Ok(ControlFlow::Break(()))
            }
            Err(fault) => Err(fault),
        }
    })?;
    if difference.is_none() {
        write_tables(rebuilding, &staged.hand_over(last))?;
    }
    Ok(difference)
}

fn compare(stored: &dyn Sql, rebuilding: &Connection, table: &str, key: &str) -> Outcome<Option<String>> {
    let sql = format!("SELECT * FROM {table} ORDER BY {key}");
    let mut right = rebuilding.prepare(&sql)?;
    let mut right = right.query([])?;
    let (mut number, mut difference) = (0_u64, None);
    let mut differ = |is: Option<&dyn Row>| -> Outcome<ControlFlow<()>> {
        number += 1;
        let is = is.map(cells).transpose()?;
        let should = right.next()?.map(|row| cells(row)).transpose()?;
        if is != should {
            let (is, should) = (show(is.as_deref()), show(should.as_deref()));
            difference = Some(format!("row {number} of {table} is {is} and should be {should}"));
            return Ok(ControlFlow::Break(()));
        }
        Ok(ControlFlow::Continue(()))
    };
    let mut ended = false;
    stored.each(&sql, values![], &mut |row| {
        let went = differ(Some(row))?;
        ended |= went.is_break();
        Ok(went)
    })?;
    if !ended {
        // There is nothing to go on with.
        let _ = differ(None)?;
    }
    Ok(difference)
}

fn cells(row: &dyn Row) -> Outcome<Vec<Cell>> {
    (0..row.width()).map(|column| row.cell(column)).collect()
}

fn show(row: Option<&[Cell]>) -> String {
    let Some(row) = row else {
        return "missing".to_owned();
    };
    let one = |cell: &Cell| match cell {
        Cell::Null => "-".to_owned(),
        Cell::Int(number) => number.to_string(),
        Cell::Text(text) => text.clone(),
        Cell::Bytes(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    };
    format!("[{}]", row.iter().map(one).collect::<Vec<_>>().join(" | "))
}
