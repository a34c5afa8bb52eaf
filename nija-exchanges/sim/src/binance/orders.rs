//! Orders, lists and executions as Binance writes them.

use super::format::{eight, ms};
use super::symbols::SYMBOLS;
use crate::engine::{Engine, Fill, LINKED, LinkId, Order, OrderType, Side, Status, TimeInForce};
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// An order's status.
pub(crate) fn status(order: &Order) -> &'static str {
    match (order.status, order.reason) {
        (Status::Open, _) if order.filled.is_zero() => "NEW",
        (Status::Open, _) => "PARTIALLY_FILLED",
        (Status::Filled, _) => "FILLED",
        (Status::Canceled, Some("User requested")) => "CANCELED",
        (Status::Canceled, Some("Self trade prevented")) => "EXPIRED_IN_MATCH",
        // Binance's own endings: an immediate order's rest, the other order of a list.
        (Status::Canceled | Status::Expired, _) => "EXPIRED",
    }
}

pub(crate) fn side(side: Side) -> &'static str {
    if side == Side::Buy { "BUY" } else { "SELL" }
}

pub(crate) fn type_name(order: &Order) -> &'static str {
    match order.ask.order_type {
        OrderType::Market => "MARKET",
        OrderType::Limit if order.ask.post_only => "LIMIT_MAKER",
        OrderType::Limit => "LIMIT",
        OrderType::StopLoss => "STOP_LOSS",
        OrderType::StopLossLimit => "STOP_LOSS_LIMIT",
        OrderType::TakeProfit => "TAKE_PROFIT",
        OrderType::TakeProfitLimit => "TAKE_PROFIT_LIMIT",
    }
}

pub(crate) fn tif(order: &Order) -> &'static str {
    match order.ask.tif {
        // Market orders rest as little as any, and Binance still says GTC.
        _ if order.ask.order_type == OrderType::Market => "GTC",
        TimeInForce::Gtc | TimeInForce::Gtd => "GTC",
        TimeInForce::Ioc => "IOC",
        TimeInForce::Fok => "FOK",
    }
}

/// Base quantity asked for: of an order in quote, what it bought.
pub(crate) fn asked(order: &Order) -> Decimal {
    if order.ask.in_quote { order.filled } else { order.ask.qty }
}

/// Quote amount asked for.
pub(crate) fn asked_quote(order: &Order) -> Decimal {
    if order.ask.in_quote { order.ask.qty } else { Decimal::ZERO }
}

pub(crate) fn list_id(order: &Order) -> i64 {
    order.link.and_then(|link| i64::try_from(link).ok()).unwrap_or(-1)
}

pub(crate) fn client_id(order: &Order) -> &str {
    order.ask.client_id.as_deref().unwrap_or_default()
}

/// When it last changed.
fn updated_ns(engine: &Engine, order: &Order) -> i64 {
    order.closed_ns.unwrap_or_else(|| {
        let traded = !order.fills.is_empty();
        let last =
            traded.then(|| engine.fills(order.ask.account).find(|fill| fill.order == order.id)).flatten();
        last.map_or(order.opened_ns, |fill| fill.time_ns)
    })
}

/// One order as in `order`, `openOrders` and `allOrders`.
pub(crate) fn order(engine: &Engine, order: &Order) -> Value {
    let mut out = common(order);
    out["stopPrice"] = json!(eight(order.ask.trigger.unwrap_or_default()));
    out["icebergQty"] = json!("0.00000000");
    out["time"] = json!(ms(order.opened_ns));
    out["updateTime"] = json!(ms(updated_ns(engine, order)));
    out["isWorking"] = json!(!order.ask.order_type.is_triggered() || order.triggered);
    out["workingTime"] = json!(ms(order.opened_ns));
    out
}

/// One order as the answer to its own placing: `ACK`, `RESULT` or `FULL`.
pub(crate) fn placed(engine: &Engine, order: &Order, form: &str, now_ns: i64) -> Value {
    if form == "ACK" {
        return json!({
            "symbol": SYMBOLS[order.ask.market].name,
            "orderId": order.id,
            "orderListId": list_id(order),
            "clientOrderId": client_id(order),
            "transactTime": ms(now_ns),
        });
    }
    let mut out = common(order);
    out["transactTime"] = json!(ms(now_ns));
    out["workingTime"] = json!(ms(now_ns));
    if let Some(trigger) = order.ask.trigger {
        out["stopPrice"] = json!(eight(trigger));
    }
    if form == "FULL" {
        let mut fills: Vec<&Fill> =
            engine.fills(order.ask.account).filter(|fill| fill.order == order.id).collect();
        fills.reverse();
        let fill = |fill: &&Fill| {
            json!({
                "price": eight(fill.price),
                "qty": eight(fill.qty),
                "commission": eight(fill.fee),
                "commissionAsset": fill.fee_asset,
                "tradeId": fill.trade_id,
            })
        };
        out["fills"] = fills.iter().map(fill).collect();
    }
    out
}

/// One order as the answer to its cancel, which has a client id of its own.
pub(crate) fn cancelled(order: &Order, cancel_id: &str, now_ns: i64) -> Value {
    let mut out = common(order);
    out["origClientOrderId"] = json!(client_id(order));
    out["clientOrderId"] = json!(cancel_id);
    out["transactTime"] = json!(ms(now_ns));
    if let Some(trigger) = order.ask.trigger {
        out["stopPrice"] = json!(eight(trigger));
    }
    out
}

fn common(order: &Order) -> Value {
    json!({
        "symbol": SYMBOLS[order.ask.market].name,
        "orderId": order.id,
        "orderListId": list_id(order),
        "clientOrderId": client_id(order),
        "price": eight(order.ask.limit.unwrap_or_default()),
        "origQty": eight(asked(order)),
        "executedQty": eight(order.filled),
        "origQuoteOrderQty": eight(asked_quote(order)),
        "cummulativeQuoteQty": eight(order.cost),
        "status": status(order),
        "timeInForce": tif(order),
        "type": type_name(order),
        "side": side(order.ask.side),
        "selfTradePreventionMode": "EXPIRE_TAKER",
    })
}

/// One execution as in `myTrades`.
pub(crate) fn trade(engine: &Engine, fill: &Fill) -> Value {
    let order_list = engine.order(fill.order).map_or(-1, list_id);
    json!({
        "symbol": SYMBOLS[fill.market].name,
        "id": fill.trade_id,
        "orderId": fill.order,
        "orderListId": order_list,
        "price": eight(fill.price),
        "qty": eight(fill.qty),
        "quoteQty": eight(fill.cost),
        "commission": eight(fill.fee),
        "commissionAsset": fill.fee_asset,
        "time": ms(fill.time_ns),
        "isBuyer": fill.side == Side::Buy,
        "isMaker": fill.maker,
        "isBestMatch": true,
    })
}

/// Whether a list still has an open order.
pub(crate) fn list_is_open(engine: &Engine, link: LinkId) -> bool {
    engine.linked(link).any(|order| order.status.is_open())
}

/// One order list.
pub(crate) fn list(engine: &Engine, link: LinkId, name: &str) -> Value {
    let open = list_is_open(engine, link);
    let first = engine.linked(link).next();
    let short = |order: &Order| {
        json!({
            "symbol": SYMBOLS[order.ask.market].name,
            "orderId": order.id,
            "clientOrderId": client_id(order),
        })
    };
    json!({
        "orderListId": link,
        "contingencyType": "OCO",
        "listStatusType": if open { "EXEC_STARTED" } else { "ALL_DONE" },
        "listOrderStatus": if open { "EXECUTING" } else { "ALL_DONE" },
        "listClientOrderId": name,
        "transactionTime": ms(first.map(|order| order.opened_ns).unwrap_or_default()),
        "symbol": first.map(|order| SYMBOLS[order.ask.market].name),
        "orders": engine.linked(link).map(short).collect::<Vec<_>>(),
    })
}

/// The id that a cancel gets unless its sender names one.
pub(crate) fn cancel_id(order: &Order) -> String {
    format!("cancel{:016x}", order.id.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// Whether an order ended because of one that it was listed with.
pub(crate) fn ended_by_its_list(order: &Order) -> bool {
    order.reason == Some(LINKED)
}
