//! Every decoder of this venue, fed without a connection: for the fuzz targets and for the tests of recorded payloads. It reads as
//! the executor's calls and streams do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // A panic is what is looked for.

use nija_core::{Timestamp, VenueError, VenueId};
use serde_json::{json, value::RawValue};
use std::{collections::HashMap, sync::LazyLock};

use super::{
    account as calls, error,
    parse::{self, result},
    stream::{
        account::held,
        book::{LocalBook, Precision},
        tracked::TrackedOrders,
    },
    symbols::SymbolMap,
    wire::{self, ws},
};
use crate::decode::{Num, decode};
use crate::listings::SymbolList;
use crate::testing::sound;

pub(super) static VENUE: LazyLock<VenueId> = LazyLock::new(|| VenueId::new("kraken").unwrap());

/// The pairs that the recordings name.
pub(super) static SYMBOLS: LazyLock<SymbolMap> = LazyLock::new(|| {
    let pair = |wsname: &str, altname: &str, base: &str, quote: &str| json!({"altname": altname, "wsname": wsname, "base": base, "quote": quote, "pair_decimals": 1, "lot_decimals": 8});
    let pairs = json!({
        "XXBTZUSD": pair("XBT/USD", "XBTUSD", "XXBT", "ZUSD"),
        "XXBTZGBP": pair("XBT/GBP", "XBTGBP", "XXBT", "ZGBP"),
        "XXBTZEUR": pair("XBT/EUR", "XBTEUR", "XXBT", "ZEUR"),
        "XETHZUSD": pair("ETH/USD", "ETHUSD", "XETH", "ZUSD"),
        "XLTCXXBT": pair("LTC/XBT", "LTCXBT", "XLTC", "XXBT"),
        "XLTCZUSD": pair("LTC/USD", "LTCUSD", "XLTC", "ZUSD"),
        "XICNXXBT": pair("ICN/XBT", "ICNXBT", "XICN", "XXBT"),
        "SUIUSD": pair("SUI/USD", "SUIUSD", "SUI", "ZUSD"),
        "XXRPXXBT": pair("XRP/XBT", "XRPXBT", "XXRP", "XXBT"),
        "XREPXETH": pair("REP/ETH", "REPETH", "XREP", "XETH"),
    });
    // Numbers are read from their text, which a parsed value no longer has.
    SymbolMap::new(&VENUE, &serde_json::from_str(&pairs.to_string()).unwrap())
});

pub(super) const AT: Timestamp = Timestamp::from_micros(1);

/// Calls, by the last part of their path.
pub(super) const CALLS: [&str; 16] = [
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
    "TradesHistory",
];

/// All of them, over some bytes.
pub fn all(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for call in CALLS {
        if let Err(error) = read(call, &text) {
            sound::error(&error);
        }
    }
    sound::error(&error::classify(&VENUE, &text));
    take(&text);
}

/// One of them by its name, `stream` for the messages.
pub fn one(call: &str, text: &str) -> Result<usize, VenueError> {
    if call == "stream" { Ok(take(text)) } else { read(call, text) }
}

/// Reads an answer as the call's code does; how much was in it.
pub(super) fn read(call: &str, json: &str) -> Result<usize, VenueError> {
    let (venue, symbols, at) = (&*VENUE, &*SYMBOLS, AT);
    let orders = |orders: &HashMap<String, wire::Order>| -> Result<usize, VenueError> {
        for (txid, order) in orders {
            if symbols.by_name(&order.descr.pair).is_some() {
                sound::report(&parse::report(venue, txid, order, symbols)?);
            }
        }
        Ok(orders.len())
    };
    match call {
        "AssetPairs" => {
            let pairs: HashMap<String, wire::AssetPair> = result(venue, call, json)?;
            let instruments = SymbolMap::new(venue, &pairs).instruments();
            instruments.iter().for_each(sound::instrument);
            Ok(instruments.len())
        }
        "Time" => {
            let time: wire::ServerTime = result(venue, call, json)?;
            let time = parse::seconds(venue, call, Num(time.unixtime.into()))?;
            sound::time(time);
            Ok(usize::from(time > AT))
        }
        "Ticker" => {
            let tickers: HashMap<String, wire::Ticker> = result(venue, call, json)?;
            for ticker in tickers.values() {
                sound::quote(&parse::quote(venue, ticker, at)?);
            }
            Ok(tickers.len())
        }
        "Depth" => {
            let books: HashMap<String, wire::Depth> = result(venue, call, json)?;
            for depth in books.values() {
                sound::book(&parse::book(venue, depth, at)?);
            }
            Ok(books.len())
        }
        "OHLC" => {
            let rows: HashMap<String, &RawValue> = result(venue, call, json)?;
            let mut count = 0;
            for (pair, rows) in rows.iter().filter(|(name, _)| *name != "last") {
                for row in decode::<Vec<Vec<Num>>>(venue, pair, rows.get())? {
                    sound::candle(&parse::candle(venue, &row)?);
                    count += 1;
                }
            }
            Ok(count)
        }
        "TradeVolume" => {
            let volume: wire::TradeVolume = result(venue, call, json)?;
            sound::fees(&calls::fees_of(venue, "XXBTZUSD", &volume)?);
            Ok(volume.fees.len())
        }
        "BalanceEx" => {
            let balances: HashMap<String, wire::BalanceEx> = result(venue, call, json)?;
            let balances = calls::balances_of(venue, &balances, symbols, at)?;
            balances.iter().for_each(sound::balance);
            Ok(balances.len())
        }
        "GetApiKeyInfo" => {
            let rights = calls::rights_of(result(venue, call, json)?);
            sound::seen(&rights);
            Ok(rights.names.len())
        }
        "GetWebSocketsToken" => {
            let token: wire::StreamToken = result(venue, call, json)?;
            sound::seen(&token.token);
            Ok(token.token.len())
        }
        "AddOrder" => {
            let added: wire::Added = result(venue, call, json)?;
            sound::seen(&added);
            added.txid.iter().try_for_each(|txid| parse::order_id(venue, call, txid).map(|_| ()))?;
            Ok(added.txid.len())
        }
        "CancelOrder" | "CancelAll" => {
            let cancelled: wire::Cancelled = result(venue, call, json)?;
            sound::seen(&cancelled);
            Ok(usize::from(cancelled.count > Some(0)))
        }
        "OpenOrders" => orders(&result::<wire::OpenOrders>(venue, call, json)?.open),
        "ClosedOrders" => {
            let page: wire::ClosedOrders = result(venue, call, json)?;
            sound::seen(&page.count);
            orders(&page.closed)
        }
        "QueryOrders" => orders(&result(venue, call, json)?),
        "TradesHistory" => {
            let page: wire::TradesHistory = result(venue, call, json)?;
            sound::seen(&page.count);
            for (txid, trade) in &page.trades {
                if let Some(listed) = symbols.by_name(&trade.pair) {
                    sound::fill(&parse::fill(venue, txid, trade, &listed.instrument.symbol)?);
                }
            }
            Ok(page.trades.len())
        }
        other => panic!("no reader for {other}"),
    }
}

/// Reads a stream message as the sessions do; how many entries were understood.
pub(super) fn take(text: &str) -> usize {
    let Ok(message) = serde_json::from_str::<ws::Message<'_>>(text) else { return 0 };
    let mut understood = 0;
    if let Some(result) = message.result
        && let Ok(answered) = serde_json::from_str::<ws::Acknowledged<'_>>(result.get())
    {
        sound::seen(&(&answered, message.success, &message.method));
        understood += 1;
    }
    let Some(data) = message.data.map(|data| data.get()) else { return understood };
    let snapshot = message.kind.as_deref() == Some("snapshot");
    let mut book = LocalBook::new(10, Precision { price: 1, quantity: 8 });
    for update in serde_json::from_str::<Vec<ws::Book<'_>>>(data).unwrap_or_default() {
        sound::seen(&(book.reset(&update), &update));
        book.update(&update);
        let shown = book.to_book(AT);
        assert!(shown.bids.len() <= 10 && shown.asks.len() <= 10);
        sound::book(&shown);
        understood += 1;
    }
    let mut orders = TrackedOrders::new(VENUE.clone());
    for execution in serde_json::from_str::<Vec<ws::Execution<'_>>>(data).unwrap_or_default() {
        for _ in 0..2 {
            let Ok(told) = orders.take(&execution, snapshot, &SYMBOLS, AT) else { continue };
            told.fill.iter().for_each(sound::fill);
            told.report.iter().for_each(sound::report);
            orders.held("USD");
            orders.held("BTC");
            understood += 1;
        }
    }
    for ticker in serde_json::from_str::<Vec<ws::Ticker<'_>>>(data).unwrap_or_default() {
        sound::seen(&ticker);
        understood += 1;
    }
    for balance in serde_json::from_str::<Vec<ws::Balance>>(data).unwrap_or_default() {
        if let Ok((asset, total)) = held(&VENUE, &SYMBOLS, &balance) {
            sound::seen(&(asset, total));
            let _ = total - orders.held("USD");
            understood += 1;
        }
    }
    understood
}
