//! Orders and fills as REST writes them.

use super::add_order::{describe, side_name, type_name};
use super::format::{fixed, seconds};
use super::pairs::{COST_DECIMALS, LOT_DECIMALS, PAIRS};
use super::txid::{order_txid, trade_txid};
use crate::engine::{Fill, Order, Status};
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// An order's status in REST words.
pub(crate) fn status_name(order: &Order) -> &'static str {
    match order.status {
        Status::Open => "open",
        Status::Filled => "closed",
        Status::Canceled => "canceled",
        Status::Expired => "expired",
    }
}

/// One order as in OpenOrders, ClosedOrders and QueryOrders.
pub(crate) fn order(order: &Order, with_trades: bool) -> Value {
    let ask = &order.ask;
    let pair = &PAIRS[ask.market];
    let price = |value: Option<Decimal>| {
        value.map_or_else(|| "0".to_owned(), |value| fixed(value, pair.price_decimals))
    };
    let money = |value: Decimal| fixed(value, COST_DECIMALS);
    let (first, second) =
        if ask.order_type.is_triggered() { (ask.trigger, ask.limit) } else { (ask.limit, None) };
    let mut flags = vec!["fciq"];
    flags.extend(ask.post_only.then_some("post"));
    flags.extend(ask.in_quote.then_some("viqc"));
    let waiting = ask.order_type.is_triggered();
    let mut out = json!({
        "refid": null,
        "userref": ask.userref.unwrap_or(0),
        "status": status_name(order),
        "opentm": seconds(order.opened_ns),
        "starttm": 0,
        "expiretm": ask.expires_ns.map_or(0, |ns| ns.div_euclid(1_000_000_000)),
        "descr": {
            "pair": pair.altname,
            "aclass": "forex",
            "type": side_name(ask.side),
            "ordertype": type_name(ask.order_type),
            "price": price(first),
            "price2": price(second),
            "leverage": "none",
            "order": describe(ask, pair),
            "close": "",
        },
        "vol": fixed(ask.qty, LOT_DECIMALS),
        "vol_exec": fixed(order.filled, LOT_DECIMALS),
        "cost": money(order.cost),
        "fee": money(order.fee),
        "price": money(order.avg_price()),
        "stopprice": money(ask.trigger.filter(|_| waiting).unwrap_or_default()),
        "limitprice": money(ask.limit.filter(|_| waiting).unwrap_or_default()),
        "misc": "",
        "oflags": flags.join(","),
    });
    if let Some(client_id) = &ask.client_id {
        out["cl_ord_id"] = json!(client_id);
    }
    if waiting {
        out["trigger"] = json!("last");
    }
    if let Some(closed) = order.closed_ns {
        out["closetm"] = json!(seconds(closed));
        out["reason"] = json!(order.reason);
    }
    if with_trades && !order.fills.is_empty() {
        out["trades"] = order.fills.iter().map(|id| trade_txid(*id)).collect();
    }
    out
}

/// One fill as in TradesHistory and QueryTrades.
pub(crate) fn fill(fill: &Fill) -> Value {
    let pair = &PAIRS[fill.market];
    let mut out = json!({
        "ordertxid": order_txid(fill.order),
        "postxid": "TKH2SE-M7IF5-CFI7LT",
        "pair": pair.name,
        "aclass": "forex",
        "time": seconds(fill.time_ns),
        "type": side_name(fill.side),
        "ordertype": type_name(fill.order_type),
        "price": fixed(fill.price, 5),
        "cost": fixed(fill.cost, COST_DECIMALS),
        "fee": fixed(fill.fee, COST_DECIMALS),
        "vol": fixed(fill.qty, LOT_DECIMALS),
        "margin": "0.00000",
        "leverage": "0",
        "misc": "",
        "trade_id": fill.trade_id,
        "maker": fill.maker,
    });
    if let Some(client_id) = &fill.client_id {
        out["cl_ord_id"] = json!(client_id);
    }
    out
}
