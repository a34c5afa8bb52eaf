//! Readers: a few connections that cannot write, each used by one blocking task at a time.

use nija_core::LedgerError;
use parking_lot::Mutex;
use postgres::Config;
use std::{
    cell::{Cell, RefCell},
    ops::ControlFlow,
    sync::Arc,
};
use tokio::sync::Semaphore;

use super::connect::{Connection, drop_elsewhere};
use crate::{
    fault::Outcome,
    sql::{Sql, Take, Value},
};

/// Reads at a time; more wait. They wait for the network, not for a processor.
const READERS: u32 = 8;

/// The pool. A connection is made when it is first needed.
pub(super) struct Readers {
    config: Arc<Config>,
    permits: Arc<Semaphore>,
    idle: Arc<Mutex<Vec<Connection>>>,
}

impl Readers {
    pub(super) fn new(config: Config) -> Self {
        Self {
            config: Arc::new(config),
            permits: Arc::new(Semaphore::new(READERS as usize)),
            idle: Arc::default(),
        }
    }

    /// Reads off the async threads. A read begun after an append was answered sees it.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Reader) -> Outcome<T> + Send + 'static,
    ) -> Result<T, LedgerError> {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| LedgerError::Closed)?;
        let (config, idle) = (Arc::clone(&self.config), Arc::clone(&self.idle));
        let task = tokio::task::spawn_blocking(move || {
            let connection = idle.lock().pop();
            let reader =
                Reader { config, connection: RefCell::new(connection), in_a_moment: Cell::new(false) };
            let result = work(&reader);
            idle.lock().extend(reader.connection.into_inner().filter(|connection| !connection.is_closed()));
            drop(permit);
            result
        });
        match task.await {
            Ok(result) => result.map_err(LedgerError::from),
            Err(error) => Err(LedgerError::Storage(format!("a read did not end: {error}"))),
        }
    }

    /// Waits for the reads under way and closes the connections; later reads are refused.
    pub(super) async fn close(&self) {
        if self.permits.acquire_many(READERS).await.is_ok() {
            self.permits.close();
        }
        drop_elsewhere(std::mem::take(&mut *self.idle.lock()));
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        drop_elsewhere(std::mem::take(&mut *self.idle.lock()));
    }
}

/// A connection that is made again where the server had closed it: a restart is noticed only by the first question that fails.
pub(super) struct Reader {
    config: Arc<Config>,
    connection: RefCell<Option<Connection>>,
    /// Questions of one moment are not put again: a new connection would answer from another.
    in_a_moment: Cell<bool>,
}

impl Reader {
    /// Runs what can be run again, unless it is told on the way that it cannot.
    fn again(&self, again: &Cell<bool>, mut work: impl FnMut(&Connection) -> Outcome<()>) -> Outcome<()> {
        let mut held = self.connection.borrow_mut();
        let was_open = held.is_some();
        let done = self.once(&mut held, &mut work);
        match done {
            Err(fault) if fault.is_lost() => {
                *held = None;
                if was_open && again.get() { self.once(&mut held, &mut work) } else { Err(fault) }
            }
            done => done,
        }
    }

    fn once(
        &self,
        held: &mut Option<Connection>,
        work: &mut dyn FnMut(&Connection) -> Outcome<()>,
    ) -> Outcome<()> {
        if held.as_ref().is_none_or(Connection::is_closed) {
            let connection = Connection::open(&self.config)?;
            connection.script("SET default_transaction_read_only = on")?;
            *held = Some(connection);
        }
        held.as_ref().map_or(Ok(()), work)
    }
}

impl Sql for Reader {
    fn each(&self, sql: &str, values: &[Value<'_>], take: Take<'_>) -> Outcome<()> {
        let again = Cell::new(!self.in_a_moment.get());
        self.again(&again, |connection| {
            connection.each(sql, values, &mut |row| -> Outcome<ControlFlow<()>> {
                again.set(false);
                take(row)
            })
        })
    }

    fn enter(&self) -> Outcome<()> {
        self.again(&Cell::new(true), |connection| connection.enter())?;
        self.in_a_moment.set(true);
        Ok(())
    }

    fn leave(&self) {
        self.in_a_moment.set(false);
        if let Some(connection) = &*self.connection.borrow() {
            connection.leave();
        }
    }
}
