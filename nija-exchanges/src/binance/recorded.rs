//! Recorded answers are understood, and no answer whatsoever is a panic.
//!
//! `NIJA_DECODER_CASES` sets how many random payloads each decoder is given (256 unless told otherwise).

use nija_core::{OrderKind, OrderState, RestingOrders, VenueError};
use proptest::prelude::*;
use serde_json::{json, value::RawValue};
use std::collections::HashMap;

use super::{
    bracket::Leg,
    decoders::{AT, CALLS, SYMBOLS, VENUE, read, take},
    parse::result,
    stream::events::{self, Orders},
    symbols::SymbolMap,
    wire::{self, ws},
};
use crate::listings::SymbolList;
use crate::odd_json::{any_json, damaged};

/// What each recording of a stream in use is.
const STREAMS: [(&str, &str); 4] = [
    ("jkorf/ws_AccountPosition", "position"),
    ("jkorf/ws_BookTicker", "bookTicker"),
    ("jkorf/ws_Order", "execution"),
    ("jkorf/ws_PartialBook", "book"),
];

#[test]
fn fixture_recorded_stream_messages_are_understood() {
    let Some(folder) = crate::fixtures::folder("fixture_recorded_stream_messages_of_binance") else {
        return;
    };
    for (file, kind) in STREAMS {
        let path = folder.join(format!("payloads/binance/{file}.json"));
        let text = std::fs::read_to_string(path).unwrap();
        let conversation: Vec<HashMap<&str, &RawValue>> = serde_json::from_str(&text).unwrap();
        let (asked, answer, update) =
            (conversation[0]["json"].get(), conversation[1]["json"].get(), conversation[2]["json"].get());
        if asked.contains("userDataStream") {
            let answer: ws::Private<'_> = serde_json::from_str(answer).unwrap();
            assert!(answer.id.is_some() && answer.status == Some(200) && answer.error.is_none(), "{file}");
            let update: ws::Private<'_> = serde_json::from_str(update).unwrap();
            private(file, kind, update.event.unwrap().get());
        } else {
            // Their ids are text, ours are numbers.
            let update: ws::Message<'_> = serde_json::from_str(update).unwrap();
            assert!(update.stream.unwrap().contains('@'), "{file}");
            let data = update.data.unwrap().get();
            match kind {
                "bookTicker" => {
                    let ticker: ws::BookTicker = serde_json::from_str(data).unwrap();
                    assert_eq!(
                        (ticker.update, ticker.bid.0.to_string()),
                        (400_900_217, "25.35190000".to_owned())
                    );
                }
                "book" => {
                    let book: wire::Depth = serde_json::from_str(data).unwrap();
                    assert_eq!((book.last_update_id, book.bids.len(), book.asks.len()), (160, 1, 1));
                }
                other => panic!("{file}: {other}"),
            }
        }
    }
}

fn private(file: &str, kind: &str, event: &str) {
    let named: ws::Kind<'_> = serde_json::from_str(event).unwrap();
    assert!(named.event.is_some(), "{file}");
    match kind {
        "execution" => {
            let execution: ws::Execution<'_> = serde_json::from_str(event).unwrap();
            let told = Orders::new(VENUE.clone()).take(&execution, &SYMBOLS).unwrap();
            let report = told.report.unwrap();
            assert_eq!(
                (report.state, report.venue_order_id.as_str()),
                (OrderState::Working, "ETHBTC:4293153")
            );
            assert_eq!((report.quantity.to_string(), told.fill), ("1".to_owned(), None));
        }
        "position" => {
            let position: ws::Position = serde_json::from_str(event).unwrap();
            let balances = events::balances(&VENUE, position, AT).unwrap();
            assert_eq!(
                (balances[0].asset.as_str(), balances[0].total.to_string()),
                ("ETH", "10000.000000".to_owned())
            );
        }
        _ => {}
    }
}

#[test]
fn fixture_the_recorded_list_of_symbols_says_which_orders_rest() {
    let Some(folder) = crate::fixtures::folder("fixture_the_recorded_list_of_symbols_of_binance") else {
        return;
    };
    let path = folder.join("payloads/binance/jkorf/rest_GetExchangeInfo.json");
    let framed: HashMap<String, Box<RawValue>> =
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let info: wire::ExchangeInfo = result(&VENUE, "exchangeInfo", framed["response"].get()).unwrap();
    let instruments = SymbolMap::new(&VENUE, &info.symbols).instruments();
    assert!(!instruments.is_empty());
    assert!(instruments.iter().all(|one| one.resting == RestingOrders::ALL), "{instruments:?}");
}

/// An execution report of a leg, in the fields of user-data-stream.md.
fn of_leg(leg: Leg, execution: &str, status: &str, filled: &str) -> String {
    let (number, kind, price, stop) = match leg {
        Leg::TakeProfit => (17, "LIMIT_MAKER", "66000", "0"),
        Leg::Stop => (18, "STOP_LOSS_LIMIT", "48000", "54000"),
    };
    let traded = execution == "TRADE";
    let mut report = json!({
        "e": "executionReport", "E": 2, "s": "BTCUSDT", "c": leg.id(ORDER.parse().unwrap()), "S": "SELL", "o": kind, "f": "GTC",
        "q": "2", "p": price, "P": stop, "F": "0", "g": 7, "C": "", "x": execution, "X": status, "r": "NONE", "i": number,
        "l": if traded { "1" } else { "0" }, "z": filled, "L": if traded { price } else { "0" }, "n": "0", "N": null, "T": 2,
        "t": if traded { format!("{number}{filled}").parse::<i64>().unwrap() } else { -1 }, "w": true, "m": false, "O": 1,
        "Z": "0"
    });
    if execution == "CANCELED" {
        // A cancel has an id of its own.
        report["C"] = report["c"].take();
        report["c"] = json!("xyz");
    }
    report.to_string()
}

const ORDER: &str = "7d1c9a52-6c3a-4d65-9a4c-0b9d9a1f7a10";

/// What is told of a bracket: fills, and its reports by state.
fn told_of(messages: &[String]) -> (Vec<String>, Vec<OrderState>) {
    let mut orders = Orders::new(VENUE.clone());
    orders.begin(AT);
    let (mut fills, mut states) = (Vec::new(), Vec::new());
    for message in messages {
        let told = orders.take(&serde_json::from_str(message).unwrap(), &SYMBOLS).unwrap();
        assert!(told.order.is_none_or(|(_, id)| id == ORDER.parse().ok()));
        fills.extend(told.fill.map(|fill| {
            assert_eq!(
                (fill.venue_order_id.as_str(), fill.client_id),
                ("BTCUSDT:list:7", ORDER.parse().ok())
            );
            fill.execution_id.as_str().to_owned()
        }));
        if let Some(report) = told.report {
            assert_eq!(
                (report.venue_order_id.as_str(), report.client_id),
                ("BTCUSDT:list:7", ORDER.parse().ok())
            );
            assert!(matches!(report.kind, OrderKind::Bracket { .. }), "{:?}", report.kind);
            states.push(report.state);
        }
    }
    (fills, states)
}

#[test]
fn a_bracket_on_the_stream_is_one_order_with_one_end() {
    use OrderState::{Cancelled, Filled, PartialFill, Working};
    let [profit, stop] = [Leg::TakeProfit, Leg::Stop];
    let begun = || vec![of_leg(profit, "NEW", "NEW", "0"), of_leg(stop, "NEW", "NEW", "0")];
    let after = |more: &[String]| told_of(&[begun(), more.to_vec()].concat());
    // It wins in two executions. The end of the stop is no end of the bracket, whenever it is told.
    let gone = of_leg(stop, "EXPIRED", "EXPIRED", "0");
    let (part, whole) =
        (of_leg(profit, "TRADE", "PARTIALLY_FILLED", "1"), of_leg(profit, "TRADE", "FILLED", "2"));
    let (fills, states) = after(&[gone.clone(), part.clone(), whole.clone()]);
    assert_eq!((fills.len(), states), (2, vec![Working, Working, PartialFill, Filled]));
    let again = whole.clone();
    let (fills, states) = after(&[part.clone(), whole, gone.clone(), again, gone.clone()]);
    assert_eq!((fills.len(), states), (2, vec![Working, PartialFill, Filled]));
    // It stops: the take-profit goes, the stop is set off and sells.
    let (fills, states) = after(&[
        of_leg(profit, "EXPIRED", "EXPIRED", "0"),
        of_leg(stop, "NEW", "NEW", "0"),
        of_leg(stop, "TRADE", "PARTIALLY_FILLED", "1"),
        of_leg(stop, "TRADE", "FILLED", "2"),
    ]);
    assert_eq!((fills.len(), states), (2, vec![Working, Working, Working, PartialFill, Filled]));
    // Cancelled as it stood, and after a part was sold.
    let ends = [of_leg(profit, "CANCELED", "CANCELED", "0"), of_leg(stop, "CANCELED", "CANCELED", "0")];
    assert_eq!(after(&ends), (vec![], vec![Working, Working, Cancelled]));
    let (fills, states) = after(&[gone, part, of_leg(profit, "CANCELED", "CANCELED", "1")]);
    assert_eq!((fills.len(), states), (1, vec![Working, Working, PartialFill, Cancelled]));
}

#[test]
fn a_leg_whose_execution_is_missing_is_noticed() {
    let mut orders = Orders::new(VENUE.clone());
    orders.begin(AT);
    let begun = of_leg(Leg::TakeProfit, "NEW", "NEW", "0");
    let _ = orders.take(&serde_json::from_str(&begun).unwrap(), &SYMBOLS).unwrap();
    let late = of_leg(Leg::TakeProfit, "TRADE", "FILLED", "2");
    assert!(orders.take(&serde_json::from_str(&late).unwrap(), &SYMBOLS).unwrap_err().contains("is missing"));
}

#[test]
fn a_missing_field_is_named_with_its_place() {
    let order = r#"[{"symbol":"LTCBTC","orderId":1,"clientOrderId":"x","price":"0.1","origQty":"1.0"}]"#;
    let error = read("orders", order).unwrap_err();
    assert!(
        matches!(&error, VenueError::Decode { path, message, .. } if path.starts_with("orders.[0]") && message.contains("executedQty")),
        "{error}"
    );
    let error = read("account", r#"{"balances":[{"asset":"BTC","free":"NaN","locked":"0"}]}"#).unwrap_err();
    assert!(
        matches!(&error, VenueError::Decode { path, .. } if path.contains("balances[0].free")),
        "{error}"
    );
}

/// Names and words that matter.
const NAMES: &[&str] = &[
    "symbols",
    "symbol",
    "status",
    "baseAsset",
    "quoteAsset",
    "filters",
    "filterType",
    "minPrice",
    "stepSize",
    "bids",
    "asks",
    "lastUpdateId",
    "balances",
    "asset",
    "free",
    "locked",
    "orderId",
    "clientOrderId",
    "price",
    "origQty",
    "executedQty",
    "type",
    "side",
    "id",
    "qty",
    "commission",
    "time",
    "isBuyer",
    "isMaker",
    "stream",
    "data",
    "event",
    "e",
    "u",
    "U",
    "b",
    "a",
    "B",
    "A",
    "s",
    "c",
    "S",
    "o",
    "q",
    "p",
    "x",
    "X",
    "i",
    "l",
    "z",
    "L",
    "T",
    "t",
    "code",
];
const WORDS: &[&str] = &["BTCUSDT", "BUY", "LIMIT", "TRADE"];

/// An answer or message that is right, to be damaged.
fn sound() -> Vec<&'static str> {
    include_str!("../../fuzz/seeds/binance.jsonl").lines().collect()
}

fn cases() -> ProptestConfig {
    let cases = std::env::var("NIJA_DECODER_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(256);
    ProptestConfig { cases, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn any_json_is_read_or_refused(value in any_json(NAMES, WORDS), call in prop::sample::select(CALLS.to_vec())) {
        let text = value.to_string();
        let _ = read(call, &text);
        let _ = read(call, &json!([value]).to_string());
        take(&text);
        take(&json!({"stream": "btcusdt@depth@100ms", "data": value}).to_string());
        take(&json!({"event": value}).to_string());
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

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), call in prop::sample::select(CALLS.to_vec())) {
        let text = String::from_utf8_lossy(&bytes);
        let _ = read(call, &text);
        take(&text);
    }
}
