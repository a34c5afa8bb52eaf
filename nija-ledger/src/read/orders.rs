//! Questions about orders.

use nija_core::{
    ClientOrderId, LedgerPage, Order, OrderId, OrderState, PageRequest, Symbol, UserId, VenueId,
};

use super::{before, cut, one_more};
use crate::{
    fault::{Fault, Outcome},
    numbers::from_column,
    projection::lookups,
    sql::{Row, Sql, all, values},
};

pub(crate) const BY_CLIENT_ID: &str = "SELECT body FROM orders WHERE \"user\" = ?1 AND client_order_id = ?2";
pub(crate) const NEWEST: &str = "SELECT place, body FROM orders
    WHERE \"user\" = ?1 AND place < ?2 ORDER BY place DESC LIMIT ?3";
pub(crate) const NEWEST_IN_STATE: &str = "SELECT place, body FROM orders
    WHERE \"user\" = ?1 AND state = ?4 AND place < ?2 ORDER BY place DESC LIMIT ?3";
// Left alone, SQLite would walk the whole table to save the sorting.
pub(crate) const LIVE: &str = "SELECT body FROM orders INDEXED BY orders_live WHERE live = 1 ORDER BY place";
pub(crate) const ACTIVE: &str = "SELECT venue, symbol FROM orders
        WHERE live = 1 AND venue IS NOT NULL
    UNION SELECT venue, symbol FROM positions WHERE closed IS NULL ORDER BY 1, 2";

pub(crate) const CHILDREN: &str =
    "SELECT body FROM orders WHERE parent = ?1 AND \"user\" = ?2 ORDER BY place";

pub(crate) fn children(sql: &dyn Sql, user: UserId, parent: OrderId) -> Outcome<Vec<Order>> {
    let key = values![parent.as_uuid().into_bytes(), user.as_uuid().into_bytes()];
    all(sql, CHILDREN, key, |row| row.body(0))
}

pub(crate) fn one(sql: &dyn Sql, user: UserId, id: OrderId) -> Outcome<Option<Order>> {
    let key = values![id.as_uuid().into_bytes(), user.as_uuid().into_bytes()];
    Ok(all(sql, lookups::ORDER, key, |row| row.body(1))?.pop())
}

pub(crate) fn by_client_id(sql: &dyn Sql, user: UserId, id: &ClientOrderId) -> Outcome<Option<Order>> {
    let key = values![user.as_uuid().into_bytes(), id.as_str()];
    Ok(all(sql, BY_CLIENT_ID, key, |row| row.body(0))?.pop())
}

pub(crate) fn page(
    sql: &dyn Sql,
    user: UserId,
    state: Option<OrderState>,
    page: PageRequest,
) -> Outcome<LedgerPage<Order>> {
    let user = user.as_uuid();
    let (before, limit) = (before(page), one_more(page));
    let take = |row: &dyn Row| Ok((from_column(row.get(0)?), row.body(1)?));
    let rows = match state {
        None => all(sql, NEWEST, values![user.as_bytes(), before, limit], take)?,
        Some(state) => {
            let params = values![user.as_bytes(), before, limit, state.as_str()];
            all(sql, NEWEST_IN_STATE, params, take)?
        }
    };
    Ok(cut(rows, page))
}

pub(crate) fn live(sql: &dyn Sql) -> Outcome<Vec<Order>> {
    all(sql, LIVE, values![], |row| row.body(0))
}

/// Venues and symbols of open positions and live orders.
pub(crate) fn active(sql: &dyn Sql) -> Outcome<Vec<(VenueId, Symbol)>> {
    all(sql, ACTIVE, values![], |row| {
        let (venue, symbol): (String, String) = (row.get(0)?, row.get(1)?);
        let unreadable = |error: String| Fault::unreadable("a venue or symbol", error);
        Ok((
            VenueId::new(&venue).map_err(|error| unreadable(error.to_string()))?,
            Symbol::new(&symbol).map_err(|error| unreadable(error.to_string()))?,
        ))
    })
}
