//! Every decoder of this venue, fed without a connection: for the fuzz targets and for the tests of payloads. It reads as the
//! executor's calls and streams do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // A panic is what is looked for.

use nija_core::{OrderKind, Price, Quantity, Side, Timestamp, VenueError, VenueId};
use std::sync::LazyLock;

use super::{
    account, error, parse,
    parse::{data, first},
    stream::{
        events::Orders,
        feed::{Feed, News},
    },
    symbols::{Listed, SymbolMap},
    wire::{self, ws},
};
use crate::decode::{Num, unreadable};
use crate::listings::SymbolList;
use crate::testing::sound;
use crate::transport::HttpAnswer;

pub(super) static VENUE: LazyLock<VenueId> = LazyLock::new(|| VenueId::new("okx").unwrap());

/// The instrument that the payloads name.
pub(super) static SYMBOLS: LazyLock<SymbolMap> = LazyLock::new(|| {
    let bitcoin = r#"[{"instId":"BTC-USDT","baseCcy":"BTC","quoteCcy":"USDT","tickSz":"0.1","lotSz":"0.00000001","minSz":"0.00001",
        "state":"live","groupId":"1"}]"#;
    SymbolMap::new(&VENUE, &serde_json::from_str::<Vec<wire::Instrument>>(bitcoin).unwrap())
});

pub(super) const AT: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);

/// Calls, by the last part of their path.
pub(super) const CALLS: [&str; 12] = [
    "instruments",
    "time",
    "ticker",
    "books",
    "candles",
    "balance",
    "trade-fee",
    "config",
    "acted",
    "order",
    "fills",
    "algo",
];

/// All of them, over some bytes.
pub fn all(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for call in CALLS {
        if let Err(error) = read(call, &text) {
            sound::error(&error);
        }
    }
    for status in [200, 400, 429] {
        let status = reqwest::StatusCode::from_u16(status).unwrap();
        if let Some(error) =
            error::refused(&VENUE, &HttpAnswer { status, body: text.clone().into_owned(), retry_after: None })
        {
            sound::error(&error);
        }
    }
    take(&text);
}

/// One of them by its name, `stream` for the messages.
pub fn one(call: &str, text: &str) -> Result<usize, VenueError> {
    if call == "stream" { Ok(take(text)) } else { read(call, text) }
}

/// Reads an answer as the call's code does; how much was in it.
pub(super) fn read(call: &str, json: &str) -> Result<usize, VenueError> {
    let (venue, symbols) = (&*VENUE, &*SYMBOLS);
    match call {
        "instruments" => {
            let map = SymbolMap::new(venue, &data(venue, call, json)?);
            let instruments = map.instruments();
            for instrument in &instruments {
                sound::instrument(instrument);
                limits(map.get(&instrument.symbol).unwrap());
            }
            Ok(instruments.len())
        }
        "time" => {
            let time = parse::millis(venue, call, first::<wire::ServerTime>(venue, call, json)?.ts.0)?;
            sound::time(time);
            Ok(1)
        }
        "ticker" => {
            sound::quote(&parse::quote(venue, &first(venue, call, json)?, AT)?);
            Ok(1)
        }
        "books" => {
            let book = parse::book(venue, &first(venue, call, json)?, AT)?;
            sound::book(&book);
            Ok(book.bids.len() + book.asks.len())
        }
        "candles" => {
            let rows: Vec<Vec<Num>> = data(venue, call, json)?;
            for row in &rows {
                sound::candle(&parse::candle(venue, row)?);
            }
            Ok(rows.len())
        }
        "balance" => {
            let balances = account::balances_of(venue, &first(venue, call, json)?, AT)?;
            balances.iter().for_each(sound::balance);
            Ok(balances.len())
        }
        "trade-fee" => {
            let fees: wire::TradeFee = first(venue, call, json)?;
            sound::fees(&account::fees_of(venue, &fees, "1")?);
            Ok(fees.fee_group.len())
        }
        "config" => {
            let rights = account::rights_of(venue, &first(venue, call, json)?)?;
            sound::seen(&rights);
            Ok(rights.names.len())
        }
        "acted" => {
            let acted: Vec<wire::Acted<'_>> = data(venue, call, json)?;
            sound::seen(&acted);
            let refused: Vec<_> = acted.iter().filter_map(|one| error::of_entry(venue, one)).collect();
            refused.iter().for_each(sound::error);
            Ok(acted.len() + refused.len())
        }
        "order" => {
            let orders: Vec<wire::Order> = data(venue, call, json)?;
            for order in &orders {
                sound::report(&parse::report(venue, order, symbols)?);
            }
            Ok(orders.len())
        }
        "fills" => {
            let fills: Vec<wire::Fill> = data(venue, call, json)?;
            for fill in &fills {
                let listed = symbols.by_name(&fill.inst_id);
                let listed = listed.ok_or_else(|| unreadable(venue, "fills", "not listed"))?;
                sound::seen(&fill.bill_id);
                sound::fill(&parse::fill(venue, fill, &listed.instrument.symbol)?);
            }
            Ok(fills.len())
        }
        "algo" => {
            let algos: Vec<wire::Algo> = data(venue, call, json)?;
            let mut waiting = 0;
            for algo in &algos {
                sound::seen(&algo.child());
                let report = parse::waiting(venue, algo, symbols)?;
                sound::report(&report);
                waiting += usize::from(report.kind.waits());
            }
            Ok(waiting)
        }
        other => panic!("no reader for {other}"),
    }
}

/// The limits that an instrument has no room for.
fn limits(listed: &Listed) {
    for number in ["0.00000001", "61234.5", "99999999999999"] {
        let number = number.parse().unwrap();
        let (price, quantity) = (Price::new(number).unwrap(), Quantity::new(number).unwrap());
        for kind in
            [OrderKind::Market, OrderKind::Limit { price }, OrderKind::StopLimit { stop: price, price }]
        {
            let _ = listed.fit(Side::Buy, kind, quantity, price);
        }
    }
}

/// Reads a stream message as the sessions do; how many entries were understood.
pub(super) fn take(text: &str) -> usize {
    let _ = super::stream::hear(text);
    let Ok(message) = serde_json::from_str::<ws::Message<'_>>(text) else { return 0 };
    let Some(data) = message.data else { return 0 };
    let heard = |news: News| {
        news.quote.iter().for_each(sound::quote);
        news.book.iter().for_each(|book| sound::book(book));
        usize::from(news.quote.is_some() || news.book.is_some())
    };
    let mut understood = 0;
    // Whatever its channel says, it is read as each kind that it could be.
    let books: Vec<ws::Book> = serde_json::from_str(data.get()).unwrap_or_default();
    let mut feed = Feed::new("BTC-USDT".parse().unwrap(), 10);
    for book in &books {
        understood += feed.best(book, AT).map_or(0, heard);
        understood += heard(feed.book(book, true, AT)) + heard(feed.book(book, false, AT));
    }
    let orders: Vec<ws::Order<'_>> = serde_json::from_str(data.get()).unwrap_or_default();
    let mut known = Orders::new(VENUE.clone());
    known.begin(AT);
    for order in orders.iter().chain(&orders) {
        let Ok(told) = known.take(order, &SYMBOLS) else { continue };
        told.fill.iter().for_each(sound::fill);
        told.report.iter().for_each(sound::report);
        understood += usize::from(told.report.is_some());
    }
    let algos: Vec<wire::Algo> = serde_json::from_str(data.get()).unwrap_or_default();
    for algo in &algos {
        let Ok(Some(report)) = known.take_algo(algo, &SYMBOLS) else { continue };
        sound::report(&report);
        understood += 1;
    }
    let accounts: Vec<ws::Account> = serde_json::from_str(data.get()).unwrap_or_default();
    for balance in accounts.iter().flat_map(|one| &one.details) {
        if let Ok(balance) = account::balance(&VENUE, balance, AT) {
            sound::balance(&balance);
            understood += 1;
        }
    }
    understood
}
