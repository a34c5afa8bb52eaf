//! Listing orders and fills.

use super::error::Refusal;
use super::ids::{self, Kind};
use super::order_json::{self, View};
use super::products::PRODUCTS;
use super::public::side;
use super::query::Query;
use super::rest::{Caller, Result};
use crate::engine::{Engine, Fill, Order};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// Entries on a page: what is usual, and the most.
const ORDERS: (usize, usize) = (1_000, 1_000);
const FILLS: (usize, usize) = (100, 3_000);

/// `GET /orders/historical/{id}`.
pub(super) fn order(caller: &Caller<'_>, id: &str) -> Result<Value> {
    let engine = caller.venue.engine.lock();
    let order = ids::number(Kind::Order, id).and_then(|number| engine.order(number));
    let mine = order.filter(|order| order.ask.account == caller.account);
    let view = mine.and_then(|order| View::of(&engine, order)).ok_or(Refusal::ORDER)?;
    Ok(json!({ "order": view.rest(&engine) }))
}

/// `GET /orders/historical/batch`: newest first.
pub(super) fn orders(caller: &Caller<'_>) -> Result<Value> {
    let filter = OrderFilter::new(&caller.query)?;
    let limit = caller.query.limit(ORDERS.0, ORDERS.1)?;
    let before = cursor(&caller.query)?;
    let engine = caller.venue.engine.lock();
    let all = engine.open_orders(caller.account).chain(engine.closed_orders(caller.account));
    let mut views: Vec<View<'_>> = all
        .filter(|order| before.is_none_or(|before| order.id < before))
        .filter_map(|order| View::of(&engine, order))
        .filter(|view| filter.passes(view))
        .collect();
    views.sort_by_key(|view| std::cmp::Reverse(view.number()));
    let has_next = views.len() > limit;
    views.truncate(limit);
    let last = views.last().filter(|_| has_next).map(View::number);
    let rows: Vec<Value> = views.iter().map(|view| view.rest(&engine)).collect();
    Ok(json!({
        "orders": rows,
        "sequence": "0",
        "has_next": has_next,
        "cursor": last.map(write_cursor).unwrap_or_default(),
    }))
}

/// `GET /orders/historical/fills`: newest first.
pub(super) fn fills(caller: &Caller<'_>) -> Result<Value> {
    let query = &caller.query;
    let orders = numbers(&query.list(["order_ids", "order_id"]), Kind::Order);
    let trades = numbers(&query.list(["trade_ids", "trade_id"]), Kind::Trade);
    let products = query.list(["product_ids", "product_id"]);
    let (from, to) = (query.time("start_sequence_timestamp")?, query.time("end_sequence_timestamp")?);
    let limit = query.limit(FILLS.0, FILLS.1)?;
    let before = cursor(query)?;
    let engine = caller.venue.engine.lock();
    let shown = |fill: &Fill| shown_order(&engine, fill.order);
    let passes = |fill: &&Fill| {
        orders.as_ref().is_none_or(|orders| orders.contains(&shown(fill)))
            && trades.as_ref().is_none_or(|trades| trades.contains(&fill.id))
            && (products.is_empty() || products.contains(&PRODUCTS[fill.market].id))
            && from.is_none_or(|from| fill.time_ns >= from)
            && to.is_none_or(|to| fill.time_ns < to)
            && before.is_none_or(|before| fill.id < before)
    };
    let mut found: Vec<&Fill> =
        engine.fills(caller.account).filter(passes).take(limit.saturating_add(1)).collect();
    let more = found.len() > limit;
    found.truncate(limit);
    let last = found.last().filter(|_| more).map(|fill| fill.id);
    let rows: Vec<Value> = found
        .into_iter()
        .map(|fill| {
            let in_quote = engine.order(fill.order).is_some_and(|order| order.ask.in_quote);
            order_json::fill(fill, shown(fill), caller.account as u64, in_quote)
        })
        .collect();
    Ok(json!({ "fills": rows, "cursor": last.map(write_cursor).unwrap_or_default() }))
}

/// The order that a fill is shown under: a bracket's first leg stands for both.
fn shown_order(engine: &Engine, order: u64) -> u64 {
    let head = |order: &Order| engine.linked(order.link?).next().map(|head| head.id);
    engine.order(order).and_then(head).unwrap_or(order)
}

/// Numbers behind ids; `None` where none are given. Ids of something else stand for nothing that there is.
fn numbers(ids: &[&str], kind: Kind) -> Option<Vec<u64>> {
    let numbers = || ids.iter().map(|id| ids::number(kind, id).unwrap_or(u64::MAX)).collect();
    (!ids.is_empty()).then(numbers)
}

fn write_cursor(number: u64) -> String {
    URL_SAFE_NO_PAD.encode(number.to_string())
}

fn cursor(query: &Query) -> Result<Option<u64>> {
    let bad = || Refusal::argument("invalid cursor");
    let read = |text: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| bad())?;
        std::str::from_utf8(&bytes).ok().and_then(|text| text.parse().ok()).ok_or_else(bad)
    };
    query.get("cursor").map(read).transpose()
}

/// What List Orders filters by.
struct OrderFilter<'a> {
    ids: Option<Vec<u64>>,
    products: Vec<&'a str>,
    statuses: Vec<&'a str>,
    types: Vec<&'a str>,
    times: Vec<&'a str>,
    side: Option<&'a str>,
    spot: bool,
    from_ns: Option<i64>,
    to_ns: Option<i64>,
}

impl<'a> OrderFilter<'a> {
    fn new(query: &'a Query) -> Result<Self> {
        let statuses = query.list(["order_status", "order_status"]);
        // List Orders: open orders cannot be asked for along with others.
        if statuses.contains(&"OPEN") && statuses.len() > 1 {
            return Err(Refusal::argument("OPEN cannot be combined with other order statuses"));
        }
        let kind = query.get("product_type").unwrap_or("SPOT");
        Ok(Self {
            ids: numbers(&query.list(["order_ids", "order_id"]), Kind::Order),
            products: query.list(["product_ids", "product_id"]),
            statuses,
            types: query.list(["order_types", "order_type"]),
            times: query.list(["time_in_forces", "time_in_force"]),
            side: query.get("order_side").filter(|side| *side != "UNKNOWN_ORDER_SIDE"),
            spot: matches!(kind, "SPOT" | "UNKNOWN_PRODUCT_TYPE"),
            from_ns: query.time("start_date")?,
            to_ns: query.time("end_date")?,
        })
    }

    fn passes(&self, view: &View<'_>) -> bool {
        let order = view.head();
        let any = |list: &[&str], value: &str| list.is_empty() || list.contains(&value);
        self.spot
            && self.ids.as_ref().is_none_or(|ids| ids.contains(&view.number()))
            && any(&self.products, PRODUCTS[order.ask.market].id)
            && any(&self.statuses, view.status())
            && any(&self.types, view.order_type())
            && any(&self.times, view.time_in_force())
            && self.side.is_none_or(|wanted| wanted == side(order.ask.side))
            && self.from_ns.is_none_or(|from| order.opened_ns >= from)
            && self.to_ns.is_none_or(|to| order.opened_ns < to)
    }
}
