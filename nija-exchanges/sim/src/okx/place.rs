//! Placing orders.

use super::body::{self, Fields};
use super::error::{OkxError, Result};
use super::ids::{self, Kind};
use super::instruments::{INSTRUMENTS, ms};
use super::new_order::{self, Parsed};
use super::notes::Notes;
use super::order_json::{FOK_UNFILLED, POST_ONLY};
use super::protocol::State;
use super::rest::Caller;
use crate::engine::{Engine, NewOrder, OrderId, Reject, Side, TimeInForce};
use crate::faults::FaultKind;
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// Orders in one batch.
pub(super) const BATCH: usize = 20;

/// `POST /trade/order`.
pub(super) fn one(caller: &Caller<'_>) -> Result<Value> {
    let fields = Fields::of(&caller.body)?;
    Ok(place(caller, &[fields]))
}

/// `POST /trade/batch-orders`.
pub(super) fn batch(caller: &Caller<'_>) -> Result<Value> {
    Ok(place(caller, &body::batch(&caller.body, BATCH)?))
}

fn place(caller: &Caller<'_>, orders: &[Fields<'_>]) -> Value {
    let items: Vec<Value> = {
        let mut engine = caller.venue.engine.lock();
        orders.iter().map(|fields| item(caller, &mut engine, *fields)).collect()
    };
    caller.venue.touch();
    results(&items, caller.now_ns)
}

fn item(caller: &Caller<'_>, engine: &mut Engine, fields: Fields<'_>) -> Value {
    let text = |name: &str| fields.text(name).ok().flatten().unwrap_or_default();
    let about = |id: Option<OrderId>| {
        json!({
            "clOrdId": text("clOrdId"),
            "ordId": id.map(|id| ids::id(Kind::Order, id)).unwrap_or_default(),
            "tag": text("tag"),
            "ts": ms(caller.now_ns),
            "subCode": "",
        })
    };
    let placed =
        new_order::parse(fields, caller.account, engine, caller.venue.lenient).and_then(|mut parsed| {
            if let Some(fault) = caller.fault.filter(|fault| fault.kind == FaultKind::PartialFill) {
                parsed.order.take_fraction = Some(fault.fraction.unwrap_or(Decimal::new(5, 1)));
            }
            let Parsed { order, notes } = parsed;
            take(caller.state, engine, &order, notes, caller.now_ns)
        });
    match placed {
        Ok(id) => done(about(Some(id)), "Order placed"),
        Err(error) => error.item(about(None)),
    }
}

/// A success among results.
pub(super) fn done(mut item: Value, msg: &str) -> Value {
    item["sCode"] = json!("0");
    item["sMsg"] = json!(msg);
    item
}

/// The envelope of results, each a success or not.
pub(super) fn results(items: &[Value], now_ns: i64) -> Value {
    let failed = items.iter().filter(|item| item["sCode"] != "0").count();
    let (code, msg) = match failed {
        0 => ("0", ""),
        _ if failed == items.len() => ("1", "All operations failed"),
        _ => ("2", "Bulk operation partially succeeded."),
    };
    let us = now_ns.div_euclid(1_000).to_string();
    json!({ "code": code, "data": items, "msg": msg, "inTime": us, "outTime": us })
}

/// Places an order. One that may not take and would, or cannot be filled whole, is accepted and cancelled at once.
pub(super) fn take(
    state: &State,
    engine: &mut Engine,
    order: &NewOrder,
    notes: Notes,
    now_ns: i64,
) -> Result<OrderId> {
    let refuse = |reject: &Reject| from_reject(reject, order);
    let id = match engine.place(order.clone(), now_ns) {
        Ok(id) => id,
        Err(reject @ (Reject::PostOnly | Reject::FillOrKill)) => {
            let plain = NewOrder { post_only: false, tif: TimeInForce::Gtc, ..order.clone() };
            engine.check(&plain, now_ns).map_err(|reject| refuse(&reject))?;
            let reason = if reject == Reject::PostOnly { POST_ONLY } else { FOK_UNFILLED };
            engine.place_and_cancel(order.clone(), reason, now_ns).map_err(|reject| refuse(&reject))?
        }
        Err(reject) => return Err(refuse(&reject)),
    };
    state.note(engine, id, notes);
    Ok(id)
}

/// The words for an engine's refusal.
pub(super) fn from_reject(reject: &Reject, order: &NewOrder) -> OkxError {
    let instrument = &INSTRUMENTS[order.market];
    match reject {
        Reject::InsufficientFunds => OkxError::insufficient(match order.side {
            Side::Buy => instrument.quote,
            Side::Sell => instrument.base,
        }),
        Reject::MinQty | Reject::MinCost => {
            OkxError::new(51020, "Your order should meet or exceed the minimum order amount.")
        }
        Reject::Quantity => OkxError::new(51121, "Order quantity must be a multiple of the lot size."),
        Reject::PriceDecimals | Reject::Tick => {
            OkxError::new(51150, "The precision of the number of trades or the price exceeds the limit.")
        }
        Reject::Price => OkxError::new(51116, "Order price or trigger price exceeds 999999999."),
        Reject::DuplicateClientId => OkxError::new(51016, "Client order ID already exists."),
        Reject::TooManyOrders => {
            let msg =
                "Order failed, the number of pending orders for this instId can’t be more than 500 (orders)";
            OkxError::new(51102, msg)
        }
        Reject::UnknownOrder => OkxError::no_order(),
        Reject::PostOnly => OkxError::new(
            51511,
            "Operation failed as the order price did not meet the requirement for post only",
        ),
        Reject::FillOrKill | Reject::Expiry => OkxError::parameter("ordType"),
    }
}
