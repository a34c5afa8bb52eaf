//! Recorded answers are understood, and no answer whatsoever is a panic.

use nija_core::{OrderKind, OrderState, Timestamp, VenueError};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::HashMap;

use super::{
    decoders::{CALLS, SYMBOLS, VENUE, read, take},
    parse::{self, result},
    stream::tracked::TrackedOrders,
    wire::{self, ws},
};
use crate::odd_json::{any_json, damaged};

#[test]
fn fixture_recorded_stream_messages_are_understood() {
    let Some(folder) = crate::fixtures::folder("fixture_recorded_stream_messages") else {
        return;
    };
    let folder = folder.join("payloads/kraken/jkorf");
    for file in ["ws_AggBook", "ws_Ticker"] {
        let text = std::fs::read_to_string(folder.join(format!("{file}.json"))).unwrap();
        let conversation: Vec<HashMap<String, &serde_json::value::RawValue>> =
            serde_json::from_str(&text).unwrap();
        let answer: ws::Message<'_> = serde_json::from_str(conversation[1]["json"].get()).unwrap();
        assert_eq!((answer.success, answer.method.as_deref()), (Some(true), Some("subscribe")));
        let about: ws::Acknowledged<'_> = serde_json::from_str(answer.result.unwrap().get()).unwrap();
        assert_eq!(about.symbol.as_deref(), Some("ETH/USDT"));
        let update: ws::Message<'_> = serde_json::from_str(conversation[2]["json"].get()).unwrap();
        let data = update.data.unwrap().get();
        match update.channel.as_deref() {
            Some("book") => {
                let books: Vec<ws::Book<'_>> = serde_json::from_str(data).unwrap();
                assert_eq!((books[0].bids.len(), books[0].asks.len()), (10, 10));
            }
            Some("ticker") => {
                let tickers: Vec<ws::Ticker<'_>> = serde_json::from_str(data).unwrap();
                assert_eq!((tickers[0].bid.0.to_string(), tickers.len()), ("0.10025".to_owned(), 1));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn an_order_told_in_parts_is_put_together() {
    let mut orders = TrackedOrders::new(VENUE.clone());
    let mut tell = |json: Value| {
        let text = json.to_string();
        let execution: ws::Execution<'_> = serde_json::from_str(&text).unwrap();
        let told = orders.take(&execution, false, &SYMBOLS, Timestamp::from_micros(1));
        (told, orders.held("BTC").to_string())
    };
    let id = "7d1c9a52-6c3a-4d65-9a4c-0b9d9a1f7a10";
    let (told, held) = tell(json!({
        "order_id": "OK4GJX-KSTLS-7DZZO5", "cl_ord_id": id, "symbol": "BTC/USD", "order_qty": 0.005, "cum_cost": 0.0,
        "exec_type": "pending_new", "side": "sell", "order_type": "limit", "limit_price": 26500.0,
        "order_status": "pending_new", "timestamp": "2023-09-22T10:33:05.709950Z"
    }));
    assert_eq!(told.unwrap().report.unwrap().state, OrderState::Working);
    assert_eq!(held, "0.005");
    let (told, _) = tell(json!({
        "order_id": "OK4GJX-KSTLS-7DZZO5", "exec_type": "new", "order_status": "new",
        "timestamp": "2023-09-22T10:33:05.709950Z"
    }));
    let report = told.unwrap().report.unwrap();
    assert_eq!((report.state, report.client_id.unwrap().to_string()), (OrderState::Working, id.to_owned()));
    let (told, held) = tell(json!({
        "order_id": "OK4GJX-KSTLS-7DZZO5", "exec_type": "trade", "exec_id": "TBC3HW-ABCDE-FGHIJK", "trade_id": 1,
        "symbol": "BTC/USD", "side": "sell", "last_qty": 0.002, "last_price": 26599.9, "liquidity_ind": "m",
        "cost": 53.1998, "order_status": "partially_filled", "order_type": "limit",
        "fees": [{"asset": "USD", "qty": 0.1383}], "timestamp": "2023-09-22T10:33:06.709950Z"
    }));
    let told = told.unwrap();
    let (fill, report) = (told.fill.unwrap(), told.report.unwrap());
    assert_eq!(fill.client_id, report.client_id);
    assert_eq!((fill.fee_asset.as_str(), fill.fee.to_string()), ("USD", "0.1383".to_owned()));
    assert_eq!((report.state, report.filled.to_string()), (OrderState::PartialFill, "0.002".to_owned()));
    assert_eq!(held, "0.003");
    let (told, held) = tell(json!({
        "order_id": "OK4GJX-KSTLS-7DZZO5", "exec_type": "canceled", "order_status": "canceled", "reason": "User requested",
        "timestamp": "2023-09-22T10:33:07.709950Z"
    }));
    let report = told.unwrap().report.unwrap();
    assert_eq!((report.state, report.filled.to_string()), (OrderState::Cancelled, "0.002".to_owned()));
    assert_eq!(held, "0");
    let (told, _) =
        tell(json!({"order_id": "OUNKNO-WNNNN-NNNNNN", "exec_type": "canceled", "order_status": "canceled"}));
    assert!(told.is_err());
}

#[test]
fn fixture_recorded_stops_have_their_kind() {
    let Some(folder) = crate::fixtures::folder("fixture_recorded_stops_have_their_kind") else {
        return;
    };
    let path = folder.join("payloads/kraken/jkorf/rest_GetOrders.json");
    let framed: HashMap<String, Box<serde_json::value::RawValue>> =
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let kind = |answer: &str| {
        let orders: HashMap<String, wire::Order> = result(&VENUE, "QueryOrders", answer).unwrap();
        parse::report(&VENUE, "OBCMZD-JIEE7-77TH3F", &orders["OBCMZD-JIEE7-77TH3F"], &SYMBOLS).unwrap().kind
    };
    // As recorded it has no second price, and its own description says `limit 27500.0`.
    let answer = framed["response"].get();
    assert_eq!(kind(answer), OrderKind::Limit { price: "27500".parse().unwrap() });
    let complete = answer.replacen(r#""price2": "0""#, r#""price2": "27600.0""#, 1);
    assert_ne!(complete, answer);
    let stop = OrderKind::StopLimit { stop: "27500".parse().unwrap(), price: "27600".parse().unwrap() };
    assert_eq!(kind(&complete), stop);
}

#[test]
fn a_stop_on_the_stream_stays_one_order_from_its_beginning_to_its_end() {
    let mut orders = TrackedOrders::new(VENUE.clone());
    let mut tell = |json: Value| {
        let text = json.to_string();
        let execution: ws::Execution<'_> = serde_json::from_str(&text).unwrap();
        let report =
            orders.take(&execution, false, &SYMBOLS, Timestamp::from_micros(1)).unwrap().report.unwrap();
        (report.state, report.kind, orders.held("BTC").to_string())
    };
    let stop = OrderKind::StopLimit { stop: "26000".parse().unwrap(), price: "25900".parse().unwrap() };
    let begun = tell(json!({
        "order_id": "O1", "symbol": "BTC/USD", "order_qty": 0.005, "exec_type": "pending_new", "side": "sell",
        "order_type": "stop-loss-limit", "limit_price_type": "static", "limit_price": 25900.0, "stop_price": 26000.0,
        "triggers": {"reference": "last", "price": 26000.0, "price_type": "static", "status": "untriggered"},
        "order_status": "pending_new"
    }));
    assert_eq!(begun, (OrderState::Working, stop, "0.005".to_owned()));
    // Set off, it executes as a limit; it is still the order that was placed.
    let set_off = tell(
        json!({"order_id": "O1", "exec_type": "status", "order_status": "triggered", "order_type": "limit"}),
    );
    assert_eq!(set_off, (OrderState::Working, stop, "0.005".to_owned()));
    let sold = tell(json!({
        "order_id": "O1", "exec_type": "trade", "exec_id": "T1", "symbol": "BTC/USD", "side": "sell", "last_qty": 0.002,
        "last_price": 25950.0, "order_type": "limit", "limit_price": 25900.0, "order_status": "partially_filled"
    }));
    assert_eq!(sold, (OrderState::PartialFill, stop, "0.003".to_owned()));
    let ended = tell(
        json!({"order_id": "O1", "exec_type": "canceled", "order_status": "canceled", "cum_qty": 0.002}),
    );
    assert_eq!(ended, (OrderState::Cancelled, stop, "0".to_owned()));
    // A stop price of zero is none.
    let limit = tell(json!({
        "order_id": "O2", "symbol": "BTC/USD", "order_qty": 1, "exec_type": "pending_new", "side": "buy",
        "order_type": "limit", "limit_price": 100.0, "stop_price": 0.0, "order_status": "pending_new"
    }));
    assert_eq!(limit.1, OrderKind::Limit { price: "100".parse().unwrap() });
}

#[test]
fn a_missing_field_is_named_with_its_place() {
    let open = r#"{"error":[],"result":{"open":{"OABC":{"status":"open","opentm":1,"vol":"1","descr":{"pair":"XBTUSD","type":"buy","ordertype":"limit"}}}}}"#;
    let error = read("OpenOrders", open).unwrap_err();
    assert!(
        matches!(&error, VenueError::Decode { path, message, .. }
            if path == "OpenOrders.result.open.OABC" && message.contains("vol_exec")),
        "{error}"
    );
    let error = read("AddOrder", r#"{"error":[]}"#).unwrap_err();
    assert!(matches!(&error, VenueError::Decode { path, .. } if path == "AddOrder.result"), "{error}");
}

/// Names and words that matter.
const NAMES: &[&str] = &[
    "error",
    "result",
    "open",
    "closed",
    "trades",
    "txid",
    "descr",
    "pair",
    "type",
    "vol",
    "vol_exec",
    "status",
    "opentm",
    "price",
    "count",
    "XXBTZUSD",
    "a",
    "b",
    "asks",
    "bids",
    "order_id",
    "exec_type",
    "symbol",
    "checksum",
];
const WORDS: &[&str] = &["XBTUSD", "buy", "limit"];

/// An answer or message that is right, to be damaged.
fn sound() -> Vec<&'static str> {
    include_str!("../../fuzz/seeds/kraken.jsonl").lines().collect()
}

proptest! {
    #[test]
    fn any_json_is_read_or_refused(value in any_json(NAMES, WORDS), wrapped in any::<bool>(), call in prop::sample::select(CALLS.to_vec())) {
        let answer = if wrapped { json!({"error": [], "result": value}) } else { value };
        let _ = read(call, &answer.to_string());
        take(&answer.to_string());
        take(&json!({"channel": "executions", "data": [answer]}).to_string());
    }

    #[test]
    fn damaged_answers_are_read_or_refused(
        texts in damaged(sound()),
        call in prop::sample::select(CALLS.to_vec()),
    ) {
        for text in &texts {
            let _ = read(call, text);
            take(text);
        }
    }
}
