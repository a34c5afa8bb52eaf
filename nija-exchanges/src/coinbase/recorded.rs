//! Recorded answers are understood, and no answer whatsoever is a panic.

use nija_core::{OrderState, Timestamp, VenueError};
use proptest::prelude::*;
use serde_json::json;

use super::{
    decoders::{CALLS, SYMBOLS, VENUE, read, take},
    parse,
    stream::tracked::TrackedOrders,
    wire::{self, ws},
};
use crate::odd_json::{any_json, damaged};

#[test]
fn fixture_no_field_in_use_is_lost() {
    let response = |file: &str| {
        let recorded =
            crate::fixtures::json("fixture_no_field", &format!("payloads/coinbase/jkorf/{file}.json"))?;
        Some(recorded["response"].to_string())
    };
    let Some(orders) = response("rest_GetOrders") else { return };
    let mut page: wire::Orders = serde_json::from_str(&orders).unwrap();
    assert_eq!(page.orders[0].side, "", "recorded without one");
    page.orders[0].side = "SELL".to_owned();
    assert_eq!((page.has_next, page.cursor.as_deref()), (Some(true), Some("789100")));
    let report = parse::report(&VENUE, &page.orders[0], &SYMBOLS).unwrap();
    assert_eq!((report.symbol.as_str(), report.filled.to_string()), ("BTC-USD", "0.001".to_owned()));
    assert_eq!(report.average_price.unwrap().to_string(), "50");
    let fills: wire::Fills = serde_json::from_str(&response("rest_GetUserTrades").unwrap()).unwrap();
    let symbol = nija_core::Symbol::new("BTC-USD").unwrap();
    let fill = parse::fill(&VENUE, &fills.fills[0], &symbol, "0.00000001".parse().unwrap()).unwrap();
    assert_eq!(
        (fill.execution_id.as_str(), fill.venue_order_id.as_str()),
        ("22222-2222222-22222222", "0000-000000-000000")
    );
    assert_eq!(
        (fill.price.to_string(), fill.quantity.to_string(), fill.fee.to_string()),
        ("10000".into(), "0.001".into(), "1.25".into())
    );
    let accounts: wire::Accounts = serde_json::from_str(&response("rest_GetAccounts").unwrap()).unwrap();
    let wallet = &accounts.accounts[0];
    let held = wallet.hold.as_ref().unwrap().value.0.to_string();
    assert_eq!(
        (wallet.currency.as_str(), wallet.available_balance.value.0.to_string(), held),
        ("BTC", "1.23".into(), "1.23".into())
    );
    let fees: wire::TransactionSummary =
        serde_json::from_str(&response("rest_GetFeeInfo2").unwrap()).unwrap();
    assert_eq!(
        (fees.fee_tier.maker_fee_rate.0.to_string(), fees.fee_tier.taker_fee_rate.0.to_string()),
        ("0.006".into(), "0.012".into())
    );
}

#[test]
fn an_order_told_in_totals_gives_its_differences() {
    let mut orders = TrackedOrders::new(VENUE.clone());
    let mut tell = |snapshot: bool, filled: &str, left: &str, status: &str| {
        let text = json!({"order_id": "o-1", "client_order_id": "7d1c9a52-6c3a-4d65-9a4c-0b9d9a1f7a10", "product_id": "BTC-USD",
            "order_side": "BUY", "order_type": "Limit", "limit_price": "30000", "status": status, "cumulative_quantity": filled,
            "leaves_quantity": left, "avg_price": if filled == "0" { "" } else { "29999.5" }})
        .to_string();
        let order: ws::Order<'_> = serde_json::from_str(&text).unwrap();
        let report = orders.take(&order, snapshot, &SYMBOLS, Timestamp::from_micros(1)).unwrap();
        (report, orders.owing())
    };
    let (first, owing) = tell(true, "0.2", "0.8", "OPEN");
    let first = first.unwrap();
    assert_eq!((first.state, first.quantity.to_string()), (OrderState::PartialFill, "1".to_owned()));
    assert!(owing.is_empty(), "what was executed before is asked for when the stream connects");
    assert_eq!(tell(false, "0.2", "0.8", "OPEN").0, None, "the same again is no news");
    let (more, owing) = tell(false, "0.5", "0.5", "OPEN");
    assert_eq!((more.unwrap().filled.to_string(), owing), ("0.5".to_owned(), vec!["o-1".to_owned()]));
    assert_eq!(tell(false, "0.2", "0.8", "OPEN").0, None, "less than before came late");
    let (ended, _) = tell(false, "0.5", "0", "CANCELLED");
    let ended = ended.unwrap();
    assert_eq!((ended.state, ended.quantity.to_string()), (OrderState::Cancelled, "1".to_owned()));
    assert_eq!(tell(false, "0.5", "0.5", "OPEN").0, None, "an end is an end");
}

#[test]
fn a_missing_field_is_named_with_its_place() {
    let error =
        read("orders", r#"{"orders":[{"order_id":"1","product_id":"BTC-USD","side":"BUY"}]}"#).unwrap_err();
    assert!(
        matches!(&error, VenueError::Decode { path, message, .. } if path == "orders.orders[0]" && message.contains("status")),
        "{error}"
    );
    let error = read("fills", r#"{"fills":[{"entry_id":"e","trade_id":"t","order_id":"o","trade_time":"yesterday","price":"1","size":"1","product_id":"BTC-USD","side":"BUY"}]}"#)
        .unwrap_err();
    assert!(matches!(&error, VenueError::Decode { path, .. } if path == "fills.e.trade_time"), "{error}");
}

/// An answer or message that is right, to be damaged.
fn sound() -> Vec<&'static str> {
    include_str!("../../fuzz/seeds/coinbase.jsonl").lines().collect()
}

/// Names and words that matter.
const NAMES: &[&str] = &[
    "orders",
    "fills",
    "order",
    "events",
    "channel",
    "updates",
    "price",
    "size",
    "status",
    "side",
    "product_id",
    "order_id",
    "cumulative_quantity",
    "leaves_quantity",
    "pricebook",
    "bids",
    "asks",
    "accounts",
    "success",
];
const WORDS: &[&str] = &["BTC-USD", "BUY", "user", "l2_data"];

proptest! {
    // `PROPTEST_CASES` asks for more.
    #[test]
    fn any_json_is_read_or_refused(value in any_json(NAMES, WORDS), call in prop::sample::select(CALLS.to_vec())) {
        let text = value.to_string();
        let _ = read(call, &text);
        take(&text);
        for channel in ["user", "l2_data", "ticker", "subscriptions"] {
            take(&json!({"channel": channel, "events": value}).to_string());
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), call in prop::sample::select(CALLS.to_vec())) {
        let text = String::from_utf8_lossy(&bytes);
        let _ = read(call, &text);
        take(&text);
    }

    #[test]
    fn damaged_answers_are_read_or_refused(
        texts in damaged(sound()),
    ) {
        for text in &texts {
            for call in CALLS {
                let _ = read(call, text);
            }
            take(text);
        }
    }
}
