//! Rebuilds every projection from the journal and compares it with what is stored.

use rusqlite::{Connection, Row, types::Value};

use super::{
    fault::{Fault, Outcome},
    numbers::{from_column, to_column},
    projection::{projected, replay, write},
    tables,
};
use crate::projection::Staged;

/// The projections and what orders their rows.
const TABLES: [(&str, &str); 13] = [
    ("user_entries", "user, seq"),
    ("orders", "place"),
    ("positions", "opened"),
    ("fills", "seq"),
    ("newest_fills", "user, venue"),
    ("pnl_days", "user, day, currency"),
    ("pnl_cells", "user, day, venue, symbol, fee_asset"),
    ("pnl_totals", "user, venue, symbol, fee_asset"),
    ("paused", "user"),
    ("risk_settings", "user"),
    ("kill_switches", "user, scope"),
    ("routing_preferences", "user"),
    ("protections", "user, venue, symbol"),
];

/// What differs, in words; nothing when all agrees. Of each table only the first difference is told.
pub(super) fn differences(connection: &Connection) -> Outcome<Vec<String>> {
    // One snapshot: appends go on meanwhile.
    let stored = connection.unchecked_transaction()?;
    // SQLite keeps a nameless database in memory and moves it to a temporary file when it grows.
    let mut rebuilt = Connection::open("")?;
    tables::create(&rebuilt)?;
    let rebuilding = rebuilt.transaction()?;
    if let Some(difference) = rebuild(&stored, &rebuilding)? {
        return Ok(vec![difference]);
    }
    let mut found = Vec::new();
    for (table, key) in TABLES {
        found.extend(compare(&stored, &rebuilding, table, key)?);
    }
    Ok(found)
}

/// Entries whose consequences are held in memory at a time.
const AT_A_TIME: u64 = 4096;

/// Folds the journal as far as the tables go; answers with the first entry that does not follow from those before.
fn rebuild(stored: &Connection, rebuilding: &Connection) -> Outcome<Option<String>> {
    let mut statement =
        stored.prepare("SELECT seq, user, at, body FROM journal WHERE seq <= ?1 ORDER BY seq")?;
    let mut rows = statement.query([to_column(projected(stored)?)])?;
    let (mut last, mut staged) = (0, Staged::default());
    while let Some(row) = rows.next()? {
        let seq = from_column(row.get(0)?);
        if seq != last + 1 {
            return Ok(Some(format!("the journal goes from entry {last} to {seq}")));
        }
        last = seq;
        if seq.is_multiple_of(AT_A_TIME) {
            write(rebuilding, &staged.hand_over(seq))?;
            staged.written();
        }
        match replay::one(rebuilding, &mut staged, seq, row) {
            Ok(()) => {}
            Err(Fault::Ledger(error)) => {
                return Ok(Some(format!(
                    "entry {seq} of the journal does not follow from those before: {error}"
                )));
            }
            Err(fault) => return Err(fault),
        }
    }
    write(rebuilding, &staged.hand_over(last))?;
    Ok(None)
}

fn compare(stored: &Connection, rebuilding: &Connection, table: &str, key: &str) -> Outcome<Option<String>> {
    let sql = format!("SELECT * FROM {table} ORDER BY {key}");
    let (mut left, mut right) = (stored.prepare(&sql)?, rebuilding.prepare(&sql)?);
    let columns = left.column_count();
    let (mut left, mut right) = (left.query([])?, right.query([])?);
    let mut number = 0_u64;
    loop {
        number += 1;
        let (is, should) = (values(left.next()?, columns)?, values(right.next()?, columns)?);
        if is != should {
            return Ok(Some(format!(
                "row {number} of {table} is {} and should be {}",
                show(is.as_deref()),
                show(should.as_deref())
            )));
        }
        if is.is_none() {
            return Ok(None);
        }
    }
}

fn values(row: Option<&Row<'_>>, columns: usize) -> Outcome<Option<Vec<Value>>> {
    let Some(row) = row else { return Ok(None) };
    let values: rusqlite::Result<Vec<Value>> = (0..columns).map(|column| row.get(column)).collect();
    Ok(Some(values?))
}

fn show(row: Option<&[Value]>) -> String {
    let Some(row) = row else {
        return "missing".to_owned();
    };
    let one = |value: &Value| match value {
        Value::Null => "-".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::Blob(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    };
    format!("[{}]", row.iter().map(one).collect::<Vec<_>>().join(" | "))
}
