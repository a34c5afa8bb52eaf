//! How a generation gets into the tables, over a connection that may be lost.

use postgres::Config;

use super::{connect::Connection, tables};
use crate::{
    fault::{Fault, Outcome},
    projection::Generation,
};

/// Writes generations on a connection of its own, which is made when it is first needed and again when it is lost.
pub(super) fn writer(config: Config) -> impl FnMut(&Generation) -> Outcome<()> {
    let mut connection = None;
    move |generation| {
        let was_open = connection.is_some();
        let written = write(&config, &mut connection, generation);
        if was_open && written.as_ref().is_err_and(Fault::is_lost) {
            // A restarted server is noticed only by the first statement that fails.
            return write(&config, &mut connection, generation);
        }
        written
    }
}

fn write(config: &Config, connection: &mut Option<Connection>, generation: &Generation) -> Outcome<()> {
    let open = match connection.take().filter(|connection| !connection.is_closed()) {
        Some(open) => open,
        None => Connection::open(config)?,
    };
    let written = tables::write(&open, generation);
    *connection = Some(open).filter(|_| !written.as_ref().is_err_and(Fault::is_lost));
    written
}
