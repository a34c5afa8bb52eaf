//! Every decoder of this venue, fed without a connection: for the fuzz targets and for the tests of recorded payloads. It reads as
//! the executor's calls and streams do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // A panic is what is looked for.

use nija_core::{Price, Quantity, Symbol, Timestamp, VenueError, VenueId};
use serde_json::value::RawValue;
use std::sync::LazyLock;

use super::{
    account,
    filters::Filters,
    parse::{self, result},
    stream::{
        events::{self, Orders},
        feed::{Feed, Heard},
    },
    symbols::SymbolMap,
    wire::{self, ws},
};
use crate::listings::SymbolList;
use crate::testing::sound;

pub(super) static VENUE: LazyLock<VenueId> = LazyLock::new(|| VenueId::new("binance").unwrap());

/// The symbols that the recordings name.
pub(super) static SYMBOLS: LazyLock<SymbolMap> = LazyLock::new(|| {
    let names = [("LTC", "BTC"), ("ETH", "BTC"), ("BNB", "BTC"), ("BNB", "USDT"), ("BTC", "USDT")];
    let symbols: Vec<String> = names
        .iter()
        .map(|(base, quote)| {
            format!(r#"{{"symbol":"{base}{quote}","status":"TRADING","baseAsset":"{base}","quoteAsset":"{quote}"}}"#)
        })
        .collect();
    SymbolMap::new(
        &VENUE,
        &serde_json::from_str::<Vec<wire::SymbolInfo>>(&format!("[{}]", symbols.join(","))).unwrap(),
    )
});

pub(super) const AT: Timestamp = Timestamp::from_micros(1);

/// Calls, by the last part of their path.
pub(super) const CALLS: [&str; 14] = [
    "exchangeInfo",
    "time",
    "bookTicker",
    "depth",
    "klines",
    "account",
    "commission",
    "apiRestrictions",
    "order",
    "orderList",
    "orders",
    "cancelled",
    "myTrades",
    "userDataStream",
];

/// All of them, over some bytes.
pub fn all(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for call in CALLS {
        if let Err(error) = read(call, &text) {
            sound::error(&error);
        }
    }
    take(&text);
}

/// One of them by its name, `stream` for the messages.
pub fn one(call: &str, text: &str) -> Result<usize, VenueError> {
    if call == "stream" { Ok(take(text)) } else { read(call, text) }
}

/// Reads an answer as the call's code does; how much was in it. Refusals are part of it.
pub(super) fn read(call: &str, json: &str) -> Result<usize, VenueError> {
    let (venue, symbols) = (&*VENUE, &*SYMBOLS);
    let order = |order: &wire::Order| -> Result<usize, VenueError> {
        sound::report(&parse::report(venue, order, symbols)?);
        Ok(1)
    };
    match call {
        "exchangeInfo" => {
            let info: wire::ExchangeInfo = result(venue, call, json)?;
            let map = SymbolMap::new(venue, &info.symbols);
            let instruments = map.instruments();
            for instrument in &instruments {
                sound::instrument(instrument);
                let listed = map.get(&instrument.symbol).unwrap();
                sound::seen(&listed.filters);
                filters(&listed.filters, instrument);
            }
            Ok(instruments.len())
        }
        "time" => {
            let time = parse::at(venue, call, result::<wire::ServerTime>(venue, call, json)?.server_time)?;
            sound::time(time);
            Ok(usize::from(time > AT))
        }
        "bookTicker" => {
            sound::quote(&parse::quote(venue, &result(venue, call, json)?, AT)?);
            Ok(1)
        }
        "depth" => {
            let book = parse::book(venue, &result(venue, call, json)?, AT)?;
            sound::book(&book);
            Ok(book.bids.len() + book.asks.len())
        }
        "klines" => {
            let rows: Vec<Vec<crate::decode::Num>> = result(venue, call, json)?;
            for row in &rows {
                sound::candle(&parse::candle(venue, row)?);
            }
            Ok(rows.len())
        }
        "account" => {
            let account: wire::Account = result(venue, call, json)?;
            sound::seen(&(account.can_trade, &account.permissions));
            let rates = usize::from(account.commission_rates.is_some());
            if let Some(rates) = account.commission_rates {
                sound::fees(&account::fees_of(venue, &[rates])?);
            }
            let balances = account::balances_of(venue, account.balances, AT)?;
            balances.iter().for_each(sound::balance);
            Ok(balances.len() + rates)
        }
        "commission" => {
            let rates = account::added(result(venue, call, json)?);
            sound::fees(&account::fees_of(venue, &rates)?);
            Ok(rates.len())
        }
        "apiRestrictions" => {
            let rights = account::rights_of(venue, &result(venue, call, json)?)?;
            sound::seen(&rights);
            Ok(rights.names.len())
        }
        "order" => order(&result(venue, call, json)?),
        "orderList" => {
            let list: wire::OrderList = result(venue, call, json)?;
            list.order_reports.iter().try_for_each(|one| order(one).map(|_| ()))?;
            sound::seen(&parse::list_id(venue, "BTCUSDT", list.order_list_id)?);
            Ok(list.order_reports.len())
        }
        "orders" => {
            let orders: Vec<wire::Order> = result(venue, call, json)?;
            orders.iter().try_for_each(|one| order(one).map(|_| ()))?;
            Ok(orders.len())
        }
        "cancelled" => {
            let cancelled: Vec<wire::Cancelled> = result(venue, call, json)?;
            sound::seen(&cancelled);
            Ok(cancelled.len())
        }
        "myTrades" => {
            let trades: Vec<wire::Trade> = result(venue, call, json)?;
            let symbol = Symbol::new("BNB-BTC").unwrap();
            for trade in &trades {
                sound::fill(&parse::fill(venue, "BNBBTC", trade, &symbol)?);
            }
            Ok(trades.len())
        }
        "userDataStream" => {
            let key: wire::ListenKey = result(venue, call, json)?;
            sound::seen(&key.listen_key);
            Ok(key.listen_key.len())
        }
        other => panic!("no reader for {other}"),
    }
}

/// The filters that an instrument has no room for, with prices near and far.
fn filters(filters: &Filters, instrument: &nija_core::Instrument) {
    use nija_core::{OrderKind, Side};
    for number in ["0.00000001", "61234.5", "99999999999999"] {
        let number = number.parse().unwrap();
        let (price, quantity) = (Price::new(number).unwrap(), Quantity::new(number).unwrap());
        for kind in [
            OrderKind::Market,
            OrderKind::Limit { price },
            OrderKind::StopLimit { stop: price, price },
            OrderKind::Bracket { take_profit: price, stop: price, price },
        ] {
            let _ = filters.fit(instrument, Side::Buy, kind, quantity, price, Some(price));
            let _ = filters.fit(instrument, Side::Sell, kind, quantity, price, None);
        }
    }
}

/// Reads a stream message as the sessions do; how many of the kinds of messages it could be.
pub(super) fn take(text: &str) -> usize {
    let mut feed = Feed::new(Symbol::new("BTC-USDT").unwrap(), 5);
    let heard = |heard: Heard| {
        heard.quote.iter().for_each(sound::quote);
        heard.book.iter().for_each(|book| sound::book(book));
        1
    };
    let data = serde_json::from_str::<ws::Message<'_>>(text).ok().and_then(|message| message.data);
    let private = serde_json::from_str::<ws::Private<'_>>(text).ok();
    let mut understood = 0;
    if let Some(answer) = private.as_ref().filter(|private| private.id.is_some()) {
        sound::seen(&(answer.id.map(RawValue::get), answer.status, &answer.error));
        understood += 1;
    }
    let event = private.and_then(|message| message.event);
    for text in [Some(text), data.map(RawValue::get), event.map(RawValue::get)].into_iter().flatten() {
        if let Ok(snapshot) = serde_json::from_str::<wire::Depth>(text) {
            understood += heard(feed.snapshot(&snapshot, 2, AT));
        }
        if let Ok(update) = serde_json::from_str(text) {
            understood += feed.update(update, AT).map_or(0, heard);
        }
        if let Ok(ticker) = serde_json::from_str(text) {
            understood += feed.ticker(&ticker, AT).map_or(0, heard);
        }
        if let Ok(execution) = serde_json::from_str::<ws::Execution<'_>>(text) {
            let mut orders = Orders::new(VENUE.clone());
            orders.begin(AT);
            for _ in 0..2 {
                let Ok(told) = orders.take(&execution, &SYMBOLS) else { continue };
                told.fill.iter().for_each(sound::fill);
                told.report.iter().for_each(sound::report);
                understood += 1;
            }
        }
        if let Ok(position) = serde_json::from_str(text)
            && let Ok(balances) = events::balances(&VENUE, position, AT)
        {
            balances.iter().for_each(sound::balance);
            understood += 1;
        }
    }
    understood
}
