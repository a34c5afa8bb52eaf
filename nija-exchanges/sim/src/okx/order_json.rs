//! Orders and executions as OKX writes them.

use super::attached;
use super::ids::{self, Kind};
use super::instruments::{INSTRUMENTS, Instrument, ms, plain};
use super::notes::Notes;
use super::protocol::State;
use crate::engine::{Engine, Fill, Order, OrderType, Side, Status, TimeInForce};
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// Why an order ended that would have taken and may not.
pub(super) const POST_ONLY: &str = "Post only";
/// Why an order ended that could not be filled whole.
pub(super) const FOK_UNFILLED: &str = "Fill or kill";

pub(super) fn state(order: &Order) -> &'static str {
    match order.status {
        Status::Open if order.filled.is_zero() => "live",
        Status::Open => "partially_filled",
        Status::Filled => "filled",
        Status::Canceled | Status::Expired => "canceled",
    }
}

pub(super) fn side(side: Side) -> &'static str {
    if side == Side::Buy { "buy" } else { "sell" }
}

pub(super) fn order_type(order: &Order) -> &'static str {
    match (order.ask.order_type, order.ask.tif) {
        (OrderType::Market, _) => "market",
        (_, TimeInForce::Fok) => "fok",
        (_, TimeInForce::Ioc) => "ioc",
        _ if order.ask.post_only => "post_only",
        _ => "limit",
    }
}

/// Who ended it, as OKX's code and in words.
fn cancel_source(order: &Order) -> (&'static str, &'static str) {
    match (order.status, order.reason, order.ask.tif) {
        (Status::Open | Status::Filled, _, _) => ("", ""),
        (_, Some("User requested"), _) => ("1", "Order canceled by user"),
        (_, Some(POST_ONLY), _) => {
            ("31", "The post-only order will take liquidity in maker orders, so it was canceled")
        }
        (_, Some(FOK_UNFILLED), _) => ("13", "FOK order was canceled due to incompletely filled"),
        (_, Some("Self trade prevented"), _) => ("32", "Self trade prevention"),
        (_, Some("Insufficient funds"), _) => ("9", "Insufficient balance"),
        (_, _, TimeInForce::Ioc) => ("14", "IOC order was partially canceled due to incompletely filled"),
        _ => ("0", "Order canceled by system"),
    }
}

/// What fees are taken in, by side: what the order receives.
pub(super) fn fee_ccy(instrument: &Instrument, side: Side) -> &'static str {
    if side == Side::Buy { instrument.base } else { instrument.quote }
}

/// Negative: it is charged.
pub(super) fn fee(fee: Decimal) -> String {
    plain(-fee)
}

fn last_fill<'e>(engine: &'e Engine, order: &Order) -> Option<&'e Fill> {
    let id = order.fills.last()?;
    engine.fills(order.ask.account).find(|fill| fill.id == *id)
}

/// When it last changed.
pub(super) fn updated_ns(engine: &Engine, order: &Order) -> i64 {
    let filled = || last_fill(engine, order).map_or(order.opened_ns, |fill| fill.time_ns);
    order.closed_ns.unwrap_or_else(filled)
}

/// One order as in `order`, `orders-pending` and `orders-history`.
pub(super) fn order(engine: &Engine, of: &State, order: &Order) -> Value {
    let mut out = common(of, order);
    let fill = last_fill(engine, order);
    out["fillPx"] = json!(fill.map(|fill| plain(fill.price)).unwrap_or_default());
    out["fillSz"] = json!(fill.map_or_else(|| "0".to_owned(), |fill| plain(fill.qty)));
    out["fillTime"] = json!(fill.map(|fill| ms(fill.time_ns)).unwrap_or_default());
    out["tradeId"] = json!(fill.map(|fill| fill.trade_id.to_string()).unwrap_or_default());
    out["uTime"] = json!(ms(updated_ns(engine, order)));
    out
}

/// What spot orders have not.
const NONE: [&str; 14] = [
    "attachAlgoClOrdId",
    "ccy",
    "lever",
    "pxType",
    "pxUsd",
    "pxVol",
    "quickMgnType",
    "slOrdPx",
    "slTriggerPx",
    "slTriggerPxType",
    "stpId",
    "tpOrdPx",
    "tpTriggerPx",
    "tpTriggerPxType",
];

/// What an order is told by everywhere.
pub(super) fn common(of: &State, order: &Order) -> Value {
    let instrument = &INSTRUMENTS[order.ask.market];
    let notes: Notes = of.notes_of(order.id);
    let (source, reason) = cancel_source(order);
    let (algo_id, algo_client) = notes.algo.unwrap_or_default();
    let avg = if order.filled.is_zero() {
        String::new()
    } else {
        plain(order.avg_price().round_dp(instrument.price_decimals + 8))
    };
    let mut out = json!({
        "accFillSz": plain(order.filled),
        "algoClOrdId": algo_client,
        "algoId": if algo_id == 0 { String::new() } else { ids::id(Kind::Algo, algo_id) },
        "attachAlgoOrds": attached::rows(order, notes.attached.as_deref()),
        "avgPx": avg,
        "cTime": ms(order.opened_ns),
        "cancelSource": source,
        "cancelSourceReason": reason,
        "category": "normal",
        "clOrdId": order.ask.client_id.as_deref().unwrap_or_default(),
        "fee": fee(order.fee),
        "feeCcy": fee_ccy(instrument, order.ask.side),
        "instId": instrument.id,
        "instType": "SPOT",
        "isTpLimit": "false",
        "linkedAlgoOrd": { "algoId": "" },
        "ordId": ids::id(Kind::Order, order.id),
        "ordType": order_type(order),
        "pnl": "0",
        "posSide": "net",
        "px": order.ask.limit.map(plain).unwrap_or_default(),
        "rebate": "0",
        "rebateCcy": fee_ccy(instrument, order.ask.side.opposite()),
        "reduceOnly": "false",
        "side": side(order.ask.side),
        "source": notes.source,
        "state": state(order),
        "stpMode": "cancel_maker",
        "sz": plain(if order.ask.order_type == OrderType::Market { notes.sz } else { order.ask.qty }),
        "tag": notes.tag,
        "tdMode": "cash",
        "tgtCcy": notes.tgt_ccy,
        "tradeQuoteCcy": instrument.quote,
    });
    NONE.into_iter().for_each(|name| out[name] = json!(""));
    out
}

/// One execution as in `fills`.
pub(super) fn fill(of: &State, fill: &Fill) -> Value {
    let instrument = &INSTRUMENTS[fill.market];
    let base = if fill.side == Side::Buy { fill.qty } else { fill.cost };
    let rate = if base.is_zero() { Decimal::ZERO } else { (fill.fee / base).round_dp(6) };
    json!({
        "side": side(fill.side),
        "fillSz": plain(fill.qty),
        "fillPx": plain(fill.price),
        "fillPxVol": "",
        "fillFwdPx": "",
        "fee": fee(fill.fee),
        "fillPnl": "0",
        "ordId": ids::id(Kind::Order, fill.order),
        "feeRate": plain(-rate),
        "instType": "SPOT",
        "fillPxUsd": "",
        "instId": instrument.id,
        "clOrdId": fill.client_id.as_deref().unwrap_or_default(),
        "posSide": "net",
        "billId": ids::id(Kind::Bill, fill.id),
        "subType": if fill.side == Side::Buy { "1" } else { "2" },
        "fillMarkVol": "",
        "tag": of.notes_of(fill.order).tag,
        "fillTime": ms(fill.time_ns),
        "execType": if fill.maker { "M" } else { "T" },
        "fillIdxPx": plain(fill.price),
        "tradeId": fill.trade_id.to_string(),
        "fillMarkPx": "",
        "feeCcy": fill.fee_asset,
        "ts": ms(fill.time_ns),
        "tradeQuoteCcy": instrument.quote,
    })
}
