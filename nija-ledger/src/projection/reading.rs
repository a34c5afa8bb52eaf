//! Reads in the background which keys the tables have at the opening: it takes a second for each few million orders.

use nija_core::{ClientOrderId, ExecutionId, LedgerError, OrderId, UserId, VenueId};
use std::{
    ops::ControlFlow,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread::JoinHandle,
};
use uuid::Uuid;

use super::known::{Filter, Key, Known};
use crate::{
    fault::{Fault, Outcome},
    sql::{Row, Snapshot, Sql},
};

const COUNT: &str = "SELECT (SELECT count(*) FROM orders) * 2 + (SELECT count(*) FROM fills)";
const ORDERS: &str = "SELECT id FROM orders INDEXED BY sqlite_autoindex_orders_1";
const CLIENTS: &str = "SELECT \"user\", client_order_id FROM orders INDEXED BY sqlite_autoindex_orders_2";
const FILLS: &str = "SELECT \"user\", venue, execution_id FROM fills INDEXED BY sqlite_autoindex_fills_1";

#[cfg(test)]
pub(crate) const ALL: [&str; 4] = [COUNT, ORDERS, CLIENTS, FILLS];

/// The reading thread, until it is done. Dropped, it stops.
pub(crate) struct Reading {
    read: mpsc::Receiver<Filter>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Reading {
    /// Starts to read on a connection of its own; the tables are level with the journal.
    pub(crate) fn start<S: Sql>(
        open: impl FnOnce() -> Outcome<S> + Send + 'static,
    ) -> Result<Self, LedgerError> {
        let (done, read) = mpsc::channel();
        let stop = Arc::<AtomicBool>::default();
        let stopped = Arc::clone(&stop);
        let thread = std::thread::Builder::new()
            .name("nija-known".to_owned())
            .spawn(move || match open().and_then(|tables| keys(&tables, &stopped)) {
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
    pub(crate) fn teach(&self, known: &mut Known) -> bool {
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
fn keys(tables: &dyn Sql, stop: &AtomicBool) -> Outcome<Option<Filter>> {
    let moment = Snapshot::of(tables)?;
    let mut count = 0_i64;
    moment.each(COUNT, &[], &mut |row| {
        count = row.get(0)?;
        Ok(ControlFlow::Break(()))
    })?;
    let mut filter = Filter::new(usize::try_from(count).unwrap_or(0));
    let mut put = |sql: &str, put: &dyn Fn(&mut Filter, &dyn Row) -> Outcome<()>| {
        moment.each(sql, &[], &mut |row| {
            put(&mut filter, row)?;
            Ok(if stop.load(Ordering::Relaxed) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })
    };
    put(ORDERS, &|filter, row| {
        filter.put(&Key::Order(OrderId::from_uuid(Uuid::from_bytes(row.get(0)?))));
        Ok(())
    })?;
    put(CLIENTS, &|filter, row| {
        filter.put(&Key::Client(user(row)?, &id::<ClientOrderId>(row, 1)?));
        Ok(())
    })?;
    put(FILLS, &|filter, row| {
        filter.put(&Key::Fill(user(row)?, &id::<VenueId>(row, 1)?, &id::<ExecutionId>(row, 2)?));
        Ok(())
    })?;
    Ok((!stop.load(Ordering::Relaxed)).then_some(filter))
}

fn user(row: &dyn Row) -> Outcome<UserId> {
    Ok(UserId::from_uuid(Uuid::from_bytes(row.get(0)?)))
}

fn id<T: FromStr>(row: &dyn Row, column: usize) -> Outcome<T>
where
    T::Err: std::fmt::Display,
{
    row.str(column)?.parse().map_err(|error| Fault::unreadable("an id", error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::SqliteLedger;

    /// The indexes are SQLite's own for what is unique: their names follow from the order in the schema.
    #[test]
    fn every_question_is_answered_by_an_index_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        drop(SqliteLedger::open(&path).unwrap());
        let tables = rusqlite::Connection::open(folder.path().join("ledger.tables.db")).unwrap();
        for sql in [ORDERS, CLIENTS, FILLS] {
            let plan: String =
                tables.query_row(&format!("EXPLAIN QUERY PLAN {sql}"), [], |row| row.get(3)).unwrap();
            assert!(plan.contains("USING COVERING INDEX"), "{sql}: {plan}");
        }
        assert!(keys(&tables, &AtomicBool::new(false)).unwrap().is_some());
    }
}
