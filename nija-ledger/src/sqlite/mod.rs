//! The ledger on SQLite: the journal's file with one writer and group commit, a file of what follows from it, a few readers.

mod apply;
mod bans;
mod connect;
mod equity;
mod lock;
mod nonces;
#[cfg(test)]
mod plans;
mod projection;
mod question;
#[cfg(test)]
mod questioned;
mod schema;
mod tables;
mod writer;

use nija_core::LedgerError;
use rusqlite::Connection;
use std::{path::Path, sync::Arc};

use crate::{
    fault,
    jobs::Counters,
    numbers,
    readers::Reader,
    running::{Running, ledger},
};
pub(crate) use projection::write as write_tables;
pub(crate) use tables::create as create_tables;

use lock::DataLock;
use writer::Committer;

ledger! {
    /// A [`Ledger`](nija_core::Ledger) in an SQLite file. A batch is on the disk (`synchronous = FULL`) before its append answers;
    /// appends that wait at the same time share one commit. The tables of what follows from the journal stand in a file beside it
    /// (`<name>.tables.db`), are written a little later and before anybody reads them, and are drawn anew where that file is missing.
    SqliteLedger, SqliteQuestions, Connection
}

impl SqliteLedger {
    /// Opens the file, makes it when missing, and brings it to the newest version. `<name>.lock` beside it keeps other
    /// processes out. Blocks for a few disk accesses.
    ///
    /// # Errors
    /// [`LedgerError::Storage`] says in words why the file cannot be used: in use, damaged, of a newer version, ...
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        let lock = DataLock::take(path)?;
        let counters = Arc::<Counters>::default();
        let committer = Committer::open(path, Arc::clone(&counters))?;
        let write = move |inbox| {
            crate::writer::write(committer, inbox);
            // All is written and closed.
            drop(lock);
        };
        let path = path.to_owned();
        let running = Running::start(counters, write, move || connect::reader(&path))?;
        Ok(Self { running })
    }
}

impl Reader for Connection {
    const AT_A_TIME: u32 = 4;
}
