//! The table `orders`.

use rusqlite::{Connection, params};

use super::super::fault::Outcome;
use crate::projection::orders::{Columns, Row};

const INSERT: &str =
    "INSERT INTO orders (place, id, user, client_order_id, state, live, venue, symbol, body, parent)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
const UPDATE: &str = "UPDATE orders SET state = ?2, live = ?3, venue = ?4, body = ?5 WHERE place = ?1";

pub(super) fn write(connection: &Connection, row: &Row) -> Outcome<()> {
    let Columns { is_new, place, id, user, client_order_id, state, live, venue, symbol, body, parent } =
        row.columns()?;
    if is_new {
        connection.prepare_cached(INSERT)?.execute(params![
            place,
            id,
            user,
            client_order_id,
            state,
            live,
            venue,
            symbol,
            body,
            parent
        ])?;
    } else {
        connection.prepare_cached(UPDATE)?.execute(params![place, state, live, venue, body])?;
    }
    Ok(())
}
