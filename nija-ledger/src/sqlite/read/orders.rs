//! Questions about orders.

use nija_core::{
    ClientOrderId, LedgerPage, Order, OrderId, OrderState, PageRequest, Symbol, UserId, VenueId,
};
use rusqlite::{Connection, Row, params};

use super::super::{
    fault::{Fault, Outcome},
    numbers::from_column,
    projection,
};
use super::{all, before, body, cut, one_more};

pub(in crate::sqlite) const NEWEST: &str = "SELECT place, body FROM orders
    WHERE user = ?1 AND place < ?2 ORDER BY place DESC LIMIT ?3";
pub(in crate::sqlite) const NEWEST_IN_STATE: &str = "SELECT place, body FROM orders
    WHERE user = ?1 AND state = ?4 AND place < ?2 ORDER BY place DESC LIMIT ?3";
// Left alone, SQLite would walk the whole table to save the sorting.
pub(in crate::sqlite) const LIVE: &str =
    "SELECT body FROM orders INDEXED BY orders_live WHERE live = 1 ORDER BY place";
pub(in crate::sqlite) const ACTIVE: &str = "SELECT venue, symbol FROM orders
        WHERE live = 1 AND venue IS NOT NULL
    UNION SELECT venue, symbol FROM positions WHERE closed IS NULL ORDER BY 1, 2";

pub(in crate::sqlite) const CHILDREN: &str =
    "SELECT body FROM orders WHERE parent = ?1 AND user = ?2 ORDER BY place";

pub(in crate::sqlite) fn children(
    connection: &Connection,
    user: UserId,
    parent: OrderId,
) -> Outcome<Vec<Order>> {
    let key = params![parent.as_uuid().into_bytes(), user.as_uuid().into_bytes()];
    all(connection, CHILDREN, key, |row| body(row, 0))
}

pub(in crate::sqlite) fn one(connection: &Connection, user: UserId, id: OrderId) -> Outcome<Option<Order>> {
    let key = params![id.as_uuid().into_bytes(), user.as_uuid().into_bytes()];
    Ok(all(connection, projection::orders::LOAD, key, |row| body(row, 1))?.pop())
}

pub(in crate::sqlite) fn by_client_id(
    connection: &Connection,
    user: UserId,
    id: &ClientOrderId,
) -> Outcome<Option<Order>> {
    let key = params![user.as_uuid().into_bytes(), id.as_str()];
    Ok(all(connection, projection::orders::BY_CLIENT_ID, key, |row| body(row, 0))?.pop())
}

pub(in crate::sqlite) fn page(
    connection: &Connection,
    user: UserId,
    state: Option<OrderState>,
    page: PageRequest,
) -> Outcome<LedgerPage<Order>> {
    let user = user.as_uuid();
    let (before, limit) = (before(page), one_more(page));
    let take = |row: &Row<'_>| Ok((from_column(row.get(0)?), body(row, 1)?));
    let rows = match state {
        None => all(connection, NEWEST, params![user.as_bytes(), before, limit], take)?,
        Some(state) => {
            let params = params![user.as_bytes(), before, limit, state.as_str()];
            all(connection, NEWEST_IN_STATE, params, take)?
        }
    };
    Ok(cut(rows, page))
}

pub(in crate::sqlite) fn live(connection: &Connection) -> Outcome<Vec<Order>> {
    all(connection, LIVE, [], |row| body(row, 0))
}

/// Venues and symbols of open positions and live orders.
pub(in crate::sqlite) fn active(connection: &Connection) -> Outcome<Vec<(VenueId, Symbol)>> {
    all(connection, ACTIVE, [], |row| {
        let (venue, symbol): (String, String) = (row.get(0)?, row.get(1)?);
        let unreadable = |error: String| Fault::unreadable("a venue or symbol", error);
        Ok((
            VenueId::new(&venue).map_err(|error| unreadable(error.to_string()))?,
            Symbol::new(&symbol).map_err(|error| unreadable(error.to_string()))?,
        ))
    })
}
