//! Recorded answers are understood, and no answer whatsoever is a panic.

use nija_core::{OrderState, Timestamp, VenueError, VenueId};
use proptest::prelude::*;
use serde_json::{Value, json, value::RawValue};
use std::{collections::HashMap, sync::LazyLock};

use super::{
    error, parse,
    stream::{book::LocalBook, sequence::Sequence, tracked::TrackedOrders},
    symbols::SymbolMap,
    wire::{self, ws},
};
use crate::decode::decode;
use crate::transport::HttpAnswer;

static VENUE: LazyLock<VenueId> = LazyLock::new(|| VenueId::new("coinbase").unwrap());

/// The products that the recordings name.
static SYMBOLS: LazyLock<SymbolMap> = LazyLock::new(|| {
    let product =
        |id: &str| json!({"product_id": id, "base_increment": "0.00000001", "quote_increment": "0.01"});
    let products = json!([product("BTC-USD"), product("ETH-USDT")]).to_string();
    SymbolMap::new(&VENUE, &serde_json::from_str::<Vec<wire::Product>>(&products).unwrap())
});

/// Reads an answer as the call's code does; how much was in it.
fn read(call: &str, json: &str) -> Result<usize, VenueError> {
    let (venue, symbols, at) = (&*VENUE, &*SYMBOLS, Timestamp::from_micros(1));
    let status = reqwest::StatusCode::BAD_REQUEST;
    let _ = error::refused(venue, &HttpAnswer { status, body: json.to_owned() });
    match call {
        "products" => {
            let products: wire::Products = decode(venue, call, json)?;
            Ok(SymbolMap::new(venue, &products.products).instruments().len())
        }
        "time" => decode::<wire::ServerTime>(venue, call, json)
            .map(|time| usize::from(!time.epoch_millis.0.is_zero())),
        "product_book" => {
            let book: wire::ProductBook = decode(venue, call, json)?;
            let book = parse::book(venue, &book.pricebook, 50, at)?;
            parse::quote(venue, &book).map(|_| book.bids.len() + book.asks.len())
        }
        "candles" => {
            let page: wire::Candles = decode(venue, call, json)?;
            page.candles.iter().try_for_each(|candle| parse::candle(venue, candle).map(|_| ()))?;
            Ok(page.candles.len())
        }
        "accounts" => decode::<wire::Accounts>(venue, call, json).map(|page| page.accounts.len()),
        "transaction_summary" => {
            let tier = decode::<wire::TransactionSummary>(venue, call, json)?.fee_tier;
            Ok(usize::from(tier.maker_fee_rate.0 > rust_decimal::Decimal::ZERO))
        }
        "key_permissions" => {
            let rights: wire::KeyPermissions = decode(venue, call, json)?;
            Ok([rights.can_view, rights.can_trade, rights.can_transfer].into_iter().filter(|it| *it).count())
        }
        "create" => {
            let created: wire::Created = decode(venue, call, json)?;
            let failure = created.error_response.unwrap_or_default();
            let _ = error::order_refused(venue, &failure);
            created
                .success_response
                .map(|placed| parse::order_id(venue, call, &placed.order_id))
                .transpose()?;
            Ok(usize::from(created.success))
        }
        "batch_cancel" => {
            decode::<wire::Cancelled>(venue, call, json).map(|cancelled| cancelled.results.len())
        }
        "order" => {
            let one: wire::OneOrder = decode(venue, call, json)?;
            parse::report(venue, &one.order, symbols).map(|_| 1)
        }
        "orders" => {
            let mut page: wire::Orders = decode(venue, call, json)?;
            // One recording was made without a side, which no order of ours is.
            for order in page.orders.iter_mut().filter(|order| order.side.is_empty()) {
                order.side = "BUY".to_owned();
            }
            page.orders.iter().try_for_each(|order| parse::report(venue, order, symbols).map(|_| ()))?;
            Ok(page.orders.len())
        }
        "fills" => {
            let page: wire::Fills = decode(venue, call, json)?;
            for fill in &page.fills {
                let listed = symbols.by_name(&fill.product_id);
                let listed = listed.ok_or_else(|| crate::decode::unreadable(venue, "fills", "not listed"))?;
                parse::fill(venue, fill, &listed.instrument.symbol, listed.instrument.lot_size)?;
            }
            Ok(page.fills.len())
        }
        other => panic!("no reader for {other}"),
    }
}

const CALLS: [&str; 12] = [
    "products",
    "time",
    "product_book",
    "candles",
    "accounts",
    "transaction_summary",
    "key_permissions",
    "create",
    "batch_cancel",
    "order",
    "orders",
    "fills",
];

/// Reads a stream message as the sessions do; how many entries were understood.
fn take(text: &str) -> usize {
    let Ok(message) = serde_json::from_str::<ws::Message<'_>>(text) else { return 0 };
    Sequence::default().take(message.sequence_num);
    let Some(events) = message.events.map(|events| events.get()) else { return 0 };
    let mut understood = 0;
    match message.channel.as_deref() {
        Some("l2_data") => {
            let mut book = LocalBook::default();
            for event in serde_json::from_str::<Vec<ws::Book<'_>>>(events).unwrap_or_default() {
                book.reset(&event.updates);
                book.update(&event.updates);
                assert!(book.to_book(10, Timestamp::from_micros(1)).bids.len() <= 10);
                understood += event.updates.len() + usize::from(book.is_crossed());
            }
        }
        Some("user") => {
            let mut orders = TrackedOrders::new(VENUE.clone());
            for event in serde_json::from_str::<Vec<ws::User<'_>>>(events).unwrap_or_default() {
                for order in &event.orders {
                    let at = Timestamp::from_micros(1);
                    let told = orders.take(order, event.kind == "snapshot", &SYMBOLS, at);
                    understood += usize::from(matches!(told, Ok(Some(_))));
                    orders.owing().iter().for_each(|order| {
                        orders.news(order, Vec::new());
                        orders.still_owes(order);
                    });
                }
            }
        }
        Some("ticker" | "ticker_batch") => {
            let events = serde_json::from_str::<Vec<ws::Tickers<'_>>>(events).unwrap_or_default();
            understood += events.iter().map(|event| event.tickers.len()).sum::<usize>();
        }
        Some("subscriptions") => {
            let events = serde_json::from_str::<Vec<ws::Subscriptions<'_>>>(events).unwrap_or_default();
            understood += events.iter().map(|event| event.subscriptions.len()).sum::<usize>();
        }
        _ => {}
    }
    understood
}

/// Every recording, and the call that reads it; those without a call are not asked for: editing orders, portfolios, public
/// trades, candles and product status on the stream, and the order book of another API (Coinbase Exchange).
const RECORDINGS: [(&str, &str); 23] = [
    ("rest_CancelOrders", "batch_cancel"),
    ("rest_EditOrder", ""),
    ("rest_GetAccounts", "accounts"),
    ("rest_GetAggregatedOrderBook", ""),
    ("rest_GetApiKeyInfo", "key_permissions"),
    ("rest_GetFeeInfo", "transaction_summary"),
    ("rest_GetFeeInfo2", "transaction_summary"),
    ("rest_GetKlines", "candles"),
    ("rest_GetOrder", "order"),
    ("rest_GetOrderBook", "product_book"),
    ("rest_GetOrders", "orders"),
    ("rest_GetPortfolios", ""),
    ("rest_GetSymbols", "products"),
    ("rest_GetTradeHistory", ""),
    ("rest_GetUserTrades", "fills"),
    ("rest_PlaceOrder", "create"),
    ("ws_BatchTicker", "ws"),
    ("ws_Heartbeat", "ws"),
    ("ws_Klines", ""),
    ("ws_Symbol", ""),
    ("ws_Ticker", "ws"),
    ("ws_Trades", ""),
    ("ws_User", "ws"),
];

#[test]
fn fixture_every_recorded_payload_in_use_is_understood() {
    let Some(folder) = crate::fixtures::folder("fixture_every_recorded_payload") else { return };
    let folder = folder.join("payloads/coinbase/jkorf");
    let mut files: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap().trim_end_matches(".json").to_owned())
        .collect();
    files.sort();
    assert_eq!(files, RECORDINGS.map(|(file, _)| file.to_owned()), "a recording without a word on it");
    for (file, call) in RECORDINGS {
        let text = std::fs::read_to_string(folder.join(format!("{file}.json"))).unwrap();
        match call {
            "" => {}
            "ws" => {
                let said: Vec<HashMap<&str, &RawValue>> = serde_json::from_str(&text).unwrap();
                assert_eq!(take(said[1]["json"].get()), 1, "{file}: the acknowledgement");
                let known = usize::from(file != "ws_Heartbeat");
                assert_eq!(take(said[2]["json"].get()), known, "{file}: the update");
            }
            call => {
                let framed: HashMap<&str, &RawValue> = serde_json::from_str(&text).unwrap();
                match read(call, framed["response"].get()) {
                    Ok(count) => assert!(count > 0, "{file}: nothing was read"),
                    Err(error) => panic!("{file}: {error}"),
                }
            }
        }
    }
}

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
fn sound() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        r#"{"products":[{"product_id":"BTC-USD","base_increment":"0.00000001","quote_increment":"0.01","base_min_size":"","alias":"BTC-USD"}]}"#,
        r#"{"pricebook":{"product_id":"BTC-USD","bids":[{"price":"1.5","size":"2"}],"asks":[{"price":"1.6","size":"0"}]}}"#,
        r#"{"orders":[{"order_id":"o1","client_order_id":"x","product_id":"BTC-USD","side":"SELL","status":"FILLED","created_time":"2026-01-01T00:00:00Z","filled_size":"1","average_filled_price":"2","order_configuration":{"limit_limit_gtc":{"base_size":"1","limit_price":"2"}}}],"has_next":false,"cursor":""}"#,
        r#"{"fills":[{"entry_id":"e","trade_id":"t","order_id":"o","trade_time":"2026-01-01T00:00:00Z","price":"2","size":"1","commission":"0.1","product_id":"BTC-USD","side":"BUY","size_in_quote":true}],"cursor":""}"#,
        r#"{"success":false,"error_response":{"error":"INSUFFICIENT_FUND","message":"no","preview_failure_reason":"X"}}"#,
        r#"{"accounts":[{"currency":"USD","available_balance":{"value":"1"},"hold":{"value":"2"}}],"has_next":true,"cursor":"1"}"#,
        r#"{"channel":"l2_data","sequence_num":3,"events":[{"type":"snapshot","product_id":"BTC-USD","updates":[{"side":"bid","price_level":"1","new_quantity":"2"},{"side":"offer","price_level":"1.5","new_quantity":"0"}]}]}"#,
        r#"{"channel":"user","sequence_num":4,"events":[{"type":"update","orders":[{"order_id":"o","product_id":"BTC-USD","order_side":"BUY","status":"OPEN","cumulative_quantity":"0.5","leaves_quantity":"0.5","avg_price":"","limit_price":"7"}]}]}"#,
    ])
}

/// JSON of any shape, with the names that matter.
fn any_json() -> impl Strategy<Value = Value> {
    let names = vec![
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
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[ -~]{0,12}".prop_map(Value::from),
        prop::sample::select(vec![
            "BTC-USD",
            "BUY",
            "user",
            "l2_data",
            "1e400",
            "-1",
            "NaN",
            "99999999999999999999999999999",
            "0.1"
        ])
        .prop_map(Value::from),
    ];
    let name = prop::sample::select(names);
    leaf.prop_recursive(5, 48, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..6).prop_map(|entries| entries
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect()),
        ]
    })
}

proptest! {
    // `PROPTEST_CASES` asks for more.
    #[test]
    fn any_json_is_read_or_refused(value in any_json(), call in prop::sample::select(CALLS.to_vec())) {
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
        text in sound(),
        cut in any::<prop::sample::Index>(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), "[\"\\\\{}\\[\\],:0-9eE.+-]"), 0..4),
    ) {
        let mut text = text.to_owned();
        for (place, with) in damage {
            let at = place.index(text.len());
            text.replace_range(at..=at, &with);
        }
        let shorter = &text[..cut.index(text.len() + 1)];
        for text in [text.as_str(), shorter] {
            for call in CALLS {
                let _ = read(call, text);
            }
            take(text);
        }
    }
}
