//! The ledger on PostgreSQL: one writer with group commit, a few readers, and tables of what follows from the journal behind it.
//!
//! The client is the blocking one, since the writer has a thread of its own and readers have tokio's blocking threads; it must neither
//! run nor be dropped on a thread that drives a runtime.

mod ahead;
mod beside;
mod connect;
mod group;
mod keeper;
mod owner;
#[cfg(test)]
mod plans;
mod question;
mod reader;
mod replay;
mod schema;
mod tables;
mod writer;

use nija_core::LedgerError;
use nija_postgres::Address;
use std::sync::Arc;

use crate::{
    fault::Fault,
    jobs::Counters,
    running::{Running, ledger},
};
use connect::Connection;
use owner::Owner;
use reader::PostgresReader;
use writer::Committer;

ledger! {
    /// A [`Ledger`](nija_core::Ledger) in a PostgreSQL database, in the schema `nija_ledger`. A batch is committed, and with that on the
    /// database's disk, before its append answers; appends that wait at the same time share one commit. The tables of what follows from the
    /// journal stand in `nija_ledger_tables`, are written a little later and before anybody reads them, and are drawn anew where they are of
    /// another version.
    ///
    /// One server writes at a time: a second one is refused, and where one lost the database without noticing and another took over, the
    /// database refuses the first one's writes. A connection that is lost is made again; a commit that lost its answer is looked up.
    PostgresLedger, PostgresQuestions, PostgresReader
}

impl PostgresLedger {
    /// Connects, makes the tables where they are missing, and brings them to the newest version. The connection string is libpq's
    /// as [`Address::parse`] reads it. Blocks.
    ///
    /// # Errors
    /// [`LedgerError::Storage`] says in words why the database cannot be used: not reached, in use by another server, of a newer version, ...
    pub fn open(url: &str) -> Result<Self, LedgerError> {
        let address = Address::parse(url, "nija-ledger").map_err(Fault::from)?;
        let counters = Arc::<Counters>::default();
        let committer = connect::elsewhere(|| {
            let connection = Connection::open(&address)?;
            let owner = Owner::take(&connection)?;
            schema::prepare_tables(&connection)?;
            let last = replay::catch_up(&connection)?;
            Committer::new(address.clone(), connection, owner, last, Arc::clone(&counters))
        })?;
        let write = move |inbox| crate::writer::write(committer, inbox);
        let address = Arc::new(address);
        let running = Running::start(counters, write, move || Ok(PostgresReader::new(Arc::clone(&address))))?;
        Ok(Self { running })
    }
}
