//! From Coinbase's answers to our types. What is missing or senseless is an error with its place, never a panic.

use nija_core::{
    BookLevel, Candle, ExecutionId, ExecutionReport, Liquidity, OrderBook, OrderKind, OrderState, Price,
    Quantity, Quote, Side, Symbol, Timestamp, VenueError, VenueFill, VenueId, VenueOrderId,
};
use rust_decimal::Decimal;

use super::{symbols::SymbolMap, wire};
use crate::decode::{micros, moment, money, price, quantity, unreadable};

pub(super) fn time(venue: &VenueId, path: &str, text: &str) -> Result<Timestamp, VenueError> {
    text.parse().map_err(|error| unreadable(venue, path, error))
}

pub(super) fn side(venue: &VenueId, path: &str, text: &str) -> Result<Side, VenueError> {
    side_of(text).ok_or_else(|| unreadable(venue, path, format_args!("{text:?} is neither BUY nor SELL")))
}

/// `BUY` or `SELL`.
pub(super) fn side_of(text: &str) -> Option<Side> {
    match text {
        "BUY" => Some(Side::Buy),
        "SELL" => Some(Side::Sell),
        _ => None,
    }
}

pub(super) fn book(
    venue: &VenueId,
    book: &wire::PriceBook,
    depth: usize,
    at: Timestamp,
) -> Result<OrderBook, VenueError> {
    let levels = |path: &str, levels: &[wire::Level]| {
        let there = levels.iter().filter(|level| !level.size.0.is_zero()).take(depth);
        there
            .map(|level| {
                Ok(BookLevel {
                    price: price(venue, path, level.price.0)?,
                    quantity: quantity(venue, path, level.size.0)?,
                })
            })
            .collect::<Result<Vec<_>, VenueError>>()
    };
    Ok(OrderBook {
        bids: levels("product_book.pricebook.bids", &book.bids)?,
        asks: levels("product_book.pricebook.asks", &book.asks)?,
        at,
    })
}

/// The best of each side.
pub(super) fn quote(venue: &VenueId, book: &OrderBook) -> Result<Quote, VenueError> {
    let (Some(bid), Some(ask)) = (book.bids.first(), book.asks.first()) else {
        return Err(unreadable(venue, "product_book.pricebook", "a side of the book is empty"));
    };
    Ok(Quote { bid: bid.price, bid_size: bid.quantity, ask: ask.price, ask_size: ask.quantity, at: book.at })
}

pub(super) fn candle(venue: &VenueId, candle: &wire::Candle) -> Result<Candle, VenueError> {
    let path = "candles.candles";
    Ok(Candle {
        start: moment(venue, path, micros(candle.start.0))?,
        open: price(venue, path, candle.open.0)?,
        high: price(venue, path, candle.high.0)?,
        low: price(venue, path, candle.low.0)?,
        close: price(venue, path, candle.close.0)?,
        volume: quantity(venue, path, candle.volume.0)?,
    })
}

/// A status of REST or of the stream.
pub(super) fn state(status: &str, filled: Quantity, ordered: Quantity) -> OrderState {
    match status {
        "FILLED" => OrderState::Filled,
        "CANCELLED" => OrderState::Cancelled,
        "EXPIRED" => OrderState::Expired,
        "FAILED" => OrderState::Rejected,
        // `PENDING`, `OPEN`, `QUEUED`, `CANCEL_QUEUED`, `EDIT_QUEUED`, and what Coinbase may add: it is there.
        _ if !filled.is_zero() && filled < ordered => OrderState::PartialFill,
        _ => OrderState::Working,
    }
}

/// An order as REST tells it.
pub(super) fn report(
    venue: &VenueId,
    order: &wire::Order,
    symbols: &SymbolMap,
) -> Result<ExecutionReport, VenueError> {
    let id = order.order_id.as_str();
    let at = |field: &str| format!("orders.{id}.{field}");
    let product = &order.product_id;
    let listed = symbols
        .by_name(product)
        .ok_or_else(|| unreadable(venue, at("product_id"), format_args!("{product:?} is not listed")))?;
    let filled = quantity(venue, &at("filled_size"), order.filled_size.0.unwrap_or_default())?;
    let terms = order.order_configuration.values().flatten().next();
    // An order for an amount of money has no base size: what it got is all that can be said.
    let ordered = match terms.and_then(|terms| terms.base_size.0) {
        Some(size) => quantity(venue, &at("order_configuration"), size)?,
        None => filled,
    };
    let side = side(venue, &at("side"), &order.side)?;
    let kind =
        terms.map_or(OrderKind::Market, |terms| terms.prices(side).kind(side, listed.instrument.tick_size));
    let state = state(&order.status, filled, ordered);
    let last = order.last_fill_time.as_deref().filter(|text| state.is_final() && !text.is_empty());
    let said = [&order.reject_message, &order.cancel_message];
    let said = said.into_iter().filter_map(|text| text.as_deref()).find(|text| !text.is_empty());
    Ok(ExecutionReport {
        venue: venue.clone(),
        venue_order_id: order_id(venue, &at("order_id"), id)?,
        client_id: order.client_order_id.as_deref().and_then(|id| id.parse().ok()),
        symbol: listed.instrument.symbol.clone(),
        side,
        kind,
        state,
        quantity: ordered,
        filled,
        average_price: average(order.average_filled_price.0, filled),
        reason: said.filter(|_| state.is_final()).map(|text| text.chars().take(300).collect()),
        at: time(venue, &at("created_time"), last.unwrap_or(&order.created_time))?,
    })
}

/// An average price, where there is something to average.
pub(super) fn average(price: Option<Decimal>, filled: Quantity) -> Option<Price> {
    price.filter(|_| !filled.is_zero()).and_then(|price| Price::new(price).ok())
}

/// An execution. Its order's client id is not in there; `lot` is what its symbol's quantities are multiples of.
pub(super) fn fill(
    venue: &VenueId,
    fill: &wire::Fill,
    symbol: &Symbol,
    lot: Decimal,
) -> Result<VenueFill, VenueError> {
    let id = fill.entry_id.as_deref().filter(|id| !id.is_empty()).unwrap_or(&fill.trade_id);
    let at = |field: &str| format!("fills.{id}.{field}");
    let price = price(venue, &at("price"), fill.price.0)?;
    let size = if fill.size_in_quote == Some(true) {
        let base = fill.size.0.checked_div(price.get());
        let base = base.ok_or_else(|| unreadable(venue, at("size"), "not an amount of money"))?;
        // The division's digits beyond the lot are not there in the execution.
        lots(base, lot)
    } else {
        fill.size.0
    };
    Ok(VenueFill {
        venue: venue.clone(),
        execution_id: ExecutionId::new(id).map_err(|error| unreadable(venue, at("entry_id"), error))?,
        venue_order_id: order_id(venue, &at("order_id"), &fill.order_id)?,
        client_id: None,
        symbol: symbol.clone(),
        side: side(venue, &at("side"), &fill.side)?,
        quantity: quantity(venue, &at("size"), size)?,
        price,
        fee_asset: symbol.quote().to_owned(),
        fee: money(venue, at("commission"), fill.commission.0.unwrap_or_default())?,
        liquidity: if fill.liquidity_indicator.as_deref() == Some("MAKER") {
            Liquidity::Maker
        } else {
            Liquidity::Taker
        },
        at: time(venue, &at("trade_time"), &fill.trade_time)?,
    })
}

/// The nearest number of whole lots.
fn lots(base: Decimal, lot: Decimal) -> Decimal {
    base.checked_div(lot).and_then(|lots| lots.round().checked_mul(lot)).unwrap_or(base)
}

pub(super) fn order_id(venue: &VenueId, path: &str, text: &str) -> Result<VenueOrderId, VenueError> {
    VenueOrderId::new(text).map_err(|error| unreadable(venue, path, error))
}
