//! One connection and its prepared statements.

use nija_core::LedgerError;
use nija_postgres::Address;
use postgres::{Client, Statement, types::ToSql};
use std::{
    cell::{RefCell, RefMut},
    collections::HashMap,
};

use crate::fault::{Fault, Outcome};

/// What every connection begins with. A commit waits for the disk at least, and for more where the database is set to it. Whatever
/// statistics say of a table that was empty a minute ago, rows are found by an index, by a plan that is made once: planned anew for each
/// group, the look-ups of the writer took a tenth of its connection's time. A server that is gone is noticed by its database
/// within seconds, so that its successor need not wait.
const BEGIN: &str = "
SET search_path TO nija_ledger, nija_ledger_tables;
SET lock_timeout = '10s';
SET tcp_keepalives_idle = 3; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3;
SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED;
SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off;
SET plan_cache_mode = force_generic_plan;
SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') IN ('off', 'local');
";

/// Every statement that a ledger of this process has prepared, for the test of their plans.
#[cfg(test)]
pub(super) static PREPARED: parking_lot::Mutex<std::collections::BTreeSet<String>> =
    parking_lot::Mutex::new(std::collections::BTreeSet::new());

/// A connection. It must neither work nor be dropped on a thread that drives a runtime.
pub(super) struct Connection {
    client: RefCell<Client>,
    prepared: RefCell<HashMap<String, Statement>>,
}

/// Values of a statement.
pub(super) type Values<'a> = &'a [&'a (dyn ToSql + Sync)];

impl Connection {
    pub(super) fn open(address: &Address) -> Outcome<Self> {
        let mut client = address.connect()?;
        client.batch_execute(BEGIN)?;
        Ok(Self { client: RefCell::new(client), prepared: RefCell::default() })
    }

    pub(super) fn is_closed(&self) -> bool {
        self.client.borrow().is_closed()
    }

    pub(super) fn client(&self) -> RefMut<'_, Client> {
        self.client.borrow_mut()
    }

    /// Statements that take and answer nothing.
    pub(super) fn script(&self, sql: &str) -> Outcome<()> {
        Ok(self.client().batch_execute(sql)?)
    }

    /// Runs a statement; answers with the number of rows that it changed.
    pub(super) fn run(&self, sql: &str, values: Values<'_>) -> Outcome<u64> {
        let statement = self.statement(sql)?;
        Ok(self.client().execute(&statement, values)?)
    }

    pub(super) fn rows(&self, sql: &str, values: Values<'_>) -> Outcome<Vec<postgres::Row>> {
        let statement = self.statement(sql)?;
        Ok(self.client().query(&statement, values)?)
    }

    pub(super) fn row(&self, sql: &str, values: Values<'_>) -> Outcome<Option<postgres::Row>> {
        let statement = self.statement(sql)?;
        Ok(self.client().query_opt(&statement, values)?)
    }

    pub(super) fn statement(&self, sql: &str) -> Outcome<Statement> {
        if let Some(known) = self.prepared.borrow().get(sql) {
            return Ok(known.clone());
        }
        let statement = self.client().prepare(sql)?;
        #[cfg(test)]
        PREPARED.lock().insert(sql.to_owned());
        self.prepared.borrow_mut().insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    /// Runs `work` as a transaction, which is undone where it fails.
    pub(super) fn in_transaction<T>(&self, work: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
        self.script("BEGIN")?;
        match work() {
            Ok(done) => {
                self.script("COMMIT")?;
                Ok(done)
            }
            Err(fault) => {
                if !fault.is_lost()
                    && let Err(error) = self.script("ROLLBACK")
                {
                    tracing::warn!(%error, "the ledger's connection does not roll back");
                }
                Err(fault)
            }
        }
    }
}

/// Drops what holds connections on a thread of its own: a blocking client must not be dropped where a runtime runs.
pub(super) fn drop_elsewhere<T: Send + 'static>(connections: T) {
    let dropper = std::thread::Builder::new().name("nija-ledger-drop".into());
    if let Err(error) = dropper.spawn(move || drop(connections)) {
        tracing::warn!(%error, "connections are dropped late");
    }
}

/// Runs `work` on a thread of its own, and waits: the caller's may drive a runtime.
pub(super) fn elsewhere<T: Send>(work: impl FnOnce() -> Outcome<T> + Send) -> Outcome<T> {
    std::thread::scope(|scope| scope.spawn(work).join()).unwrap_or_else(|_| {
        Err(Fault::Ledger(LedgerError::Storage("the ledger's opening ended by a panic".into())))
    })
}
