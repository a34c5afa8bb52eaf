//! A test of its own: every question and every step of the writer finds its rows by an index.

use rusqlite::Connection;
use std::cell::Cell;

use super::{bans, equity, nonces, projection, schema, tables};
use crate::{
    fault::Outcome,
    hot, read,
    sql::{Sql, Take, Value},
    testing::Events,
};

/// What SQLite's writer asks beyond the questions.
const OF_THE_WRITER: [&str; 7] = [
    nonces::NEXT,
    projection::pnl::DAY,
    projection::pnl::CELL,
    projection::pnl::TOTAL,
    projection::protections::ONE,
    equity::FORGET_SAMPLES,
    bans::LIFT,
];

#[test]
fn no_statement_reads_the_history() {
    let mut connection = Connection::open_in_memory().unwrap();
    schema::migrate(&mut connection).unwrap();
    tables::create(&connection).unwrap();
    for (sql, open_rows) in OF_THE_WRITER.map(|sql| (sql, false)).into_iter().chain(hot::QUESTIONS) {
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().unwrap() {
            let step: String = row.get(3).unwrap();
            let of_open_rows = open_rows && hot::OPEN.iter().any(|index| step.contains(index));
            assert!(!step.starts_with("SCAN") || of_open_rows, "{sql}: {step}");
            let sorts = step.contains("TEMP B-TREE") && !open_rows;
            assert!(!sorts || hot::may_sort(sql), "{sql}: {step}");
        }
    }
}

/// Hands questions on, and counts the rows that they find.
struct Watched<'a> {
    connection: &'a Connection,
    rows: Cell<usize>,
}

impl Sql for Watched<'_> {
    fn each(&self, sql: &str, values: &[Value<'_>], take: Take<'_>) -> Outcome<()> {
        self.connection.each(sql, values, &mut |row| {
            self.rows.set(self.rows.get() + 1);
            take(row)
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
    for _ in 0..50 {
        ledger.append(events.batch(vec![JournalEvent::Paused { paused: true }; 20])).await.unwrap();
        // Each in a row of its own.
        assert!(ledger.verify_projections().await.unwrap().is_empty());
    }
    ledger.close().await;
    let connection = super::connect::reader(&path).unwrap();
    let watched = Watched { connection: &connection, rows: Cell::new(0) };
    let read = read::journal::of_order(&watched, events.user, rests.id).unwrap();
    assert_eq!(read.len(), 3);
    assert!(watched.rows.get() < 20, "{} rows of more than 50", watched.rows.get());
}
