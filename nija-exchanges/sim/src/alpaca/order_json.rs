//! Orders as Alpaca writes them.

use super::assets::{ASSETS, Class};
use super::ids;
use super::query::rfc3339;
use super::state::{Meta, State};
use crate::engine::{Engine, Order, OrderType, Side, Status};
use serde_json::{Value, json};

/// An order as it stands.
pub(crate) fn order(engine: &Engine, state: &State, order: &Order, nested: bool) -> Value {
    let (ask, meta) = (&order.ask, state.meta(order.id));
    let asset = &ASSETS[ask.market];
    let text = |value: rust_decimal::Decimal| value.normalize().to_string();
    let ended = |status: Status| {
        order.closed_ns.filter(|_| order.status == status && meta.replaced_by.is_none()).map(rfc3339)
    };
    let kind = if meta.kind.is_empty() { kind_of(ask.order_type) } else { meta.kind };
    let average = (!order.filled.is_zero()).then(|| order.avg_price().round_dp(9));
    let legs: Option<Vec<Value>> = (nested && !meta.legs.is_empty()).then(|| {
        let legs = meta.legs.iter().filter_map(|id| engine.order(*id));
        legs.map(|leg| self::order(engine, state, leg, false)).collect()
    });
    let opened = rfc3339(order.opened_ns);
    json!({
        "id": ids::order(order.id),
        "client_order_id": ask.client_id,
        "created_at": opened,
        "updated_at": rfc3339(order.closed_ns.unwrap_or(order.opened_ns)),
        "submitted_at": opened,
        "filled_at": ended(Status::Filled),
        "expired_at": ended(Status::Expired),
        "canceled_at": ended(Status::Canceled),
        "expires_at": ask.expires_ns.map(rfc3339),
        "failed_at": null,
        "replaced_at": order.closed_ns.filter(|_| meta.replaced_by.is_some()).map(rfc3339),
        "replaced_by": meta.replaced_by.map(ids::order),
        "replaces": meta.replaces.map(ids::order),
        "asset_id": ids::asset(ask.market),
        "symbol": asset.symbol,
        "asset_class": asset.class_name(),
        "notional": meta.notional.map(text),
        "qty": meta.notional.is_none().then(|| text(ask.qty)),
        "filled_qty": text(order.filled),
        "filled_avg_price": average.map(text),
        "order_class": meta.order_class,
        "order_type": kind,
        "type": kind,
        "side": if ask.side == Side::Buy { "buy" } else { "sell" },
        "position_intent": if ask.side == Side::Buy { "buy_to_open" } else { "sell_to_close" },
        "time_in_force": meta.tif,
        "limit_price": ask.limit.map(text),
        "stop_price": ask.trigger.map(text),
        "status": status(engine, order, &meta),
        "extended_hours": meta.extended_hours,
        "legs": legs,
        "trail_percent": null,
        "trail_price": null,
        "hwm": null,
        "subtag": null,
        "source": null,
    })
}

/// An order as the answer to placing it: what becomes of it is told by its updates.
pub(crate) fn accepted(engine: &Engine, state: &State, id: u64) -> Value {
    let Some(found) = engine.order(id) else { return Value::Null };
    let mut out = order(engine, state, found, true);
    let stock = ASSETS[found.ask.market].class == Class::Stock;
    out["status"] = json!(if stock { "accepted" } else { "pending_new" });
    out["filled_qty"] = json!("0");
    out["updated_at"] = out["submitted_at"].clone();
    for name in ["filled_avg_price", "filled_at", "expired_at", "canceled_at"] {
        out[name] = Value::Null;
    }
    out
}

pub(crate) fn status(engine: &Engine, order: &Order, meta: &Meta) -> &'static str {
    match order.status {
        Status::Open if engine.is_held(order.id) || is_held_leg(order, meta) => "held",
        Status::Open if !order.filled.is_zero() => "partially_filled",
        Status::Open if engine.is_halted(order.ask.market) => "accepted",
        Status::Open => "new",
        Status::Filled => "filled",
        Status::Canceled if meta.replaced_by.is_some() => "replaced",
        Status::Canceled => "canceled",
        Status::Expired => "expired",
    }
}

/// The stop of a pair of exits is held until it is set off.
pub(crate) fn is_held_leg(order: &Order, meta: &Meta) -> bool {
    meta.order_class == "oco" && meta.parent.is_some() && !order.triggered
}

fn kind_of(order_type: OrderType) -> &'static str {
    match order_type {
        OrderType::Market => "market",
        OrderType::Limit | OrderType::TakeProfitLimit => "limit",
        OrderType::StopLoss | OrderType::TakeProfit => "stop",
        OrderType::StopLossLimit => "stop_limit",
    }
}
