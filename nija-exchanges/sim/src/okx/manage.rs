//! Cancelling and amending orders.

use super::body::{self, Fields};
use super::error::{OkxError, Result};
use super::history::named;
use super::ids::{self, Kind};
use super::instruments::ms;
use super::place::{BATCH, done, from_reject, results};
use super::rest::Caller;
use crate::engine::{Engine, Order, OrderId, OrderType};
use serde_json::{Value, json};

/// `POST /trade/cancel-order`.
pub(super) fn cancel(caller: &Caller<'_>) -> Result<Value> {
    let fields = Fields::of(&caller.body)?;
    Ok(each(caller, &[fields], cancel_one))
}

/// `POST /trade/cancel-batch-orders`.
pub(super) fn cancel_batch(caller: &Caller<'_>) -> Result<Value> {
    Ok(each(caller, &body::batch(&caller.body, BATCH)?, cancel_one))
}

/// `POST /trade/amend-order`.
pub(super) fn amend(caller: &Caller<'_>) -> Result<Value> {
    let fields = Fields::of(&caller.body)?;
    Ok(each(caller, &[fields], amend_one))
}

/// `POST /trade/amend-batch-orders`.
pub(super) fn amend_batch(caller: &Caller<'_>) -> Result<Value> {
    Ok(each(caller, &body::batch(&caller.body, BATCH)?, amend_one))
}

type One = fn(&Caller<'_>, &mut Engine, Fields<'_>) -> Result<OrderId>;

fn each(caller: &Caller<'_>, orders: &[Fields<'_>], one: One) -> Value {
    let item = |engine: &mut Engine, fields: Fields<'_>| {
        let text = |name: &str| fields.text(name).ok().flatten().unwrap_or_default();
        let about = |id: String, client: String| json!({ "ordId": id, "clOrdId": client, "reqId": text("reqId"), "ts": ms(caller.now_ns), "subCode": "" });
        match one(caller, engine, fields) {
            Ok(id) => {
                let client = engine.order(id).and_then(|order| order.ask.client_id.clone());
                done(about(ids::id(Kind::Order, id), client.unwrap_or_default()), "")
            }
            Err(error) => error.item(about(text("ordId"), text("clOrdId"))),
        }
    };
    let items: Vec<Value> = {
        let mut engine = caller.venue.engine.lock();
        orders.iter().map(|fields| item(&mut engine, *fields)).collect()
    };
    caller.venue.touch();
    results(&items, caller.now_ns)
}

/// The order that a request names, if any is its sender's.
fn find<'e>(caller: &Caller<'_>, engine: &'e Engine, fields: Fields<'_>) -> Result<Option<&'e Order>> {
    let (market, _) = fields.instrument()?;
    let (id, client) = (fields.text("ordId")?, fields.text("clOrdId")?);
    if id.is_none() && client.is_none() {
        return Err(OkxError::new(51003, "Either client order ID or order ID is required."));
    }
    Ok(named(engine, caller.account, market, id.as_deref(), client.as_deref()))
}

fn cancel_one(caller: &Caller<'_>, engine: &mut Engine, fields: Fields<'_>) -> Result<OrderId> {
    fields.only(&["instId", "ordId", "clOrdId"], caller.venue.lenient)?;
    let gone = || {
        let msg = "Order cancellation failed as the order has been filled, canceled or does not exist.";
        OkxError::new(51400, msg)
    };
    let id = find(caller, engine, fields)?.map(|order| order.id).ok_or_else(gone)?;
    engine.cancel(caller.account, id, caller.now_ns).map_err(|_| gone())?;
    Ok(id)
}

fn amend_one(caller: &Caller<'_>, engine: &mut Engine, fields: Fields<'_>) -> Result<OrderId> {
    let known = ["instId", "ordId", "clOrdId", "cxlOnFail", "reqId", "newSz", "newPx", "pxAmendType"];
    fields.only(&known, caller.venue.lenient)?;
    if fields.text("pxAmendType")?.is_some_and(|kind| kind != "0") {
        return Err(OkxError::parameter("pxAmendType"));
    }
    let req_id = fields.word("reqId", 32)?.unwrap_or_default();
    let (qty, limit) = (fields.positive("newSz")?, fields.positive("newPx")?);
    if qty.is_none() && limit.is_none() {
        return Err(OkxError::new(51500, "You must enter a price, quantity, or TP/SL"));
    }
    let gone = || {
        let msg = "Order modification failed as the order has been filled, canceled or does not exist.";
        OkxError::new(51503, msg)
    };
    let found = find(caller, engine, fields)?.filter(|order| order.status.is_open()).ok_or_else(gone)?;
    let (id, ask) = (found.id, found.ask.clone());
    if ask.order_type != OrderType::Limit {
        return Err(OkxError::new(51506, "Order modification unavailable for the order type."));
    }
    let amended = engine.amend(caller.account, id, qty, limit, caller.now_ns);
    if let Err(reject) = amended {
        if fields.flag("cxlOnFail")? {
            // What is gone meanwhile needs no cancel.
            let _ = engine.cancel(caller.account, id, caller.now_ns);
        }
        return Err(from_reject(&reject, &ask));
    }
    if let Some(notes) = caller.state.notes.lock().get_mut(&id) {
        notes.req_id = req_id;
    }
    Ok(id)
}
