//! Placing, changing, cancelling and listing orders.

use super::error::{Refusal, Result};
use super::new_order::{self, Fields, Parsed};
use super::rest::{Call, Said, ok};
use super::state::{Meta, State};
use super::{assets, ids, order_json};
use crate::account::random;
use crate::engine::{Engine, MarketId, NewOrder, Order, OrderId, Reject, Side};
use crate::faults::FaultKind;
use axum::http::{Method, StatusCode};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::collections::HashSet;

/// Orders in one answer, usually and at most.
const USUAL: usize = 50;
const MOST: usize = 500;

pub(crate) fn route(call: &Call<'_>, method: &Method, head: &str, rest: Option<&str>) -> Said {
    let changes = method != Method::GET;
    if changes && !call.caller.trades {
        return Err(Refusal::forbidden());
    }
    match (method, head, rest) {
        (&Method::POST, "orders", None) => place(call),
        (&Method::GET, "orders", None) => list(call),
        (&Method::DELETE, "orders", None) => cancel_all(call),
        (&Method::GET, "orders", Some(id)) => one(call, find(call, id), call.query.flag("nested")),
        (&Method::GET, "orders:by_client_order_id", None) => {
            let id = call.query.get("client_order_id").unwrap_or_default();
            let known = call.alpaca.state.lock();
            let found = known.client_ids.get(&(call.caller.account, id.to_owned())).copied();
            drop(known);
            let found =
                found.ok_or_else(|| Refusal::not_found(&format!("order not found for {}", short(id))));
            one(call, found, false)
        }
        (&Method::PATCH, "orders", Some(id)) => replace(call, find(call, id)?),
        (&Method::DELETE, "orders", Some(id)) => cancel(call, find(call, id)?),
        _ => Err(Refusal::no_endpoint()),
    }
}

/// A client id for an order that has none.
pub(crate) fn fresh_id() -> String {
    let b = random::<16>();
    let hex: String = b.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
}

fn short(id: &str) -> String {
    id.chars().filter(|c| !c.is_control()).take(60).collect()
}

fn find(call: &Call<'_>, id: &str) -> Result<OrderId> {
    if !ids::is_uuid(id) {
        return Err(Refusal::invalid("order_id is not a valid uuid"));
    }
    let engine = call.venue.engine.lock();
    let mine = |id: &OrderId| engine.order(*id).is_some_and(|order| order.ask.account == call.caller.account);
    ids::parse_order(id)
        .filter(mine)
        .ok_or_else(|| Refusal::not_found(&format!("order not found for {}", short(id))))
}

/// An order by its own id comes with its legs when it is asked for so; by its client id it is not documented to.
fn one(call: &Call<'_>, id: Result<OrderId>, nested: bool) -> Said {
    let id = id?;
    let (engine, state) = (call.venue.engine.lock(), call.alpaca.state.lock());
    let order = engine.order(id).ok_or_else(|| Refusal::not_found("order not found"))?;
    ok(order_json::order(&engine, &state, order, nested))
}

fn place(call: &Call<'_>) -> Said {
    let mut engine = call.venue.engine.lock();
    let mut parsed =
        new_order::parse(call.body, call.caller.account, &engine, call.now_ns, call.venue.lenient)?;
    if let Some(fault) = call.fault.filter(|fault| fault.kind == FaultKind::PartialFill) {
        parsed.first.take_fraction = Some(fault.fraction.unwrap_or(Decimal::new(5, 1)));
    }
    let mut state = call.alpaca.state.lock();
    let id = take(&mut engine, &mut state, parsed, call.now_ns)?;
    let said = order_json::accepted(&engine, &state, id);
    drop((engine, state));
    call.venue.touch();
    ok(said)
}

/// Sells at the market, for closing a position.
pub(crate) fn sell(call: &Call<'_>, market: MarketId, qty: Decimal) -> Said {
    let asset = &assets::ASSETS[market];
    let tif = if asset.class == assets::Class::Crypto { "gtc" } else { "day" };
    let body = json!({
        "symbol": asset.symbol, "qty": qty.normalize().to_string(), "side": "sell", "type": "market", "time_in_force": tif,
    });
    let body = body.to_string();
    let order =
        Call { body: body.as_bytes(), caller: call.caller.clone(), query: Default::default(), ..*call };
    if !order.caller.trades {
        return Err(Refusal::forbidden());
    }
    place(&order)
}

/// Takes an order up under a client id that was never used before.
fn take(engine: &mut Engine, state: &mut State, mut parsed: Parsed, now_ns: i64) -> Result<OrderId> {
    let account = parsed.first.account;
    let client_id = parsed.first.client_id.get_or_insert_with(fresh_id).clone();
    if state.client_ids.contains_key(&(account, client_id.clone())) {
        return Err(Refusal::invalid("client_order_id must be unique"));
    }
    affordable(engine, &parsed)?;
    let spec = engine.markets()[parsed.market].spec.clone();
    let refuse = |reject: Reject| match reject {
        Reject::InsufficientFunds => short_of(engine_balance(engine, account, &spec.quote), &parsed),
        other => Refusal::from_reject(&other, spec.min_cost),
    };
    // Checked first, since the engine borrows its own answer's reasons.
    engine.check(&parsed.first, now_ns).map_err(refuse)?;
    let by_engine = |reject: Reject| Refusal::from_reject(&reject, spec.min_cost);
    let legs_asked: Vec<NewOrder> = parsed.legs.clone();
    let (id, legs) = match parsed.order_class {
        "oco" => {
            let mut all = vec![parsed.first.clone()];
            all.extend(parsed.legs.clone());
            let link = engine.place_linked(all, now_ns).map_err(by_engine)?;
            let ids: Vec<OrderId> = engine.linked(link).map(|order| order.id).collect();
            let (first, rest) = ids.split_first().ok_or_else(|| Refusal::not_found("order not found"))?;
            (*first, rest.to_vec())
        }
        "bracket" | "oto" => {
            let (first, then) = (parsed.first.clone(), parsed.legs.clone());
            engine.place_then(first, then, now_ns).map_err(by_engine)?
        }
        _ => (engine.place(parsed.first.clone(), now_ns).map_err(by_engine)?, Vec::new()),
    };
    state.client_ids.insert((account, client_id), id);
    for (leg, asked) in legs.iter().zip(legs_asked) {
        if let Some(client_id) = asked.client_id {
            state.client_ids.insert((account, client_id), *leg);
        }
        let meta =
            Meta { order_class: parsed.order_class, tif: parsed.tif, parent: Some(id), ..Meta::default() };
        state.meta.insert(*leg, meta);
    }
    let meta = Meta {
        order_class: parsed.order_class,
        tif: parsed.tif,
        kind: parsed.kind,
        notional: parsed.notional,
        extended_hours: parsed.extended_hours,
        legs,
        ..Meta::default()
    };
    state.meta.insert(id, meta);
    Ok(id)
}

fn engine_balance(engine: &Engine, account: usize, asset: &str) -> Decimal {
    engine.balance(account, asset).available()
}

/// Sellers have what they sell: nothing is lent.
fn affordable(engine: &Engine, parsed: &Parsed) -> Result<()> {
    let ask = &parsed.first;
    if ask.side == Side::Buy {
        return Ok(());
    }
    let balance = engine.balance(ask.account, parsed.asset.base);
    let (free, wanted) = (balance.available(), ask.qty);
    if free >= wanted {
        return Ok(());
    }
    let text = |value: Decimal| value.normalize().to_string();
    Err(match parsed.asset.class {
        assets::Class::Crypto => Refusal::not_allowed(format!(
            "insufficient balance for {} (requested: {}, available: {})",
            parsed.asset.base,
            text(wanted),
            text(free)
        )),
        assets::Class::Stock if balance.total.is_zero() => {
            Refusal::not_allowed("account is not allowed to short")
        }
        assets::Class::Stock => Refusal::not_allowed(format!(
            "insufficient qty available for order (requested: {}, available: {})",
            text(wanted),
            text(free)
        )),
    }
    .with("symbol", parsed.asset.symbol)
    .with("available", text(free))
    .with("existing_qty", text(balance.total))
    .with("held_for_orders", text(balance.held)))
}

fn short_of(free: Decimal, parsed: &Parsed) -> Refusal {
    let text = |value: Decimal| value.normalize().to_string();
    let cost = parsed.notional.or(parsed.first.limit.map(|limit| limit * parsed.first.qty));
    match parsed.asset.class {
        assets::Class::Crypto => Refusal::not_allowed(format!(
            "insufficient balance for {} (requested: {}, available: {})",
            parsed.asset.quote,
            text(cost.unwrap_or_default()),
            text(free)
        )),
        assets::Class::Stock => Refusal::not_allowed("insufficient buying power")
            .with("buying_power", text(free))
            .with("cost_basis", text(cost.unwrap_or_default())),
    }
}

fn list(call: &Call<'_>) -> Said {
    let status = call.query.get("status").unwrap_or("open");
    if !matches!(status, "open" | "closed" | "all") {
        return Err(Refusal::invalid("status must be open, closed or all"));
    }
    let limit = call.query.count("limit", USUAL, MOST)?;
    let (after, until) = (call.query.time("after")?, call.query.time("until")?);
    let (nested, symbols) = (call.query.flag("nested"), call.query.list("symbols"));
    let markets: Vec<MarketId> = symbols.iter().filter_map(|name| Some(assets::find(name)?.0)).collect();
    let side = match call.query.get("side") {
        None => None,
        Some("buy") => Some(Side::Buy),
        Some("sell") => Some(Side::Sell),
        Some(_) => return Err(Refusal::invalid("side must be buy or sell")),
    };
    let rising = match call.query.get("direction") {
        None | Some("desc") => false,
        Some("asc") => true,
        Some(_) => return Err(Refusal::invalid("direction must be asc or desc")),
    };
    let (engine, state) = (call.venue.engine.lock(), call.alpaca.state.lock());
    let account = call.caller.account;
    let mut all: Vec<&Order> = Vec::new();
    if status != "closed" {
        all.extend(engine.open_orders(account));
    }
    if status != "open" {
        all.extend(engine.closed_orders(account));
    }
    all.retain(|order| {
        after.is_none_or(|after| order.opened_ns > after)
            && until.is_none_or(|until| order.opened_ns < until)
            && (symbols.is_empty() || markets.contains(&order.ask.market))
            && side.is_none_or(|side| order.ask.side == side)
    });
    if nested {
        // Under its parent, where that is listed.
        let listed: HashSet<OrderId> = all.iter().map(|order| order.id).collect();
        all.retain(|order| !state.meta(order.id).parent.is_some_and(|parent| listed.contains(&parent)));
    }
    all.sort_by_key(|order| order.id);
    if !rising {
        all.reverse();
    }
    ok(all.into_iter().take(limit).map(|order| order_json::order(&engine, &state, order, nested)).collect())
}

fn cancel(call: &Call<'_>, id: OrderId) -> Said {
    let mut engine = call.venue.engine.lock();
    if engine.cancel(call.caller.account, id, call.now_ns).is_err() {
        let state = call.alpaca.state.lock();
        let status =
            engine.order(id).map_or("canceled", |order| order_json::status(&engine, order, &state.meta(id)));
        return Err(Refusal::unprocessable(format!("order is already in \"{status}\" state")));
    }
    drop(engine);
    call.venue.touch();
    Ok((StatusCode::NO_CONTENT, Value::Null))
}

/// 207: each order with the status of its own cancelling.
pub(crate) fn cancel_all(call: &Call<'_>) -> Said {
    let mut engine = call.venue.engine.lock();
    let open: Vec<OrderId> = engine.open_orders(call.caller.account).map(|order| order.id).collect();
    let mut each = Vec::new();
    for id in open {
        // One that was linked to another is gone with it: no less cancelled.
        let _ = engine.cancel(call.caller.account, id, call.now_ns);
        each.push(json!({ "id": ids::order(id), "status": 200 }));
    }
    drop(engine);
    call.venue.touch();
    Ok((StatusCode::MULTI_STATUS, Value::Array(each)))
}

/// A new order in the place of another, which ends as replaced. Of a part that was executed already the new one takes over what is
/// left, unless it names a quantity of its own.
fn replace(call: &Call<'_>, id: OrderId) -> Said {
    let fields: Value = serde_json::from_slice(call.body).map_err(|_| Refusal::bad_json())?;
    let Value::Object(fields) = fields else { return Err(Refusal::bad_json()) };
    let fields = Fields(fields.into_iter().filter(|(_, value)| !value.is_null()).collect());
    const KNOWN: [&str; 5] = ["qty", "time_in_force", "limit_price", "stop_price", "client_order_id"];
    if let Some(name) = fields.0.keys().find(|name| !KNOWN.contains(&name.as_str())) {
        return Err(Refusal::invalid(format!("{} cannot be replaced", short(name))));
    }
    let mut engine = call.venue.engine.lock();
    let mut state = call.alpaca.state.lock();
    let old = engine.order(id).cloned().ok_or_else(|| Refusal::not_found("order not found"))?;
    let meta = state.meta(id);
    if !old.status.is_open() {
        let status = order_json::status(&engine, &old, &meta);
        return Err(Refusal::unprocessable(format!("order is already in \"{status}\" state")));
    }
    if engine.is_held(id) || old.link.is_some() || !meta.legs.is_empty() || meta.notional.is_some() {
        // The venue lets prices of legs be changed; here such orders must be cancelled and placed anew.
        return Err(Refusal::unprocessable("replacing linked or notional orders is not simulated"));
    }
    let asset = &assets::ASSETS[old.ask.market];
    let whole = asset.class == assets::Class::Crypto || old.ask.qty.fract().is_zero();
    if !whole {
        return Err(Refusal::unprocessable("fractional orders cannot be replaced"));
    }
    let mut ask = old.ask.clone();
    ask.qty = fields.number("qty")?.unwrap_or_else(|| old.remaining());
    for (name, price) in [("limit_price", &mut ask.limit), ("stop_price", &mut ask.trigger)] {
        if let Some(new) = fields.number(name)? {
            if price.is_none() {
                return Err(Refusal::invalid(format!("this order has no {name}")));
            }
            *price = Some(new);
        }
    }
    if fields.text("time_in_force")?.is_some_and(|tif| tif != meta.tif) {
        return Err(Refusal::unprocessable("changing time_in_force is not simulated"));
    }
    ask.client_id = Some(fields.text("client_order_id")?.map_or_else(fresh_id, str::to_owned));
    ask.take_fraction = None;
    let parsed = Parsed {
        market: ask.market,
        asset,
        first: ask,
        legs: Vec::new(),
        order_class: meta.order_class,
        kind: meta.kind,
        tif: meta.tif,
        notional: None,
        extended_hours: meta.extended_hours,
    };
    let taken = parsed.first.client_id.clone().unwrap_or_default();
    if state.client_ids.contains_key(&(call.caller.account, taken)) {
        return Err(Refusal::invalid("client_order_id must be unique"));
    }
    // What the old order holds is there for the new one: it goes first, and comes back when the new one is refused.
    let before = engine.order(id).map(|order| order.held).unwrap_or_default();
    if !fits(&engine, &parsed, before) {
        return Err(Refusal::not_allowed("insufficient buying power"));
    }
    let mut free = parsed.first.clone();
    free.account = old.ask.account;
    engine
        .check_numbers(&free)
        .map_err(|reject| Refusal::from_reject(&reject, engine.markets()[old.ask.market].spec.min_cost))?;
    state.meta.entry(id).or_default().replaced_by = Some(u64::MAX);
    engine
        .cancel(call.caller.account, id, call.now_ns)
        .map_err(|_| Refusal::unprocessable("order is not open"))?;
    let new = match take(&mut engine, &mut state, parsed, call.now_ns) {
        Ok(new) => new,
        Err(refusal) => {
            state.meta.entry(id).or_default().replaced_by = None;
            return Err(refusal);
        }
    };
    state.meta.entry(id).or_default().replaced_by = Some(new);
    state.meta.entry(new).or_default().replaces = Some(id);
    let said = order_json::accepted(&engine, &state, new);
    drop((engine, state));
    call.venue.touch();
    ok(said)
}

/// Whether the account can carry the new order with what the old one held.
fn fits(engine: &Engine, parsed: &Parsed, held: Decimal) -> bool {
    let ask = &parsed.first;
    let (asset, needed) = match ask.side {
        Side::Sell => (parsed.asset.base, ask.qty),
        Side::Buy => match ask.limit.or(ask.trigger) {
            Some(price) => (parsed.asset.quote, price * ask.qty),
            None => return true,
        },
    };
    engine.balance(ask.account, asset).available() + held >= needed
}
