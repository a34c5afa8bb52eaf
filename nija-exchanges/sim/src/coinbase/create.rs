//! Placing orders, and trying them.

use super::error::{OrderRefusal, Refusal, UNKNOWN, UNKNOWN_PREVIEW};
use super::form::{self, Form};
use super::ids::{self, Kind};
use super::products::plain;
use super::public::side;
use super::rest::{Caller, Result};
use crate::engine::{Engine, NewOrder, OrderId, OrderType, Reject, Side};
use crate::faults::FaultKind;
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// `POST /orders`. A client id that was used before, by an order of any state, gives back that order's id; what is echoed are the
/// new parameters all the same.
pub(super) fn create(caller: &Caller<'_>) -> Result<Value> {
    let mut form = match form::read(caller.body, caller.account, caller.venue.lenient, false)? {
        Ok(form) => form,
        Err((refusal, configuration)) => return Ok(refused(&refusal, &configuration)),
    };
    if let Some(fault) = caller.fault.filter(|fault| fault.kind == FaultKind::PartialFill) {
        form.legs[0].take_fraction = Some(fault.fraction.unwrap_or(Decimal::new(5, 1)));
    }
    form.legs[0].client_id = Some(form.client_id.clone());
    // Held until the order is there, so that of two requests at once one is the first.
    let mut used = caller.state.client_ids.lock();
    let name = (caller.account, form.client_id.clone());
    if let Some(&first) = used.get(&name) {
        return Ok(accepted(&form, first));
    }
    let placed = {
        let mut engine = caller.venue.engine.lock();
        check(&engine, &form).and_then(|()| place(&mut engine, &form, caller.now_ns))
    };
    caller.venue.touch();
    Ok(match placed {
        Ok(id) => {
            used.insert(name, id);
            accepted(&form, id)
        }
        Err(refusal) => refused(&refusal, &form.configuration),
    })
}

fn place(engine: &mut Engine, form: &Form, now_ns: i64) -> std::result::Result<OrderId, OrderRefusal> {
    let placed = match form.legs.as_slice() {
        [one] => engine.place(one.clone(), now_ns),
        legs => engine.place_linked(legs.to_vec(), now_ns).and_then(|link| {
            let head = engine.linked(link).next().map(|order| order.id);
            head.ok_or(Reject::UnknownOrder)
        }),
    };
    placed.map_err(|reject| from_reject(&reject))
}

/// What the engine does not know of.
fn check(engine: &Engine, form: &Form) -> std::result::Result<(), OrderRefusal> {
    let order = &form.legs[0];
    let last = engine.markets()[order.market].last_price();
    let refuse = |preview, message| Err(OrderRefusal::new(UNKNOWN, preview, message));
    if !order.in_quote && order.qty > form.product.base_max() {
        return refuse("PREVIEW_INVALID_BASE_SIZE_TOO_LARGE", "Order size is above the maximum");
    }
    let rises = match order.order_type {
        OrderType::StopLossLimit => form.side == Side::Buy,
        OrderType::TakeProfitLimit => form.side == Side::Sell,
        _ => return Ok(()),
    };
    match order.trigger {
        Some(stop) if rises && stop <= last => {
            refuse("PREVIEW_STOP_PRICE_BELOW_LAST_TRADE_PRICE", "Stop price is below the last trade price")
        }
        Some(stop) if !rises && stop >= last => {
            refuse("PREVIEW_STOP_PRICE_ABOVE_LAST_TRADE_PRICE", "Stop price is above the last trade price")
        }
        _ => Ok(()),
    }
}

fn accepted(form: &Form, id: OrderId) -> Value {
    let id = ids::id(Kind::Order, id);
    json!({
        "success": true,
        "failure_reason": UNKNOWN,
        "order_id": id,
        "success_response": {
            "order_id": id,
            "product_id": form.product.id,
            "side": side(form.side),
            "client_order_id": form.client_id,
            "attached_order_id": "",
        },
        "order_configuration": form.configuration,
    })
}

fn refused(refusal: &OrderRefusal, configuration: &Value) -> Value {
    json!({
        "success": false,
        "failure_reason": UNKNOWN,
        "order_id": "",
        "error_response": refusal.json(),
        "order_configuration": configuration,
    })
}

/// `POST /orders/preview`: what would become of it.
pub(super) fn preview(caller: &Caller<'_>) -> Result<Value> {
    let form = match form::read(caller.body, caller.account, caller.venue.lenient, true)? {
        Ok(form) => form,
        Err((refusal, _)) => return Ok(json!({ "errs": [refusal.preview], "warning": [] })),
    };
    let engine = caller.venue.engine.lock();
    let order = &form.legs[0];
    let mut errors = Vec::new();
    let checked = check(&engine, &form)
        .and_then(|()| engine.check(order, caller.now_ns).map_err(|reject| from_reject(&reject)));
    if let Err(refusal) = checked {
        errors.push(if refusal.preview == UNKNOWN_PREVIEW { refusal.error } else { refusal.preview });
    }
    Ok(estimate(&engine, order, &errors))
}

fn estimate(engine: &Engine, order: &NewOrder, errors: &[&str]) -> Value {
    let (bids, asks) = engine.depth(order.market, 1);
    let best =
        |levels: &[crate::engine::PriceLevel]| levels.first().map(|level| level.price).unwrap_or_default();
    let (bid, ask) = (best(&bids), best(&asks));
    let price = order.limit.unwrap_or(if order.side == Side::Buy { ask } else { bid });
    let quote = if order.in_quote { order.qty } else { order.qty * price };
    let base = match (order.in_quote, price.is_zero()) {
        (true, false) => (quote / price).round_dp(8),
        _ => order.qty,
    };
    let (_, tier) = engine.volume(order.account);
    let fee = (quote * tier.taker_pct / Decimal::ONE_HUNDRED).round_dp(8);
    let total = if order.side == Side::Buy { quote + fee } else { quote - fee };
    json!({
        "order_total": plain(total),
        "commission_total": plain(fee),
        "errs": errors,
        "warning": [],
        "quote_size": plain(quote),
        "base_size": plain(base),
        "best_bid": plain(bid),
        "best_ask": plain(ask),
        "is_max": false,
        "order_margin_total": "0",
        "leverage": "1",
        "long_leverage": "0",
        "short_leverage": "0",
        "slippage": "0",
        "preview_id": ids::id(Kind::Trade, order.account as u64),
        "average_filled_price": plain(price),
    })
}

/// The engine's refusals in Coinbase's words, as far as its lists of reasons name them.
pub(super) fn from_reject(reject: &Reject) -> OrderRefusal {
    let new = OrderRefusal::new;
    match reject {
        Reject::InsufficientFunds => {
            new("INSUFFICIENT_FUND", "PREVIEW_INSUFFICIENT_FUND", "Insufficient balance in source account")
        }
        Reject::MinQty => {
            new(UNKNOWN, "PREVIEW_INVALID_BASE_SIZE_TOO_SMALL", "Order size is below the minimum")
        }
        Reject::MinCost => {
            new(UNKNOWN, "PREVIEW_INVALID_QUOTE_SIZE_TOO_SMALL", "Order value is below the minimum")
        }
        Reject::Quantity => new(
            "INVALID_SIZE_PRECISION",
            "PREVIEW_INVALID_SIZE_PRECISION",
            "Too many decimals in order amount",
        ),
        Reject::PriceDecimals | Reject::Tick => new(
            "INVALID_PRICE_PRECISION",
            "PREVIEW_INVALID_PRICE_PRECISION",
            "Too many decimals in order price",
        ),
        Reject::Price => new("INVALID_LIMIT_PRICE", "PREVIEW_INVALID_LIMIT_PRICE", "Invalid limit price"),
        Reject::PostOnly => new(
            "INVALID_LIMIT_PRICE_POST_ONLY",
            "PREVIEW_INVALID_LIMIT_PRICE_POST_ONLY",
            "Post only orders may not take liquidity",
        ),
        Reject::FillOrKill => {
            new("INVALID_NO_LIQUIDITY", "PREVIEW_INVALID_NO_LIQUIDITY", "The order cannot be filled whole")
        }
        Reject::Expiry => new("INVALID_REQUEST", UNKNOWN_PREVIEW, "end_time must be in the future"),
        Reject::TooManyOrders => {
            new("COMMANDER_REJECTED_NEW_ORDER", UNKNOWN_PREVIEW, "too many open orders in this product")
        }
        Reject::DuplicateClientId | Reject::UnknownOrder => {
            new("INVALID_REQUEST", UNKNOWN_PREVIEW, "the order cannot be taken")
        }
    }
}

/// A request's JSON object.
pub(super) fn object(body: &[u8]) -> Result<serde_json::Map<String, Value>> {
    serde_json::from_slice(body).map_err(|_| Refusal::argument("the request is not a JSON object"))
}
