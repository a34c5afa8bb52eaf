//! Recorded answers are understood, and no answer whatsoever is a panic.

use nija_core::{OrderState, Timestamp, VenueError, VenueId};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::{collections::HashMap, sync::LazyLock};

use super::{
    parse::{self, result},
    stream::{
        book::{LocalBook, Precision},
        tracked::TrackedOrders,
    },
    symbols::SymbolMap,
    wire::{self, ws},
};

static VENUE: LazyLock<VenueId> = LazyLock::new(|| VenueId::new("kraken").unwrap());

/// The pairs that the recordings name.
static SYMBOLS: LazyLock<SymbolMap> = LazyLock::new(|| {
    let pair = |wsname: &str, altname: &str, base: &str, quote: &str| json!({"altname": altname, "wsname": wsname, "base": base, "quote": quote, "pair_decimals": 1, "lot_decimals": 8});
    let pairs = json!({
        "XXBTZUSD": pair("XBT/USD", "XBTUSD", "XXBT", "ZUSD"),
        "XXBTZGBP": pair("XBT/GBP", "XBTGBP", "XXBT", "ZGBP"),
        "XXBTZEUR": pair("XBT/EUR", "XBTEUR", "XXBT", "ZEUR"),
        "XLTCXXBT": pair("LTC/XBT", "LTCXBT", "XLTC", "XXBT"),
        "XLTCZUSD": pair("LTC/USD", "LTCUSD", "XLTC", "ZUSD"),
        "XICNXXBT": pair("ICN/XBT", "ICNXBT", "XICN", "XXBT"),
        "SUIUSD": pair("SUI/USD", "SUIUSD", "SUI", "ZUSD"),
        "XXRPXXBT": pair("XRP/XBT", "XRPXBT", "XXRP", "XXBT"),
        "XREPXETH": pair("REP/ETH", "REPETH", "XREP", "XETH"),
    });
    SymbolMap::new(&VENUE, &serde_json::from_value::<Pairs>(pairs).unwrap().0)
});

struct Pairs(HashMap<String, wire::AssetPair>);

impl<'de> serde::Deserialize<'de> for Pairs {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Numbers are read from their text, which a parsed value no longer has.
        let text = Value::deserialize(deserializer)?.to_string();
        serde_json::from_str(&text).map(Self).map_err(serde::de::Error::custom)
    }
}

/// Reads an answer as the call's code does; the call's name is that of the recording.
fn read(call: &str, json: &str) -> Result<usize, VenueError> {
    let (venue, symbols) = (&*VENUE, &*SYMBOLS);
    let at = Timestamp::from_micros(1);
    let orders = |orders: &HashMap<String, wire::Order>| -> Result<usize, VenueError> {
        for (txid, order) in orders {
            if symbols.by_name(&order.descr.pair).is_some() {
                parse::report(venue, txid, order, symbols)?;
            }
        }
        Ok(orders.len())
    };
    match call {
        "AssetPairs" => {
            let pairs: HashMap<String, wire::AssetPair> = result(venue, call, json)?;
            Ok(SymbolMap::new(venue, &pairs).instruments().len())
        }
        "Time" => Ok(usize::from(result::<wire::ServerTime>(venue, call, json)?.unixtime > 0)),
        "Ticker" => {
            let tickers: HashMap<String, wire::Ticker> = result(venue, call, json)?;
            tickers.values().try_for_each(|ticker| parse::quote(venue, ticker, at).map(|_| ()))?;
            Ok(tickers.len())
        }
        "Depth" => {
            let books: HashMap<String, wire::Depth> = result(venue, call, json)?;
            books.values().try_for_each(|depth| parse::book(venue, depth, at).map(|_| ()))?;
            Ok(books.len())
        }
        "OHLC" => {
            let rows: HashMap<String, &serde_json::value::RawValue> = result(venue, call, json)?;
            let mut count = 0;
            for (pair, rows) in rows.iter().filter(|(name, _)| *name != "last") {
                for row in crate::decode::decode::<Vec<Vec<crate::decode::Num>>>(venue, pair, rows.get())? {
                    parse::candle(venue, &row)?;
                    count += 1;
                }
            }
            Ok(count)
        }
        "TradeVolume" => Ok(result::<wire::TradeVolume>(venue, call, json)?.fees.len()),
        "BalanceEx" => Ok(result::<HashMap<String, wire::BalanceEx>>(venue, call, json)?.len()),
        "GetApiKeyInfo" => Ok(result::<wire::ApiKeyInfo>(venue, call, json)?.permissions.len()),
        "GetWebSocketsToken" => Ok(result::<wire::StreamToken>(venue, call, json)?.token.len()),
        "AddOrder" => Ok(result::<wire::Added>(venue, call, json)?.txid.len()),
        "CancelOrder" | "CancelAll" => {
            Ok(usize::from(result::<wire::Cancelled>(venue, call, json)?.count > Some(0)))
        }
        "OpenOrders" => orders(&result::<wire::OpenOrders>(venue, call, json)?.open),
        "ClosedOrders" => orders(&result::<wire::ClosedOrders>(venue, call, json)?.closed),
        "QueryOrders" => orders(&result(venue, call, json)?),
        "TradesHistory" => {
            let page: wire::TradesHistory = result(venue, call, json)?;
            for (txid, trade) in &page.trades {
                let listed = symbols.by_name(&trade.pair).unwrap();
                parse::fill(venue, txid, trade, &listed.instrument.symbol)?;
            }
            Ok(page.trades.len())
        }
        other => panic!("no reader for {other}"),
    }
}

const CALLS: [&str; 15] = [
    "AssetPairs",
    "Time",
    "Ticker",
    "Depth",
    "OHLC",
    "TradeVolume",
    "BalanceEx",
    "GetApiKeyInfo",
    "GetWebSocketsToken",
    "AddOrder",
    "CancelOrder",
    "CancelAll",
    "OpenOrders",
    "ClosedOrders",
    "QueryOrders",
];

/// Reads a stream message as the sessions do.
fn take(text: &str) {
    let Ok(message) = serde_json::from_str::<ws::Message<'_>>(text) else {
        return;
    };
    let Some(data) = message.data.map(|data| data.get()) else {
        return;
    };
    let mut book = LocalBook::new(10, Precision { price: 1, quantity: 8 });
    for update in serde_json::from_str::<Vec<ws::Book<'_>>>(data).unwrap_or_default() {
        book.reset(&update);
        assert!(book.to_book(Timestamp::from_micros(1)).bids.len() <= 10);
    }
    let mut orders = TrackedOrders::new(VENUE.clone());
    for execution in serde_json::from_str::<Vec<ws::Execution<'_>>>(data).unwrap_or_default() {
        let _ = orders.take(
            &execution,
            message.kind.as_deref() == Some("snapshot"),
            &SYMBOLS,
            Timestamp::from_micros(1),
        );
        orders.held("USD");
    }
    let _ = serde_json::from_str::<Vec<ws::Ticker<'_>>>(data);
    let _ = serde_json::from_str::<Vec<ws::Balance>>(data);
}

#[test]
fn fixture_every_recorded_answer_of_a_call_in_use_is_understood() {
    let Some(folder) = crate::fixtures::folder("fixture_every_recorded_answer") else {
        return;
    };
    let folder = folder.join("payloads/kraken");
    let recordings = [
        ("jkorf/rest_GetSymbols", "AssetPairs"),
        ("xchange/rest_assetpairs", "AssetPairs"),
        ("xchange/rest_servertime", "Time"),
        ("jkorf/rest_GetTicker", "Ticker"),
        ("xchange/rest_ticker", "Ticker"),
        ("jkorf/rest_GetOrderBook", "Depth"),
        ("xchange/rest_depth", "Depth"),
        ("jkorf/rest_GetKlines", "OHLC"),
        ("xchange/rest_ohlc", "OHLC"),
        ("jkorf/rest_GetTradeVolume", "TradeVolume"),
        ("xchange/rest_tradevolume", "TradeVolume"),
        ("jkorf/rest_GetAvailableBalances", "BalanceEx"),
        ("jkorf/rest_GetApiKeyInfo", "GetApiKeyInfo"),
        ("xchange/rest_krakenWebsocketToken", "GetWebSocketsToken"),
        ("jkorf/rest_PlaceOrder", "AddOrder"),
        ("xchange/rest_addorder-response", "AddOrder"),
        ("xchange/rest_order", "AddOrder"),
        ("jkorf/rest_CancelOrder", "CancelOrder"),
        ("xchange/rest_cancelorder", "CancelOrder"),
        ("jkorf/rest_CancelAllOrders", "CancelAll"),
        ("jkorf/rest_GetOpenOrders", "OpenOrders"),
        ("xchange/rest_openorders", "OpenOrders"),
        ("xchange/rest_openorders-in-transaction-currency", "OpenOrders"),
        ("jkorf/rest_GetClosedOrders", "ClosedOrders"),
        ("jkorf/rest_GetOrders", "QueryOrders"),
        ("jkorf/rest_GetOrders2", "QueryOrders"),
        ("xchange/rest_market-ask-order", "QueryOrders"),
        ("jkorf/rest_GetUserTrades", "TradesHistory"),
        ("xchange/rest_tradehistory", "TradesHistory"),
        ("xchange/rest_tradehistory-icn", "TradesHistory"),
    ];
    for (file, call) in recordings {
        let text = std::fs::read_to_string(folder.join(format!("{file}.json"))).unwrap();
        // Half of the recordings stand in a frame that says what was asked.
        let framed: HashMap<String, &serde_json::value::RawValue> = serde_json::from_str(&text).unwrap();
        let answer = framed.get("response").map_or(text.as_str(), |response| response.get());
        match read(call, answer) {
            Ok(count) => assert!(count > 0, "{file}: nothing was read"),
            Err(error) => panic!("{file}: {error}"),
        }
    }
}

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

/// JSON of any shape, with the names and numbers that matter.
fn any_json() -> impl Strategy<Value = Value> {
    let name = prop::sample::select(vec![
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
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[ -~]{0,12}".prop_map(Value::from),
        prop::sample::select(vec![
            "XBTUSD",
            "buy",
            "limit",
            "1e400",
            "-1",
            "NaN",
            "99999999999999999999999999999",
            "0.1"
        ])
        .prop_map(Value::from),
    ];
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

/// An answer or message that is right, to be damaged.
fn sound() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        r#"{"error":[],"result":{"open":{"OQCLML-BW3P3-BUCMWZ":{"status":"open","opentm":1688666559.8974,"cl_ord_id":"x","descr":{"pair":"XBTUSD","type":"buy","ordertype":"limit","price":"30010.0","price2":"0"},"vol":"1.25","vol_exec":"0.375","cost":"11253.7","price":"30010.0"}}}}"#,
        r#"{"error":[],"result":{"XXBTZUSD":{"a":["30300.1","1","1.0"],"b":["30300.0","1","1.0"]}}}"#,
        r#"{"error":[],"result":{"XXBTZUSD":{"asks":[["30384.1","2.059",1688671659]],"bids":[["30297.0","1.1",1]]}}}"#,
        r#"{"error":["EOrder:Insufficient funds"]}"#,
        r#"{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[{"price":1.5,"qty":0.0}],"asks":[],"checksum":1}]}"#,
        r#"{"channel":"executions","type":"update","data":[{"order_id":"O1","exec_type":"trade","exec_id":"T1","symbol":"BTC/USD","side":"buy","order_qty":1,"last_qty":0.5,"last_price":2.5,"order_status":"filled","fees":[{"asset":"USD","qty":0.1}]}],"sequence":2}"#,
    ])
}

proptest! {
    #[test]
    fn any_json_is_read_or_refused(value in any_json(), wrapped in any::<bool>(), call in prop::sample::select(CALLS.to_vec())) {
        let answer = if wrapped { json!({"error": [], "result": value}) } else { value };
        let _ = read(call, &answer.to_string());
        take(&answer.to_string());
        take(&json!({"channel": "executions", "data": [answer]}).to_string());
    }

    #[test]
    fn damaged_answers_are_read_or_refused(
        text in sound(),
        cut in any::<prop::sample::Index>(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), "[\"\\\\{}\\[\\],:0-9eE.+-]"), 0..4),
        call in prop::sample::select(CALLS.to_vec()),
    ) {
        let mut text = text.to_owned();
        for (place, with) in damage {
            let at = place.index(text.len());
            text.replace_range(at..=at, &with);
        }
        let shorter = &text[..cut.index(text.len() + 1)];
        for text in [text.as_str(), shorter] {
            let _ = read(call, text);
            take(text);
        }
    }
}
