//! Every decoder of this venue, fed without a connection: for the fuzz targets and for the tests of recorded payloads. It reads as
//! the executor's calls and streams do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // A panic is what is looked for.

use nija_core::{Timestamp, VenueError, VenueId};
use reqwest::StatusCode;
use serde_json::json;
use std::sync::LazyLock;

use super::{
    AlpacaFees, account,
    parse::{self, OrderFacts},
    stream::{book::LocalBook, updates::Told},
    symbols::SymbolMap,
    wire::{self, ws},
};
use crate::listings::SymbolList;
use crate::testing::sound;
use crate::transport::HttpAnswer;

pub(super) static VENUE: LazyLock<VenueId> = LazyLock::new(|| VenueId::new("alpaca").unwrap());

pub(super) static SYMBOLS: LazyLock<SymbolMap> = LazyLock::new(|| {
    let assets = json!([
        {"class": "us_equity", "symbol": "AAPL", "tradable": true, "fractionable": true},
        {"class": "us_equity", "symbol": "SPY", "tradable": true, "fractionable": true},
        {"class": "crypto", "symbol": "BTC/USD", "tradable": true},
    ]);
    SymbolMap::new(&VENUE, &serde_json::from_str::<Vec<wire::Asset>>(&assets.to_string()).unwrap())
});

const AT: Timestamp = Timestamp::from_micros(1);

/// Kinds of answers and messages that are in use.
pub(super) const CALLS: [&str; 12] = [
    "assets",
    "clock",
    "account",
    "positions",
    "order",
    "orders",
    "cancel_all",
    "activities",
    "quotes",
    "orderbooks",
    "bars",
    "trade_updates",
];

/// All of them, over some bytes.
pub fn all(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for call in CALLS {
        if let Err(error) = read(call, 200, &text) {
            sound::error(&error);
        }
    }
    for status in [400, 401, 403, 404, 422] {
        if let Err(error) = read("order", status, &text) {
            sound::error(&error);
        }
    }
    take(&text);
}

/// One of them by its name, `stream` for the messages.
pub fn one(call: &str, text: &str) -> Result<usize, VenueError> {
    if call == "stream" { Ok(take(text)) } else { read(call, 200, text) }
}

/// Reads an answer as the call's code does; how many things were read.
pub(super) fn read(call: &str, status: u16, body: &str) -> Result<usize, VenueError> {
    let venue = &*VENUE;
    let status = StatusCode::from_u16(status).unwrap();
    let answer = HttpAnswer { status, body: body.to_owned(), retry_after: None };
    let report = |order: &wire::Order| {
        // Some recordings were edited by hand and name no symbol that could be.
        if let Some(listed) =
            SYMBOLS.by_name(order.symbol.as_deref().unwrap_or_default().trim_end_matches('`'))
        {
            let report = parse::report(venue, order, listed)?;
            sound::report(&report);
            Told::default().is_news(&report);
        }
        Ok::<_, VenueError>(())
    };
    Ok(match call {
        "assets" => {
            let assets: Vec<wire::Asset> = parse::answer(venue, call, &answer)?;
            let instruments = SymbolMap::new(venue, &assets).instruments();
            instruments.iter().for_each(sound::instrument);
            instruments.len()
        }
        "clock" => {
            let clock: wire::Clock = parse::answer(venue, call, &answer)?;
            sound::time(parse::time(venue, call, &clock.next_open)?);
            sound::time(parse::time(venue, call, &clock.next_close)?);
            sound::seen(&clock.is_open);
            1
        }
        "account" => {
            let account: wire::Account = parse::answer(venue, call, &answer)?;
            sound::seen(&(&account.status, account.trading_blocked, account.account_blocked));
            sound::seen(&(&account.crypto_tier, account.trade_suspended_by_user));
            let balances = account::balances_of(venue, &SYMBOLS, &account, &[], AT)?;
            balances.iter().for_each(sound::balance);
            balances.len()
        }
        "positions" => {
            let positions: Vec<wire::Position> = parse::answer(venue, call, &answer)?;
            let account = serde_json::from_str(r#"{"status":"ACTIVE","cash":"1"}"#).unwrap();
            let balances = account::balances_of(venue, &SYMBOLS, &account, &positions, AT)?;
            balances.iter().for_each(sound::balance);
            positions.len()
        }
        "order" => {
            report(&parse::answer(venue, call, &answer)?)?;
            1
        }
        "orders" => {
            let orders: Vec<wire::Order> = parse::answer(venue, call, &answer)?;
            orders.iter().try_for_each(report)?;
            orders.len()
        }
        "cancel_all" => {
            let each: Vec<wire::CancelStatus> = parse::answer(venue, call, &answer)?;
            sound::seen(&each);
            each.len()
        }
        "activities" => {
            let activities: Vec<wire::Activity> = parse::answer(venue, call, &answer)?;
            activities.iter().for_each(|activity| sound::seen(&activity.cum_qty));
            let facts = OrderFacts {
                client_id: None,
                parent: None,
                limit: None,
                submitted_at: Timestamp::from_micros(0),
            };
            for activity in &activities {
                if let Some(listed) = SYMBOLS.by_name(&activity.symbol) {
                    sound::fill(&parse::fill(venue, activity, listed, &facts, AlpacaFees::default())?);
                }
            }
            activities.len()
        }
        "quotes" => {
            let quotes: wire::Quotes = parse::answer(venue, call, &answer)?;
            for quote in quotes.quotes.values() {
                let (bid, ask) =
                    (ws::Level { p: quote.bp, s: quote.bs }, ws::Level { p: quote.ap, s: quote.ask_size });
                parse::quote(bid, ask, AT).iter().for_each(sound::quote);
            }
            quotes.quotes.len()
        }
        "orderbooks" => {
            let books: wire::Books<'_> = parse::answer(venue, call, &answer)?;
            for book in books.orderbooks.values() {
                show(&book.b, &book.a);
            }
            books.orderbooks.len()
        }
        "bars" => {
            let page: wire::Bars = parse::answer(venue, call, &answer)?;
            let bars = page.bars.unwrap_or_default();
            for bar in bars.values().flatten() {
                sound::candle(&parse::candle(venue, bar)?);
            }
            bars.values().map(Vec::len).sum()
        }
        "trade_updates" => {
            let message: wire::AccountMessage<'_> = parse::answer(venue, call, &answer)?;
            let data = message.data.map_or("null", |data| data.get());
            sound::seen(
                &serde_json::from_str::<wire::Authorization>(data).ok().filter(|one| !one.status.is_empty()),
            );
            sound::seen(
                &serde_json::from_str::<wire::Listening>(data).ok().filter(|one| !one.streams.is_empty()),
            );
            let answer = HttpAnswer { body: data.to_owned(), ..answer.clone() };
            let update: wire::TradeUpdate = parse::answer(venue, call, &answer)?;
            if let Some(Ok(at)) = update.timestamp.as_deref().map(str::parse) {
                sound::time(at);
            }
            report(&update.order)?;
            usize::from(!update.event.is_empty())
        }
        other => panic!("no reader for {other}"),
    })
}

/// Reads a text of the price streams as the sessions do; how many messages it held.
pub(super) fn take(text: &str) -> usize {
    let messages = serde_json::from_str::<Vec<ws::Message<'_>>>(text).unwrap_or_default();
    for message in &messages {
        sound::seen(message);
        show(&message.b, &message.a);
        if let (Some(bp), Some(bs), Some(ap), Some(size)) =
            (message.bp, message.bs, message.ap, message.ask_size)
        {
            let quote = parse::quote(ws::Level { p: bp, s: bs }, ws::Level { p: ap, s: size }, AT);
            quote.iter().for_each(sound::quote);
        }
    }
    messages.len()
}

fn show(bids: &[ws::Level], asks: &[ws::Level]) {
    let mut book = LocalBook::new(10);
    book.reset(bids, asks);
    book.update(asks, bids);
    let book = book.to_book(AT);
    assert!(book.bids.len() <= 10 && book.asks.len() <= 10);
    sound::book(&book);
}
