//! Cancelling and editing orders.

use super::create::object;
use super::error::Refusal;
use super::ids::{self, Kind};
use super::order_json::View;
use super::rest::{Caller, Result};
use crate::engine::OrderId;
use serde_json::{Value, json};

/// Orders in one request (Cancel Orders).
const MOST: usize = 100;

/// `POST /orders/batch_cancel`.
pub(super) fn cancel(caller: &Caller<'_>) -> Result<Value> {
    let body = object(caller.body)?;
    if let Some(unknown) = body.keys().find(|name| !caller.venue.lenient && *name != "order_ids") {
        return Err(Refusal::field(unknown));
    }
    let ids = body.get("order_ids").and_then(Value::as_array).filter(|ids| !ids.is_empty());
    let ids = ids.ok_or_else(|| Refusal::argument("order_ids is required"))?;
    if ids.len() > MOST {
        return Err(Refusal::argument("at most 100 order_ids"));
    }
    let results: Vec<Value> = ids
        .iter()
        .map(|id| {
            let id = id.as_str().unwrap_or_default();
            let cancelled = ids::number(Kind::Order, id).is_some_and(|number| cancel_one(caller, number));
            let reason = if cancelled { "UNKNOWN_CANCEL_FAILURE_REASON" } else { "UNKNOWN_CANCEL_ORDER" };
            json!({ "success": cancelled, "failure_reason": reason, "order_id": id })
        })
        .collect();
    caller.venue.touch();
    Ok(json!({ "results": results }))
}

/// Cancels an order, or what is left of a bracket.
fn cancel_one(caller: &Caller<'_>, number: OrderId) -> bool {
    let mut engine = caller.venue.engine.lock();
    let Some(view) = engine.order(number).and_then(|order| View::of(&engine, order)) else {
        return false;
    };
    let open = view.legs().find(|leg| leg.status.is_open()).map(|leg| leg.id);
    open.is_some_and(|open| engine.cancel(caller.account, open, caller.now_ns).is_ok())
}

/// `POST /orders/edit`: not simulated, and said so in Coinbase's form.
pub(super) fn edit(caller: &Caller<'_>) -> Result<Value> {
    let body = object(caller.body)?;
    let id = body.get("order_id").and_then(Value::as_str).unwrap_or_default();
    let known = ids::number(Kind::Order, id).and_then(|number| {
        let engine = caller.venue.engine.lock();
        engine.order(number).map(|order| order.ask.account == caller.account && order.status.is_open())
    });
    let reason = match known {
        Some(true) => "ONLY_LIMIT_ORDER_EDITS_SUPPORTED",
        Some(false) => "CANNOT_EDIT_ORDER",
        None => "ORDER_NOT_FOUND",
    };
    let error =
        json!({ "edit_failure_reason": reason, "preview_failure_reason": "UNKNOWN_PREVIEW_FAILURE_REASON" });
    Ok(json!({ "success": false, "errors": [error] }))
}
