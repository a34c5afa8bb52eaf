//! Reads in the background which keys the tables have at the opening: it takes a second for each few million orders.

use nija_core::{ClientOrderId, ExecutionId, LedgerError, OrderId, UserId, VenueId};
use rusqlite::Connection;
use std::{
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread::JoinHandle,
};
use uuid::Uuid;

use super::fault::{Fault, Outcome};
use crate::projection::known::{Filter, Key, Known};

const COUNT: &str = "SELECT (SELECT count(*) FROM orders) * 2 + (SELECT count(*) FROM fills)";
const ORDERS: &str = "SELECT id FROM orders INDEXED BY sqlite_autoindex_orders_1";
const CLIENTS: &str = "SELECT user, client_order_id FROM orders INDEXED BY sqlite_autoindex_orders_2";
const FILLS: &str = "SELECT user, venue, execution_id FROM fills INDEXED BY sqlite_autoindex_fills_1";

/// The reading thread, until it is done. Dropped, it stops.
pub(super) struct Reading {
    read: mpsc::Receiver<Filter>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Reading {
    /// Starts to read on a connection of its own; the tables are level with the journal.
    pub(super) fn start(tables: Connection) -> Result<Self, LedgerError> {
        let (done, read) = mpsc::channel();
        let stop = Arc::<AtomicBool>::default();
        let stopped = Arc::clone(&stop);
        let thread = std::thread::Builder::new()
            .name("nija-known".to_owned())
            .spawn(move || match keys(&tables, &stopped) {
                // Nobody takes it while the ledger is being closed.
                Ok(Some(filter)) => drop(done.send(filter)),
                Ok(None) => {}
                Err(fault) => {
                    let error = LedgerError::from(fault);
                    tracing::warn!(%error, "which ids are known could not be read: the tables are asked for each");
                }
            })
            .map_err(|error| LedgerError::Storage(format!("the reader of known ids did not start: {error}")))?;
        Ok(Self { read, stop, thread: Some(thread) })
    }

    /// Hands over what was read; whether there is nothing more to wait for.
    pub(super) fn teach(&self, known: &mut Known) -> bool {
        match self.read.try_recv() {
            Ok(filter) => {
                known.learn(filter);
                true
            }
            Err(mpsc::TryRecvError::Empty) => false,
            Err(mpsc::TryRecvError::Disconnected) => true,
        }
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the reader of known ids ended by a panic");
        }
    }
}

/// All keys at one moment; none where it was stopped.
fn keys(tables: &Connection, stop: &AtomicBool) -> Outcome<Option<Filter>> {
    let moment = tables.unchecked_transaction()?;
    let count: i64 = moment.query_row(COUNT, [], |row| row.get(0))?;
    let mut filter = Filter::new(usize::try_from(count).unwrap_or(0));
    let mut orders = moment.prepare(ORDERS)?;
    let mut rows = orders.query([])?;
    while let Some(row) = rows.next()? {
        if stop.load(Ordering::Relaxed) {
            return Ok(None);
        }
        filter.put(&Key::Order(OrderId::from_uuid(Uuid::from_bytes(row.get(0)?))));
    }
    let mut clients = moment.prepare(CLIENTS)?;
    let mut rows = clients.query([])?;
    while let Some(row) = rows.next()? {
        if stop.load(Ordering::Relaxed) {
            return Ok(None);
        }
        filter.put(&Key::Client(user(row)?, &id::<ClientOrderId>(row, 1)?));
    }
    let mut fills = moment.prepare(FILLS)?;
    let mut rows = fills.query([])?;
    while let Some(row) = rows.next()? {
        if stop.load(Ordering::Relaxed) {
            return Ok(None);
        }
        filter.put(&Key::Fill(user(row)?, &id::<VenueId>(row, 1)?, &id::<ExecutionId>(row, 2)?));
    }
    Ok(Some(filter))
}

fn user(row: &rusqlite::Row<'_>) -> Outcome<UserId> {
    Ok(UserId::from_uuid(Uuid::from_bytes(row.get(0)?)))
}

fn id<T: FromStr>(row: &rusqlite::Row<'_>, column: usize) -> Outcome<T>
where
    T::Err: std::fmt::Display,
{
    let text = row.get_ref(column)?.as_str().map_err(|error| Fault::unreadable("an id", error))?;
    text.parse().map_err(|error| Fault::unreadable("an id", error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::{connect, tables};

    /// The indexes are SQLite's own for what is unique: their names follow from the order in the schema.
    #[test]
    fn every_question_is_answered_by_an_index_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        drop(tables::open(&path, &connect::writer(&path).unwrap()).unwrap());
        let tables = connect::lookups(&path).unwrap();
        for sql in [ORDERS, CLIENTS, FILLS] {
            let plan: String =
                tables.query_row(&format!("EXPLAIN QUERY PLAN {sql}"), [], |row| row.get(3)).unwrap();
            assert!(plan.contains("USING COVERING INDEX"), "{sql}: {plan}");
        }
        assert!(keys(&tables, &AtomicBool::new(false)).unwrap().is_some());
        tables.close().unwrap();
    }
}
