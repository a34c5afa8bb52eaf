//! A test of its own: every question and every step of the writer finds its rows by an index.

use rusqlite::Connection;

use super::{equity, nonces, projection, schema, tables};
use crate::{projection::lookups, read};

/// Each statement, and whether it may read all rows of a partial index, which holds only what is open now.
const STATEMENTS: [(&str, bool); 39] = [
    (nonces::NEXT, false),
    (lookups::FILL_IS_KNOWN, false),
    (lookups::ORDER, false),
    (lookups::ORDER_EXISTS, false),
    (read::orders::BY_CLIENT_ID, false),
    (lookups::OWNER, false),
    (lookups::OPEN_POSITION, false),
    (projection::pnl::DAY, false),
    (projection::pnl::CELL, false),
    (projection::pnl::TOTAL, false),
    (projection::protections::ONE, false),
    (read::orders::NEWEST, false),
    (read::orders::CHILDREN, false),
    (read::orders::NEWEST_IN_STATE, false),
    (read::orders::LIVE, true),
    (read::orders::ACTIVE, true),
    (read::positions::OPEN, false),
    (read::positions::ALL_OPEN, true),
    (read::positions::CLOSED, false),
    (read::positions::ONE, false),
    (read::journal::NEWEST, false),
    (read::journal::DECISIONS, false),
    (read::journal::OF_ORDER, false),
    (read::journal::FILLS, false),
    (read::journal::FILLS_AT_VENUE, false),
    (read::journal::NEWEST_FILL, false),
    (read::journal::PAUSED, false),
    (read::journal::PREFERENCE, false),
    (read::journal::RISK_SETTINGS, false),
    (read::pnl::FIRST_DAY, false),
    (read::pnl::TOTALS, false),
    (read::pnl::DAYS, false),
    (read::pnl::BY_DAY, false),
    (read::pnl::PART_OF_DAY, false),
    (read::groups::CELLS, false),
    (read::equity::FIRST, false),
    (read::equity::DAYS, false),
    (read::equity::SAMPLES, false),
    (equity::FORGET_SAMPLES, false),
];

#[test]
fn no_statement_reads_the_history() {
    let mut connection = Connection::open_in_memory().unwrap();
    schema::migrate(&mut connection).unwrap();
    tables::create(&connection).unwrap();
    for (sql, open_rows) in STATEMENTS {
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().unwrap() {
            let step: String = row.get(3).unwrap();
            let of_open_rows = ["orders_live", "positions_open", "positions_held"]
                .iter()
                .any(|index| open_rows && step.contains(index));
            assert!(!step.starts_with("SCAN") || of_open_rows, "{sql}: {step}");
            let sorts = step.contains("TEMP B-TREE") && !open_rows;
            assert!(!sorts || sql == read::positions::OPEN, "{sql}: {step}");
        }
    }
}
