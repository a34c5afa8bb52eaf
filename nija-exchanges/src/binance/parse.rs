//! From Binance's answers to our types. What is missing or senseless is an error with its place, never a panic.

use nija_core::{
    BookLevel, Candle, ExecutionId, ExecutionReport, Liquidity, OrderBook, OrderKind, OrderState, Price,
    Quantity, Quote, Side, Symbol, Timestamp, VenueError, VenueFill, VenueId, VenueOrderId,
};
use serde::Deserialize;

use super::{bracket, symbols::SymbolMap, wire};
use crate::decode::{Level, Num, asset, decode, moment, money, price, quantity, unreadable};

/// What sets a list's number off from an order's.
const LIST: &str = "list:";

/// Reads an answer, or the refusal that was sent instead.
pub(super) fn result<'a, T: Deserialize<'a>>(
    venue: &VenueId,
    call: &str,
    json: &'a str,
) -> Result<T, VenueError> {
    match super::error::refused(venue, json) {
        Some(error) => Err(error),
        None => decode(venue, call, json),
    }
}

pub(super) fn millis(value: i64) -> Timestamp {
    Timestamp::from_micros(value.saturating_mul(1000))
}

/// A moment that the venue tells in milliseconds.
pub(super) fn at(venue: &VenueId, path: &str, millis: i64) -> Result<Timestamp, VenueError> {
    moment(venue, path, millis.checked_mul(1000))
}

pub(super) fn side(venue: &VenueId, path: &str, text: &str) -> Result<Side, VenueError> {
    match text {
        "BUY" => Ok(Side::Buy),
        "SELL" => Ok(Side::Sell),
        other => Err(unreadable(venue, path, format_args!("{other:?} is neither BUY nor SELL"))),
    }
}

/// Levels, empty ones left out.
pub(super) fn levels(venue: &VenueId, path: &str, levels: &[Level]) -> Result<Vec<BookLevel>, VenueError> {
    levels
        .iter()
        .filter(|level| !level.quantity.is_zero())
        .map(|level| {
            Ok(BookLevel {
                price: price(venue, path, level.price)?,
                quantity: quantity(venue, path, level.quantity)?,
            })
        })
        .collect()
}

pub(super) fn book(venue: &VenueId, depth: &wire::Depth, at: Timestamp) -> Result<OrderBook, VenueError> {
    Ok(OrderBook {
        bids: levels(venue, "depth.bids", &depth.bids)?,
        asks: levels(venue, "depth.asks", &depth.asks)?,
        at,
    })
}

pub(super) fn quote(venue: &VenueId, ticker: &wire::BookTicker, at: Timestamp) -> Result<Quote, VenueError> {
    let path = |field: &str| format!("bookTicker.{field}");
    Ok(Quote {
        bid: price(venue, &path("bidPrice"), ticker.bid_price.0)?,
        bid_size: quantity(venue, &path("bidQty"), ticker.bid_qty.0)?,
        ask: price(venue, &path("askPrice"), ticker.ask_price.0)?,
        ask_size: quantity(venue, &path("askQty"), ticker.ask_qty.0)?,
        at,
    })
}

/// `[open time, open, high, low, close, volume, close time, ...]`.
pub(super) fn candle(venue: &VenueId, row: &[Num]) -> Result<Candle, VenueError> {
    let path = "klines";
    let [time, open, high, low, close, volume, ..] = row else {
        return Err(unreadable(venue, path, "a candle is too short"));
    };
    let time = i64::try_from(time.0).map_err(|_| unreadable(venue, path, "not a time"))?;
    Ok(Candle {
        start: at(venue, path, time)?,
        open: price(venue, path, open.0)?,
        high: price(venue, path, high.0)?,
        low: price(venue, path, low.0)?,
        close: price(venue, path, close.0)?,
        volume: quantity(venue, path, volume.0)?,
    })
}

/// Market, limit or stop-limit; the other stops and take-profits count by how they execute once triggered.
pub(super) fn kind(text: &str, limit: Num, stop: Option<Num>) -> OrderKind {
    let stop = stop.and_then(|stop| Price::new(stop.0).ok());
    if let ("STOP_LOSS_LIMIT", Ok(price), Some(stop)) = (text, Price::new(limit.0), stop) {
        return OrderKind::StopLimit { stop, price };
    }
    let limited = matches!(text, "LIMIT" | "LIMIT_MAKER" | "STOP_LOSS_LIMIT" | "TAKE_PROFIT_LIMIT");
    let price = Price::new(limit.0).ok().filter(|_| limited);
    price.map_or(OrderKind::Market, |price| OrderKind::Limit { price })
}

/// A status of REST or of the stream (enums.md, "Order status").
pub(super) fn state(status: &str, filled: Quantity, ordered: Quantity) -> OrderState {
    match status {
        "FILLED" => OrderState::Filled,
        "CANCELED" => OrderState::Cancelled,
        "REJECTED" => OrderState::Rejected,
        "EXPIRED" | "EXPIRED_IN_MATCH" => OrderState::Expired,
        // `NEW`, `PENDING_NEW`, `PARTIALLY_FILLED`, `PENDING_CANCEL`, and what Binance may add: it is there.
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
    let at = |field: &str| format!("orders.{}.{field}", order.order_id);
    let symbol = symbol(venue, &at("symbol"), &order.symbol, symbols)?;
    let ordered = quantity(venue, &at("origQty"), order.orig_qty.0)?;
    let filled = quantity(venue, &at("executedQty"), order.executed_qty.0)?;
    // Negative in old answers: "data not available" (rest-api.md, "Query order").
    let cost = order.cummulative_quote_qty.map(|cost| cost.0).filter(|cost| !cost.is_sign_negative());
    let time = order.update_time.or(order.transact_time).or(order.time);
    Ok(ExecutionReport {
        venue: venue.clone(),
        venue_order_id: order_id(venue, &order.symbol, order.order_id)?,
        client_id: bracket::named(&order.client_order_id).0,
        symbol,
        side: side(venue, &at("side"), &order.side)?,
        kind: kind(&order.kind, order.price, order.stop_price),
        state: state(&order.status, filled, ordered),
        quantity: ordered,
        filled,
        average_price: average(cost, filled),
        reason: None,
        at: self::at(venue, &at("time"), time.unwrap_or_default())?,
    })
}

/// Quote paid over base filled.
pub(super) fn average(cost: Option<rust_decimal::Decimal>, filled: Quantity) -> Option<Price> {
    Price::new(cost?.checked_div(filled.get())?).ok()
}

/// An execution as REST tells it. Its order's client id is not in there.
pub(super) fn fill(
    venue: &VenueId,
    name: &str,
    trade: &wire::Trade,
    symbol: &Symbol,
) -> Result<VenueFill, VenueError> {
    let at = |field: &str| format!("myTrades.{}.{field}", trade.id);
    let side = if trade.is_buyer { Side::Buy } else { Side::Sell };
    Ok(VenueFill {
        venue: venue.clone(),
        execution_id: execution_id(venue, name, trade.id, side)?,
        venue_order_id: order_id(venue, name, trade.order_id)?,
        client_id: None,
        symbol: symbol.clone(),
        side,
        quantity: quantity(venue, &at("qty"), trade.qty.0)?,
        price: price(venue, &at("price"), trade.price.0)?,
        fee_asset: asset(venue, at("commissionAsset"), &trade.commission_asset)?,
        fee: money(venue, at("commission"), trade.commission.0)?,
        liquidity: if trade.is_maker { Liquidity::Maker } else { Liquidity::Taker },
        at: self::at(venue, &at("time"), trade.time)?,
    })
}

pub(super) fn symbol(
    venue: &VenueId,
    path: &str,
    name: &str,
    symbols: &SymbolMap,
) -> Result<Symbol, VenueError> {
    let listed = symbols.by_name(name);
    let listed = listed.ok_or_else(|| unreadable(venue, path, format_args!("{name:?} is not listed")))?;
    Ok(listed.instrument.symbol.clone())
}

/// A list of orders under an id of ours: `BTCUSDT:list:7`.
pub(super) fn list_id(venue: &VenueId, name: &str, number: i64) -> Result<VenueOrderId, VenueError> {
    let number =
        u64::try_from(number).map_err(|_| unreadable(venue, "orderListId", "the order is in no list"))?;
    VenueOrderId::new(&format!("{name}:{LIST}{number}"))
        .map_err(|error| unreadable(venue, "orderListId", error))
}

/// Binance's number of a list in an id of ours, where it is a list of this symbol.
pub(super) fn list_number<'a>(id: &'a VenueOrderId, name: &str) -> Option<&'a str> {
    let (of, list) = id.as_str().split_once(':')?;
    list.strip_prefix(LIST).filter(|number| of == name && !number.is_empty())
}

/// Numbers of orders and executions are unique within their symbol alone, so our ids hold both: `BTCUSDT:28`.
pub(super) fn order_id(venue: &VenueId, name: &str, number: u64) -> Result<VenueOrderId, VenueError> {
    VenueOrderId::new(&format!("{name}:{number}")).map_err(|error| unreadable(venue, "orderId", error))
}

/// The buyer's and the seller's side of a trade have one number, and both may be users of ours.
pub(super) fn execution_id(
    venue: &VenueId,
    name: &str,
    number: u64,
    side: Side,
) -> Result<ExecutionId, VenueError> {
    ExecutionId::new(&format!("{name}:{number}:{}", side.as_str()))
        .map_err(|error| unreadable(venue, "tradeId", error))
}

/// Binance's number in an id of ours, where it is of this symbol.
pub(super) fn order_number<'a>(id: &'a VenueOrderId, name: &str) -> Option<&'a str> {
    let (of, number) = id.as_str().split_once(':')?;
    (of == name && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(number)
}
