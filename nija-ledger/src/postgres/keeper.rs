//! How a generation gets into the tables, over a connection that may be lost.

use nija_postgres::Address;

use super::{connect::Connection, tables};
use crate::{
    fault::{Fault, Outcome},
    projection::Generation,
};

/// Writes generations on a connection of its own, which is made when it is first needed and again when it is lost.
pub(super) fn writer(address: Address) -> impl FnMut(&Generation) -> Outcome<()> {
    let mut connection = None;
    move |generation| {
        let was_open = connection.is_some();
        let written = write(&address, &mut connection, generation);
        if was_open && written.as_ref().is_err_and(Fault::is_lost) {
            // A restarted server is noticed only by the first statement that fails.
            return write(&address, &mut connection, generation);
        }
        written
    }
}

fn write(address: &Address, connection: &mut Option<Connection>, generation: &Generation) -> Outcome<()> {
    let open = match connection.take().filter(|connection| !connection.is_closed()) {
        Some(open) => open,
        None => Connection::open(address)?,
    };
    let written = tables::write(&open, generation);
    *connection = Some(open).filter(|_| !written.as_ref().is_err_and(Fault::is_lost));
    written
}
