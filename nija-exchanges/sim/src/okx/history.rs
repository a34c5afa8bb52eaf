//! Looking orders and executions up.

use super::error::{OkxError, Result};
use super::ids::{self, Kind};
use super::order_json;
use super::query::Query;
use super::rest::{Caller, rows};
use crate::engine::{AccountId, Engine, Fill, Order};
use serde_json::{Value, json};

/// Rows of a page.
const PAGE: usize = 100;

/// The order that an id or a client id names; of several with one client id the newest. With both, the id counts.
pub(super) fn named<'e>(
    engine: &'e Engine,
    account: AccountId,
    market: usize,
    id: Option<&str>,
    client: Option<&str>,
) -> Option<&'e Order> {
    let mine = |order: &&Order| order.ask.account == account && order.ask.market == market;
    if let Some(id) = id {
        return ids::number(Kind::Order, id).and_then(|number| engine.order(number)).filter(mine);
    }
    let called = |order: &&Order| mine(order) && client.is_some() && order.ask.client_id.as_deref() == client;
    let open = engine.open_orders(account).rev().find(called);
    open.or_else(|| engine.closed_orders(account).filter(called).max_by_key(|order| order.id))
}

/// `GET /trade/order`.
pub(super) fn order(caller: &Caller<'_>) -> Result<Value> {
    let (market, _) = caller.query.instrument()?;
    let (id, client) = (caller.query.get("ordId"), caller.query.get("clOrdId"));
    if id.is_none() && client.is_none() {
        return Err(OkxError::either("ordId", "clOrdId"));
    }
    let engine = caller.venue.engine.lock();
    let found = named(&engine, caller.account, market, id, client).ok_or_else(OkxError::no_order)?;
    Ok(rows(json!([order_json::order(&engine, caller.state, found)])))
}

/// `GET /trade/orders-pending`.
pub(super) fn pending(caller: &Caller<'_>) -> Result<Value> {
    let engine = caller.venue.engine.lock();
    let open = engine.open_orders(caller.account).rev().collect();
    page_of_orders(caller, &engine, open)
}

/// `GET /trade/orders-history`: what has ended. That OKX forgets orders that were cancelled unfilled after two hours, and all
/// others after days, is not simulated.
pub(super) fn history(caller: &Caller<'_>) -> Result<Value> {
    caller.query.need("instType")?;
    let engine = caller.venue.engine.lock();
    let mut closed: Vec<&Order> = engine.closed_orders(caller.account).collect();
    closed.sort_by_key(|order| std::cmp::Reverse(order.id));
    page_of_orders(caller, &engine, closed)
}

/// Which rows of a list, newest first: those between two ids, not too many.
pub(super) struct Page {
    after: Option<u64>,
    before: Option<u64>,
    limit: usize,
}

impl Page {
    pub(super) fn of(query: &Query, kind: Kind) -> Result<Self> {
        let id = |name: &str| {
            let read = |id: &str| ids::number(kind, id).ok_or_else(|| OkxError::parameter(name));
            query.get(name).map(read).transpose()
        };
        Ok(Self { after: id("after")?, before: id("before")?, limit: query.rows("limit", PAGE, PAGE)? })
    }

    /// `after` goes back to older rows, `before` to newer ones.
    pub(super) fn take<T>(&self, newest_first: impl Iterator<Item = T>, id: impl Fn(&T) -> u64) -> Vec<T> {
        newest_first
            .filter(|row| self.after.is_none_or(|after| id(row) < after))
            .filter(|row| self.before.is_none_or(|before| id(row) > before))
            .take(self.limit)
            .collect()
    }
}

fn page_of_orders(caller: &Caller<'_>, engine: &Engine, newest_first: Vec<&Order>) -> Result<Value> {
    let query = &caller.query;
    let (spot, market) = (query.is_spot()?, query.maybe_instrument()?);
    let (begin, end) = (query.time("begin")?, query.time("end")?);
    let page = Page::of(query, Kind::Order)?;
    let wanted = newest_first
        .into_iter()
        .filter(|order| spot && market.is_none_or(|market| order.ask.market == market))
        .filter(|order| query.allows("ordType", order_json::order_type(order)))
        .filter(|order| query.allows("state", order_json::state(order)))
        .filter(|order| begin.is_none_or(|begin| order.opened_ns >= begin))
        .filter(|order| end.is_none_or(|end| order.opened_ns <= end.saturating_add(999_999)));
    let orders = page.take(wanted, |order| order.id);
    let all: Vec<Value> = orders.iter().map(|order| order_json::order(engine, caller.state, order)).collect();
    Ok(rows(all))
}

/// `GET /trade/fills` and `fills-history`.
pub(super) fn fills(caller: &Caller<'_>) -> Result<Value> {
    let query = &caller.query;
    let (spot, market) = (query.is_spot()?, query.maybe_instrument()?);
    let (begin, end) = (query.time("begin")?, query.time("end")?);
    let page = Page::of(query, Kind::Bill)?;
    // An order that cannot be has no executions.
    let order = query.get("ordId").map(|id| ids::number(Kind::Order, id).unwrap_or(0));
    let engine = caller.venue.engine.lock();
    let wanted = engine
        .fills(caller.account)
        .filter(|fill| spot && market.is_none_or(|market| fill.market == market))
        .filter(|fill| order.is_none_or(|order| fill.order == order))
        .filter(|fill| begin.is_none_or(|begin| fill.time_ns >= begin))
        .filter(|fill| end.is_none_or(|end| fill.time_ns <= end.saturating_add(999_999)));
    let fills: Vec<&Fill> = page.take(wanted, |fill| fill.id);
    let all: Vec<Value> = fills.iter().map(|fill| order_json::fill(caller.state, fill)).collect();
    Ok(rows(all))
}
