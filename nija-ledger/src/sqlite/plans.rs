//! A test of its own: every question and every step of the writer finds its rows by an index.

use rusqlite::Connection;
use std::cell::Cell;

use super::{equity, nonces, projection, schema, tables};
use crate::{
    fault::Outcome,
    projection::lookups,
    read,
    sql::{Sql, Take, Value},
    testing::Events,
};

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

/// Hands questions on, and knows whether the last one was ended by who asked.
struct Watched<'a> {
    connection: &'a Connection,
    ended: Cell<bool>,
}

impl Sql for Watched<'_> {
    fn each(&self, sql: &str, values: &[Value<'_>], take: Take<'_>) -> Outcome<()> {
        self.ended.set(false);
        self.connection.each(sql, values, &mut |row| {
            let flow = take(row)?;
            self.ended.set(flow.is_break());
            Ok(flow)
        })
    }

    fn enter(&self) -> Outcome<()> {
        self.connection.enter()
    }

    fn leave(&self) {
        self.connection.leave();
    }
}

/// An order may rest for weeks while its user trades: what came after its last entry is not read to find that nothing of it is there.
#[tokio::test]
async fn the_entries_of_an_order_that_rests_are_read_to_its_last_one() {
    use nija_core::{JournalEvent, Ledger, OrderState};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let ledger = super::SqliteLedger::open(&path).unwrap();
    let events = Events::new(1);
    let rests = events.intent("rests", "BTC-USD");
    let own = vec![
        Events::accepted(&rests),
        Events::routed(&rests, "kraken", 0, "0.5"),
        Events::state(rests.id, OrderState::Working),
    ];
    ledger.append(events.batch(own)).await.unwrap();
    for _ in 0..20 {
        ledger.append(events.batch(vec![JournalEvent::Paused { paused: true }])).await.unwrap();
    }
    ledger.close().await;
    let connection = super::connect::reader(&path).unwrap();
    let watched = Watched { connection: &connection, ended: Cell::new(false) };
    let read = read::journal::of_order(&watched, events.user, rests.id).unwrap();
    assert_eq!((read.len(), watched.ended.get()), (3, true));
}
