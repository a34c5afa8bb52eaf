//! Every decoder of this venue, fed without a connection: for the fuzz targets and for the tests of recorded payloads. It reads as
//! the executor's calls and streams do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // A panic is what is looked for.

use nija_core::{Timestamp, VenueError, VenueId};
use reqwest::StatusCode;
use serde_json::json;
use std::sync::LazyLock;

use super::{
    account, error, parse,
    stream::{book::LocalBook, sequence::Sequence, tracked::TrackedOrders},
    symbols::SymbolMap,
    wire::{self, ws},
};
use crate::decode::{decode, moment, unreadable};
use crate::listings::SymbolList;
use crate::testing::sound;
use crate::transport::HttpAnswer;

pub(super) static VENUE: LazyLock<VenueId> = LazyLock::new(|| VenueId::new("coinbase").unwrap());

/// The products that the recordings name.
pub(super) static SYMBOLS: LazyLock<SymbolMap> = LazyLock::new(|| {
    let product =
        |id: &str| json!({"product_id": id, "base_increment": "0.00000001", "quote_increment": "0.01"});
    let products = json!([product("BTC-USD"), product("ETH-USD"), product("ETH-USDT")]).to_string();
    SymbolMap::new(&VENUE, &serde_json::from_str::<Vec<wire::Product>>(&products).unwrap())
});

const AT: Timestamp = Timestamp::from_micros(1);

/// Calls, by the last part of their path.
pub(super) const CALLS: [&str; 12] = [
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

/// All of them, over some bytes.
pub fn all(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for call in CALLS {
        if let Err(error) = read(call, &text) {
            sound::error(&error);
        }
    }
    for status in [StatusCode::BAD_REQUEST, StatusCode::UNAUTHORIZED, StatusCode::NOT_FOUND] {
        let answer = HttpAnswer { status, body: text.clone().into_owned(), retry_after: None };
        error::refused(&VENUE, &answer).iter().for_each(sound::error);
    }
    take(&text);
}

/// One of them by its name, `stream` for the messages.
pub fn one(call: &str, text: &str) -> Result<usize, VenueError> {
    if call == "stream" { Ok(take(text)) } else { read(call, text) }
}

/// Reads an answer as the call's code does; how much was in it.
pub(super) fn read(call: &str, json: &str) -> Result<usize, VenueError> {
    let (venue, symbols, at) = (&*VENUE, &*SYMBOLS, AT);
    match call {
        "products" => {
            let products: wire::Products = decode(venue, call, json)?;
            let instruments = SymbolMap::new(venue, &products.products).instruments();
            instruments.iter().for_each(sound::instrument);
            Ok(instruments.len())
        }
        "time" => {
            let time: wire::ServerTime = decode(venue, call, json)?;
            let millis = i64::try_from(time.epoch_millis.0.trunc()).ok();
            sound::time(moment(venue, call, millis.and_then(|at| at.checked_mul(1000)))?);
            Ok(usize::from(millis > Some(0)))
        }
        "product_book" => {
            let book: wire::ProductBook = decode(venue, call, json)?;
            let book = parse::book(venue, &book.pricebook, 50, at)?;
            sound::book(&book);
            sound::quote(&parse::quote(venue, &book)?);
            Ok(book.bids.len() + book.asks.len())
        }
        "candles" => {
            let page: wire::Candles = decode(venue, call, json)?;
            for candle in &page.candles {
                sound::candle(&parse::candle(venue, candle)?);
            }
            Ok(page.candles.len())
        }
        "accounts" => {
            let page: wire::Accounts = decode(venue, call, json)?;
            sound::seen(&(page.has_next, &page.cursor));
            let mut sums = account::Sums::new();
            account::add(venue, &mut sums, page.accounts)?;
            for (asset, (total, available)) in &sums {
                let (venue, asset) = (venue.clone(), asset.clone());
                let (total, available) = (*total, *available);
                sound::balance(&nija_core::VenueBalance { venue, asset, total, available, at });
            }
            Ok(sums.len())
        }
        "transaction_summary" => {
            let fees = account::fees_of(venue, &decode(venue, call, json)?)?;
            sound::fees(&fees);
            Ok(usize::from(!fees.maker.is_zero()))
        }
        "key_permissions" => {
            let rights: wire::KeyPermissions = decode(venue, call, json)?;
            sound::seen(&rights);
            Ok([rights.can_view, rights.can_trade, rights.can_transfer].into_iter().filter(|it| *it).count())
        }
        "create" => {
            let created: wire::Created = decode(venue, call, json)?;
            sound::seen(&created);
            sound::error(&error::order_refused(venue, &created.error_response.unwrap_or_default()));
            if let Some(placed) = created.success_response {
                parse::order_id(venue, call, &placed.order_id)?;
            }
            Ok(usize::from(created.success))
        }
        "batch_cancel" => {
            let cancelled: wire::Cancelled = decode(venue, call, json)?;
            sound::seen(&cancelled);
            Ok(cancelled.results.len())
        }
        "order" => {
            let one: wire::OneOrder = decode(venue, call, json)?;
            sound::report(&parse::report(venue, &one.order, symbols)?);
            Ok(1)
        }
        "orders" => {
            let mut page: wire::Orders = decode(venue, call, json)?;
            sound::seen(&(page.has_next, &page.cursor));
            // One recording was made without a side, which no order of ours is.
            for order in page.orders.iter_mut().filter(|order| order.side.is_empty()) {
                order.side = "BUY".to_owned();
            }
            for order in &page.orders {
                sound::report(&parse::report(venue, order, symbols)?);
            }
            Ok(page.orders.len())
        }
        "fills" => {
            let page: wire::Fills = decode(venue, call, json)?;
            sound::seen(&page.cursor);
            for fill in &page.fills {
                sound::seen(&fill.trade_type);
                let listed = symbols.by_name(&fill.product_id);
                let listed = &listed.ok_or_else(|| unreadable(venue, "fills", "not listed"))?.instrument;
                sound::fill(&parse::fill(venue, fill, &listed.symbol, listed.lot_size)?);
            }
            Ok(page.fills.len())
        }
        other => panic!("no reader for {other}"),
    }
}

/// Reads a stream message as the sessions do; how many entries were understood.
pub(super) fn take(text: &str) -> usize {
    let Ok(message) = serde_json::from_str::<ws::Message<'_>>(text) else { return 0 };
    Sequence::default().take(message.sequence_num);
    sound::seen(&(message.sequence_num, &message.channel));
    let Some(events) = message.events.map(|events| events.get()) else { return 0 };
    let mut understood = 0;
    match message.channel.as_deref() {
        Some("l2_data") => {
            let mut book = LocalBook::default();
            for event in serde_json::from_str::<Vec<ws::Book<'_>>>(events).unwrap_or_default() {
                book.reset(&event.updates);
                book.update(&event.updates);
                let shown = book.to_book(10, AT);
                assert!(shown.bids.len() <= 10 && shown.asks.len() <= 10);
                sound::book(&shown);
                understood += event.updates.len() + usize::from(book.is_crossed());
            }
        }
        Some("user") => {
            let mut orders = TrackedOrders::new(VENUE.clone());
            for event in serde_json::from_str::<Vec<ws::User<'_>>>(events).unwrap_or_default() {
                for order in &event.orders {
                    if let Ok(Some(told)) = orders.take(order, event.kind == "snapshot", &SYMBOLS, AT) {
                        sound::report(&told);
                        understood += 1;
                    }
                    for order in orders.owing() {
                        orders.news(&order, Vec::new());
                        orders.still_owes(&order);
                    }
                }
            }
        }
        Some("ticker" | "ticker_batch") => {
            let events = serde_json::from_str::<Vec<ws::Tickers<'_>>>(events).unwrap_or_default();
            sound::seen(&events);
            understood += events.iter().map(|event| event.tickers.len()).sum::<usize>();
        }
        Some("subscriptions") => {
            let events = serde_json::from_str::<Vec<ws::Subscriptions<'_>>>(events).unwrap_or_default();
            events.iter().flat_map(|event| &event.subscriptions).for_each(|entry| sound::seen(&entry));
            understood += events.iter().map(|event| event.subscriptions.len()).sum::<usize>();
        }
        // Their numbers tell a gap.
        Some("heartbeats") => understood += usize::from(message.sequence_num.is_some()),
        _ => {}
    }
    understood
}
