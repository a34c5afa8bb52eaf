//! Answers in the shapes of OKX's documentation are understood, and no answer whatsoever is a panic.

use super::{
    account,
    decoders::{AT, CALLS, SYMBOLS, VENUE, read, take},
    parse,
    parse::data,
    stream::events::Orders,
    wire::{self, ws},
};
use crate::odd_json::{any_json, damaged};
use nija_core::{Liquidity, OrderKind, OrderState, Side, Timestamp, VenueError};
use proptest::prelude::*;
use serde_json::{Value, json};

const OURS: &str = "0192f0c12d3e70008000000000000001";

const INSTRUMENTS: &str = r#"{"code":"0","msg":"","data":[{"instType":"SPOT","instId":"BTC-USDT","baseCcy":"BTC","quoteCcy":"USDT",
    "tickSz":"0.1","lotSz":"0.00000001","minSz":"0.00001","maxLmtSz":"9999999999","maxMktSz":"1000000","maxLmtAmt":"20000000",
    "maxMktAmt":"1000000","ctVal":"","expTime":"","groupId":"1","instIdCode":10459,"upcChg":[],"tradeQuoteCcyList":["USDT"],
    "state":"live"}]}"#;
const TIME: &str = r#"{"code":"0","msg":"","data":[{"ts":"1790000000123"}]}"#;
const TICKER: &str = r#"{"code":"0","msg":"","data":[{"instType":"SPOT","instId":"BTC-USDT","last":"60000.4","lastSz":"0.01",
    "askPx":"60000.5","askSz":"1.25","bidPx":"60000.4","bidSz":"0.5","open24h":"59000","sodUtc0":"","ts":"1790000000123"}]}"#;
const BOOKS: &str = r#"{"code":"0","msg":"","data":[{"asks":[["60000.5","1.25","0","4"],["60001","2","0","1"]],
    "bids":[["60000.4","0.5","0","2"]],"ts":"1790000000123","seqId":77}]}"#;
const CANDLES: &str = r#"{"code":"0","msg":"","data":[["1790000040000","60001","60002","60000","60001.5","2.5","150003","150003","0"],
    ["1789999980000","60000","60003","59999","60001","1.5","90001","90001","1"]]}"#;
const BALANCE: &str = r#"{"code":"0","msg":"","data":[{"adjEq":"","totalEq":"10100.5","uTime":"1790000000123","details":[
    {"ccy":"USDT","cashBal":"10000.5","availBal":"9000.25","frozenBal":"1000.25","availEq":"","eq":"10000.5","collateralEnabled":false},
    {"ccy":"BTC","cashBal":"0.00166","availBal":"","availEq":"0.00166","eq":"0.00166"}]}]}"#;
const FEES: &str = r#"{"code":"0","msg":"","data":[{"instType":"SPOT","level":"Lv1","maker":"","taker":"","feeGroup":[
    {"groupId":"2","maker":"-0.002","taker":"-0.003","elpMaker":""},{"groupId":"1","maker":"-0.0008","taker":"-0.001"}],"fiat":[]}]}"#;
const CONFIG: &str = r#"{"code":"0","msg":"","data":[{"acctLv":"1","perm":"read_only,trade","uid":"7","ip":"","autoLoan":false,
    "settleCcyList":["USD"]}]}"#;
const PLACED: &str = r#"{"code":"0","msg":"","data":[{"clOrdId":"0192f0c12d3e70008000000000000001","ordId":"1753197687182819328","tag":"",
    "ts":"1790000000123","sCode":"0","sMsg":"","subCode":""}],"inTime":"1790000000123456","outTime":"1790000000125456"}"#;
const REFUSED: &str = r#"{"code":"1","msg":"All operations failed","data":[{"clOrdId":"x","ordId":"","tag":"","ts":"1790000000123",
    "sCode":"51008","sMsg":"Order failed. Insufficient USDT balance in account.","subCode":"1000"}]}"#;
const ORDER: &str = r#"{"code":"0","msg":"","data":[{"instType":"SPOT","instId":"BTC-USDT","ordId":"1753197687182819328",
    "clOrdId":"0192f0c12d3e70008000000000000001","side":"buy","ordType":"ioc","px":"60000.5","sz":"0.002","tgtCcy":"","accFillSz":"0.0015",
    "avgPx":"60000.25","state":"canceled","cancelSource":"14","cancelSourceReason":"The immediate order was filled in part.",
    "fee":"-0.0000015","feeCcy":"BTC","algoId":"","algoClOrdId":"","attachAlgoOrds":[],"linkedAlgoOrd":{"algoId":""},"reduceOnly":"false",
    "cTime":"1790000000100","uTime":"1790000000123","tradeQuoteCcy":"USDT"}]}"#;
const FILLS: &str = r#"{"code":"0","msg":"","data":[
    {"instType":"SPOT","instId":"BTC-USDT","tradeId":"744876980","ordId":"1753197687182819328",
    "clOrdId":"0192f0c12d3e70008000000000000001","billId":"680800019754098688","subType":"1","fillPx":"60000.25","fillSz":"0.0015","side":"buy",
    "execType":"T","feeCcy":"BTC","fee":"-0.0000015","feeRate":"-0.001","fillTime":"1790000000120","ts":"1790000000121","posSide":"net"},
    {"instType":"SPOT","instId":"BTC-USDT","tradeId":"744876981","ordId":"1753197687182819329","clOrdId":"","billId":"680800019754098689",
    "fillPx":"60001","fillSz":"1","side":"sell","execType":"M","feeCcy":"USDT","fee":"0.6","fillTime":"","ts":"1790000000131"}]}"#;
const CANCELLED: &str = r#"{"code":"2","msg":"Bulk operation partially succeeded.","data":[
    {"clOrdId":"","ordId":"1","ts":"1790000000123","sCode":"0","sMsg":""},
    {"clOrdId":"","ordId":"2","ts":"1790000000123","sCode":"51400","sMsg":"Cancellation failed as the order has been filled."}]}"#;

const ALGO: &str = r#"{"code":"0","msg":"","data":[{"instType":"SPOT","instId":"BTC-USDT","algoId":"1753184812254216192",
    "algoClOrdId":"0192f0c12d3e70008000000000000001","side":"sell","ordType":"oco","sz":"0.002","state":"effective","tpTriggerPx":"66000",
    "tpOrdPx":"66000","slTriggerPx":"54000","slOrdPx":"53900","ordId":"","ordIdList":["1753197687182819328"],"failCode":"","actualSide":"sl",
    "tgtCcy":"","cTime":"1790000000100","uTime":"1790000000123","linkedOrd":{"ordId":""},"attachAlgoOrds":[]}]}"#;
const PLACED_ALGO: &str = r#"{"code":"0","msg":"","data":[{"algoId":"1753184812254216192","clOrdId":"",
    "algoClOrdId":"0192f0c12d3e70008000000000000001","sCode":"0","sMsg":"","tag":""}]}"#;

const WS_ALGO: &str = r#"{"arg":{"channel":"orders-algo","instType":"SPOT","uid":"7"},"data":[{"instType":"SPOT","instId":"BTC-USDT",
    "algoId":"1753184812254216192","algoClOrdId":"0192f0c12d3e70008000000000000001","side":"sell","ordType":"conditional","sz":"0.002",
    "state":"live","tpTriggerPx":"","tpOrdPx":"","slTriggerPx":"54000","slOrdPx":"53900","ordId":"","ordIdList":[],"failCode":"",
    "cTime":"1790000000100","uTime":"1790000000123","linkedOrd":{"ordId":""},"reqId":"","amendResult":""}]}"#;
const WS_BOOK: &str = r#"{"arg":{"channel":"books","instId":"BTC-USDT"},"action":"snapshot","data":[{"asks":[["60000.5","1.25","0","4"]],
    "bids":[["60000.4","0.5","0","2"]],"ts":"1790000000123","checksum":0,"prevSeqId":-1,"seqId":123456}]}"#;
const WS_BEST: &str = r#"{"arg":{"channel":"bbo-tbt","instId":"BTC-USDT"},"data":[{"asks":[["60000.5","1.25","0","4"]],
    "bids":[["60000.4","0.5","0","2"]],"ts":"1790000000123","seqId":123457}]}"#;
const WS_ORDER: &str = r#"{"arg":{"channel":"orders","instType":"SPOT","uid":"7"},"data":[{"instType":"SPOT","instId":"BTC-USDT",
    "ordId":"1753197687182819328","clOrdId":"0192f0c12d3e70008000000000000001","side":"sell","ordType":"limit","px":"60000.5","sz":"0.002",
    "tgtCcy":"","accFillSz":"0.0015","avgPx":"60000.5","state":"partially_filled","tradeId":"744876980","fillPx":"60000.5","fillSz":"0.0015",
    "fillTime":"1790000000120","fillFee":"-0.072","fillFeeCcy":"USDT","execType":"M","cancelSource":"","cTime":"1790000000100",
    "uTime":"1790000000121","code":"0","msg":"","attachAlgoOrds":[],"linkedAlgoOrd":{"algoId":""}}]}"#;
const WS_ACCOUNT: &str = r#"{"arg":{"channel":"account","uid":"7"},"eventType":"event_update","data":[{"totalEq":"1","uTime":"1790000000123",
    "details":[{"ccy":"BTC","cashBal":"0.5","availBal":"0.25","frozenBal":"0.25","uTime":"1790000000123","spotBal":""}]}]}"#;

#[test]
fn answers_in_the_documented_shapes_are_understood() {
    for (call, text, entries) in [
        ("instruments", INSTRUMENTS, 1),
        ("time", TIME, 1),
        ("ticker", TICKER, 1),
        ("books", BOOKS, 3),
        ("candles", CANDLES, 2),
        ("balance", BALANCE, 2),
        ("trade-fee", FEES, 2),
        ("config", CONFIG, 2),
        ("acted", PLACED, 1),
        ("acted", REFUSED, 2),
        ("acted", CANCELLED, 3),
        ("order", ORDER, 1),
        ("fills", FILLS, 2),
        ("algo", ALGO, 1),
        ("acted", PLACED_ALGO, 1),
    ] {
        assert_eq!(read(call, text).unwrap(), entries, "{call}");
    }
    for text in [WS_BOOK, WS_BEST, WS_ORDER, WS_ACCOUNT, WS_ALGO] {
        assert!(take(text) > 0, "{text}");
    }
}

#[test]
fn no_field_in_use_is_lost() {
    let orders: Vec<wire::Order> = data(&VENUE, "order", ORDER).unwrap();
    let report = parse::report(&VENUE, &orders[0], &SYMBOLS).unwrap();
    assert_eq!(report.client_id, parse::ours(OURS));
    assert_eq!(parse::on_the_wire(report.client_id.unwrap()), OURS);
    assert_eq!((report.state, report.side), (OrderState::Cancelled, Side::Buy));
    assert_eq!((report.quantity.to_string(), report.filled.to_string()), ("0.002".into(), "0.0015".into()));
    assert_eq!(report.average_price.unwrap().to_string(), "60000.25");
    assert!(matches!(report.kind, OrderKind::Limit { price } if price.to_string() == "60000.5"));
    assert!(report.reason.unwrap().starts_with("The immediate order"));
    assert_eq!(report.at.micros(), 1_790_000_000_123_000);

    let fills: Vec<wire::Fill> = data(&VENUE, "fills", FILLS).unwrap();
    let symbol = "BTC-USDT".parse().unwrap();
    let bought = parse::fill(&VENUE, &fills[0], &symbol).unwrap();
    assert_eq!(bought.execution_id.as_str(), "BTC-USDT:744876980:buy");
    assert_eq!((bought.fee.to_string(), bought.fee_asset.as_str()), ("0.0000015".into(), "BTC"), "charged");
    assert_eq!((bought.liquidity, bought.at.micros()), (Liquidity::Taker, 1_790_000_000_120_000));
    let sold = parse::fill(&VENUE, &fills[1], &symbol).unwrap();
    assert_eq!((sold.fee.to_string(), sold.client_id), ("-0.6".into(), None), "paid back");
    assert_eq!((sold.liquidity, sold.at.micros()), (Liquidity::Maker, 1_790_000_000_131_000));

    let balances: wire::Balances = parse::first(&VENUE, "balance", BALANCE).unwrap();
    let balances = account::balances_of(&VENUE, &balances, AT).unwrap();
    assert_eq!(
        (balances[1].total.to_string(), balances[1].available.to_string()),
        ("10000.5".into(), "9000.25".into())
    );
    assert_eq!(balances[0].available.to_string(), "0.00166");
}

/// Tells orders of one after another.
fn tell(orders: &mut Orders, changes: &Value) -> Result<(Option<String>, Option<OrderState>), String> {
    let message: Value = serde_json::from_str(WS_ORDER).unwrap();
    let mut order = message["data"][0].clone();
    for (name, value) in changes.as_object().unwrap() {
        order[name] = value.clone();
    }
    let text = order.to_string();
    let order: ws::Order<'_> = serde_json::from_str(&text).unwrap();
    let told = orders.take(&order, &SYMBOLS)?;
    Ok((told.fill.map(|fill| fill.quantity.to_string()), told.report.map(|report| report.state)))
}

#[test]
fn executions_are_told_once_each_and_none_is_missing_unnoticed() {
    use OrderState::{Filled, PartialFill, Working};
    let mut orders = Orders::new(VENUE.clone());
    orders.begin(Timestamp::from_micros(1_790_000_000_000_000));
    let none = json!({"state": "live", "tradeId": "", "fillSz": "0", "accFillSz": "0"});
    assert_eq!(tell(&mut orders, &none).unwrap(), (None, Some(Working)));
    let first = json!({"tradeId": "1", "fillSz": "0.001", "accFillSz": "0.001"});
    assert_eq!(tell(&mut orders, &first).unwrap(), (Some("0.001".into()), Some(PartialFill)));
    assert_eq!(tell(&mut orders, &first).unwrap(), (None, None), "told again");
    let after_a_gap = json!({"tradeId": "3", "fillSz": "0.0002", "accFillSz": "0.0017"});
    assert!(tell(&mut orders, &after_a_gap).unwrap_err().contains("is missing"));
    let second =
        json!({"tradeId": "2", "fillSz": "0.001", "accFillSz": "0.002", "state": "partially_filled"});
    assert_eq!(tell(&mut orders, &second).unwrap(), (Some("0.001".into()), Some(PartialFill)));
    // Order channel: the end may be told by itself.
    let end = json!({"tradeId": "", "fillSz": "0", "accFillSz": "0.002", "state": "filled"});
    assert_eq!(tell(&mut orders, &end).unwrap(), (None, Some(Filled)));
    assert_eq!(tell(&mut orders, &end).unwrap(), (None, None), "told again");
    let late = json!({"state": "live", "tradeId": "", "fillSz": "0", "accFillSz": "0"});
    assert_eq!(tell(&mut orders, &late).unwrap(), (None, None), "an end is an end");
}

#[test]
fn of_an_order_made_before_the_stream_nothing_is_expected() {
    let mut orders = Orders::new(VENUE.clone());
    orders.begin(Timestamp::from_micros(1_790_000_000_100_001));
    let fill = json!({"tradeId": "9", "fillSz": "0.0005", "accFillSz": "0.0015", "cTime": "1790000000099"});
    assert_eq!(tell(&mut orders, &fill).unwrap(), (Some("0.0005".into()), Some(OrderState::PartialFill)));
    let mut orders = Orders::new(VENUE.clone());
    orders.begin(Timestamp::from_micros(1_790_000_000_100_000));
    let fill = json!({"tradeId": "9", "fillSz": "0.0005", "accFillSz": "0.0015", "cTime": "1790000000100"});
    assert!(tell(&mut orders, &fill).is_err(), "made since: the execution before was not told");
}

#[test]
fn an_order_that_waits_and_the_one_that_it_becomes_are_one() {
    let algos: Vec<wire::Algo> = data(&VENUE, "algo", ALGO).unwrap();
    assert_eq!(algos[0].child(), Some("1753197687182819328"));
    let price = |text: &str| text.parse().unwrap();
    let bracket =
        OrderKind::Bracket { take_profit: price("66000"), stop: price("54000"), price: price("53900") };
    assert_eq!(algos[0].kind(), bracket);

    let child =
        json!({"algoId": "1753184812254216192", "algoClOrdId": OURS, "clOrdId": "1753184812254216192_0"});
    let mut order: Value = serde_json::from_str(ORDER).unwrap();
    for (name, value) in child.as_object().unwrap() {
        order["data"][0][name] = value.clone();
    }
    let orders: Vec<wire::Order> = data(&VENUE, "order", &order.to_string()).unwrap_or_default();
    let report = parse::report(&VENUE, &orders[0], &SYMBOLS).unwrap();
    assert_eq!(report.venue_order_id.as_str(), "algo:1753184812254216192");
    assert_eq!(report.client_id, parse::ours(OURS));

    // On the stream: it waits, then what it became tells the rest, whatever comes late of it.
    let mut known = Orders::new(VENUE.clone());
    let message: Value = serde_json::from_str(WS_ALGO).unwrap();
    let waits = |changes: &Value| {
        let mut algo = message["data"][0].clone();
        for (name, value) in changes.as_object().unwrap() {
            algo[name] = value.clone();
        }
        algo.to_string()
    };
    let live = waits(&json!({}));
    let told = known.take_algo(&serde_json::from_str(&live).unwrap(), &SYMBOLS).unwrap().unwrap();
    let stop = OrderKind::StopLimit { stop: price("54000"), price: price("53900") };
    assert_eq!(
        (told.state, told.kind, told.quantity.to_string()),
        (OrderState::Working, stop, "0.002".to_owned())
    );
    let order = json!({"algoId": "1753184812254216192", "algoClOrdId": OURS, "clOrdId": "", "accFillSz": "0.002", "fillSz": "0.002",
        "state": "filled", "cTime": "1789999999999"});
    let mut message: Value = serde_json::from_str(WS_ORDER).unwrap();
    for (name, value) in order.as_object().unwrap() {
        message["data"][0][name] = value.clone();
    }
    let text = message["data"][0].to_string();
    let filled = known.take(&serde_json::from_str(&text).unwrap(), &SYMBOLS).unwrap();
    let (fill, report) = (filled.fill.unwrap(), filled.report.unwrap());
    assert_eq!((fill.client_id, report.client_id), (parse::ours(OURS), parse::ours(OURS)));
    assert_eq!((fill.venue_order_id, report.kind), (report.venue_order_id, stop));
    let effective = waits(&json!({"state": "effective", "ordId": "1753197687182819328"}));
    for late in [effective, live] {
        assert_eq!(known.take_algo(&serde_json::from_str(&late).unwrap(), &SYMBOLS).unwrap(), None);
    }
    // Another one ends without an order, once.
    let mut known = Orders::new(VENUE.clone());
    let failed = waits(&json!({"state": "order_failed", "failCode": "51008"}));
    let told = known.take_algo(&serde_json::from_str(&failed).unwrap(), &SYMBOLS).unwrap().unwrap();
    assert!(told.state == OrderState::Rejected && told.reason.unwrap().contains("51008"));
    assert_eq!(known.take_algo(&serde_json::from_str(&failed).unwrap(), &SYMBOLS).unwrap(), None);
}

#[test]
fn a_market_order_of_another_program_may_count_in_quote() {
    let quantity = |text: &str| nija_core::Quantity::new(text.parse().unwrap()).unwrap();
    let ordered = |kind: &str, side, target: &str| {
        parse::ordered(quantity("100"), kind, side, target, quantity("0.5")).to_string()
    };
    assert_eq!(ordered("market", Side::Buy, "quote_ccy"), "0.5");
    assert_eq!(ordered("market", Side::Buy, ""), "0.5");
    assert_eq!(ordered("market", Side::Buy, "base_ccy"), "100");
    assert_eq!(ordered("market", Side::Sell, ""), "100");
    assert_eq!(ordered("limit", Side::Buy, ""), "100");
}

#[test]
fn a_missing_field_is_named_with_its_place() {
    let error =
        read("order", r#"{"code":"0","data":[{"instId":"BTC-USDT","ordId":"1","side":"buy"}]}"#).unwrap_err();
    assert!(
        matches!(&error, VenueError::Decode { path, message, .. } if path == "order.data.[0]" && message.contains("ordType")),
        "{error}"
    );
    let error = read("fills", &FILLS.replace("60000.25", "many")).unwrap_err();
    assert!(matches!(&error, VenueError::Decode { path, .. } if path == "fills.data.[0].fillPx"), "{error}");
    assert!(
        matches!(read("time", r#"{"code":"0","data":[]}"#), Err(VenueError::Decode { path, .. }) if path == "time.data")
    );
}

/// An answer or message that is right, to be damaged.
fn sound() -> Vec<&'static str> {
    vec![
        INSTRUMENTS,
        TICKER,
        BOOKS,
        CANDLES,
        BALANCE,
        FEES,
        CONFIG,
        PLACED,
        REFUSED,
        ORDER,
        FILLS,
        CANCELLED,
        WS_BOOK,
        WS_BEST,
        WS_ORDER,
        WS_ACCOUNT,
        ALGO,
        WS_ALGO,
    ]
}

/// Names and words that matter.
const NAMES: &[&str] = &[
    "code",
    "msg",
    "data",
    "sCode",
    "sMsg",
    "ordId",
    "clOrdId",
    "instId",
    "side",
    "ordType",
    "px",
    "sz",
    "accFillSz",
    "avgPx",
    "state",
    "tradeId",
    "fillPx",
    "fillSz",
    "fillTime",
    "uTime",
    "cTime",
    "ts",
    "bids",
    "asks",
    "seqId",
    "prevSeqId",
    "details",
    "ccy",
    "cashBal",
    "perm",
    "feeGroup",
    "maker",
    "taker",
];
const WORDS: &[&str] = &["BTC-USDT", "buy", "0", "1", "51008", "live", "filled", "market"];

proptest! {
    // `PROPTEST_CASES` asks for more.
    #[test]
    fn any_json_is_read_or_refused(value in any_json(NAMES, WORDS), call in prop::sample::select(CALLS.to_vec())) {
        let text = value.to_string();
        let _ = read(call, &text);
        let _ = read(call, &json!({"code": "0", "data": value}).to_string());
        take(&text);
        for channel in ["books", "bbo-tbt", "orders", "account", "orders-algo"] {
            take(&json!({"arg": {"channel": channel, "instId": "BTC-USDT"}, "data": value}).to_string());
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
