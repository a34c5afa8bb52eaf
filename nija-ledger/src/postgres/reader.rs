//! A reader's connection.

use nija_postgres::Address;
use std::{
    cell::{Cell, RefCell},
    ops::ControlFlow,
    sync::Arc,
};

use super::connect::{Connection, drop_elsewhere};
use crate::{
    fault::Outcome,
    readers::Reader,
    sql::{Sql, Take, Value},
};

/// A connection that cannot write. It is made with the first question, and again where the server had closed it: a restart is noticed only
/// by the first question that fails.
pub(super) struct PostgresReader {
    address: Arc<Address>,
    connection: RefCell<Option<Connection>>,
    /// Questions of one moment are not put again: a new connection would answer from another.
    in_a_moment: Cell<bool>,
}

impl Reader for PostgresReader {
    /// They wait for the network, not for a processor.
    const AT_A_TIME: u32 = 8;

    fn end(idle: Vec<Self>) {
        drop_elsewhere(idle);
    }
}

impl PostgresReader {
    pub(super) fn new(address: Arc<Address>) -> Self {
        Self { address, connection: RefCell::default(), in_a_moment: Cell::default() }
    }

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
            let connection = Connection::open(&self.address)?;
            connection.script("SET default_transaction_read_only = on")?;
            *held = Some(connection);
        }
        held.as_ref().map_or(Ok(()), work)
    }
}

impl Sql for PostgresReader {
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
