//! From Kraken's answers to our types. What is missing or senseless is an error with its place, never a panic.

use nija_core::{
    BookLevel, Candle, ExecutionId, ExecutionReport, Liquidity, OrderBook, OrderKind, OrderState, Price,
    Quantity, Quote, Side, Symbol, Timestamp, VenueError, VenueFill, VenueId, VenueOrderId,
};
use serde::Deserialize;

use super::{symbols::SymbolMap, wire};
use crate::decode::{Level, Num, decode, micros, moment, money, price, quantity, unreadable, words};

/// Takes the envelope off.
pub(super) fn result<'a, T: Deserialize<'a>>(
    venue: &VenueId,
    call: &str,
    json: &'a str,
) -> Result<T, VenueError> {
    let envelope: wire::Envelope<'a> = decode(venue, call, json)?;
    if let Some(error) = super::error::refused(venue, &envelope.error) {
        return Err(error);
    }
    let root = format!("{call}.result");
    match envelope.result {
        Some(result) => decode(venue, &root, result.get()),
        None => Err(unreadable(venue, root, "missing")),
    }
}

pub(super) fn seconds(venue: &VenueId, path: &str, value: Num) -> Result<Timestamp, VenueError> {
    moment(venue, path, micros(value.0))
}

pub(super) fn side(venue: &VenueId, path: &str, text: &str) -> Result<Side, VenueError> {
    match text {
        "buy" | "b" => Ok(Side::Buy),
        "sell" | "s" => Ok(Side::Sell),
        other => Err(unreadable(venue, path, format_args!("{other:?} is neither buy nor sell"))),
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
        bids: levels(venue, "Depth.result.bids", &depth.bids)?,
        asks: levels(venue, "Depth.result.asks", &depth.asks)?,
        at,
    })
}

pub(super) fn quote(venue: &VenueId, ticker: &wire::Ticker, at: Timestamp) -> Result<Quote, VenueError> {
    let best = |path: &str, numbers: &[Num]| {
        let missing = || unreadable(venue, path, "too short");
        // [price, whole lots, lots]; old answers lack the third.
        let (value, size) = (numbers.first().ok_or_else(missing)?, numbers.get(2).or(numbers.get(1)));
        let size = size.ok_or_else(missing)?;
        Ok::<_, VenueError>((price(venue, path, value.0)?, quantity(venue, path, size.0)?))
    };
    let (bid, bid_size) = best("Ticker.result.b", &ticker.b)?;
    let (ask, ask_size) = best("Ticker.result.a", &ticker.a)?;
    Ok(Quote { bid, bid_size, ask, ask_size, at })
}

/// `[time, open, high, low, close, vwap, volume, count]`.
pub(super) fn candle(venue: &VenueId, row: &[Num]) -> Result<Candle, VenueError> {
    let path = "OHLC.result";
    let [time, open, high, low, close, _, volume, ..] = row else {
        return Err(unreadable(venue, path, "a candle is too short"));
    };
    Ok(Candle {
        start: seconds(venue, path, *time)?,
        open: price(venue, path, open.0)?,
        high: price(venue, path, high.0)?,
        low: price(venue, path, low.0)?,
        close: price(venue, path, close.0)?,
        volume: quantity(venue, path, volume.0)?,
    })
}

/// Market, limit or stop-limit; Kraken's other kinds count by how they execute once triggered.
pub(super) fn kind(ordertype: &str, price: &str, price2: &str) -> OrderKind {
    let limit = |text: &str| crate::decode::parse(text).and_then(|price| Price::new(price).ok());
    // Its first price sets it off, its second is the limit.
    if ordertype == "stop-loss-limit"
        && let (Some(stop), Some(price)) = (limit(price), limit(price2))
    {
        return OrderKind::StopLimit { stop, price };
    }
    let price = match ordertype {
        "limit" | "iceberg" | "settle-position" => limit(price),
        other if other.ends_with("-limit") => limit(price2).or_else(|| limit(price)),
        _ => None,
    };
    price.map_or(OrderKind::Market, |price| OrderKind::Limit { price })
}

/// A status of REST or of the stream.
pub(super) fn state(status: &str, filled: Quantity, ordered: Quantity) -> OrderState {
    match status {
        "closed" | "filled" => OrderState::Filled,
        "canceled" | "cancelled" => OrderState::Cancelled,
        "expired" => OrderState::Expired,
        "rejected" => OrderState::Rejected,
        // `pending`, `open`, `pending_new`, `new`, `partially_filled`, and what Kraken may add: it is there.
        _ if !filled.is_zero() && filled < ordered => OrderState::PartialFill,
        _ => OrderState::Working,
    }
}

/// An order as REST tells it.
pub(super) fn report(
    venue: &VenueId,
    txid: &str,
    order: &wire::Order,
    symbols: &SymbolMap,
) -> Result<ExecutionReport, VenueError> {
    let at = |field: &str| format!("orders.{txid}.{field}");
    let pair = &order.descr.pair;
    let listed = symbols
        .by_name(pair)
        .ok_or_else(|| unreadable(venue, at("descr.pair"), format_args!("{pair:?} is not listed")))?;
    let ordered = quantity(venue, &at("vol"), order.vol.0)?;
    let filled = quantity(venue, &at("vol_exec"), order.vol_exec.0)?;
    let average = order.cost.and_then(|cost| cost.0.checked_div(filled.get()));
    let time = order.closetm.filter(|time| !time.0.is_zero()).unwrap_or(order.opentm);
    Ok(ExecutionReport {
        venue: venue.clone(),
        venue_order_id: order_id(venue, &at("txid"), txid)?,
        client_id: order.cl_ord_id.as_deref().and_then(|id| id.parse().ok()),
        symbol: listed.instrument.symbol.clone(),
        side: side(venue, &at("descr.type"), &order.descr.side)?,
        kind: kind(&order.descr.ordertype, &order.descr.price, &order.descr.price2),
        state: state(&order.status, filled, ordered),
        quantity: ordered,
        filled,
        // The venue's own average where it gives one; both are zero before the first execution.
        average_price: order
            .price
            .map(|price| price.0)
            .filter(|price| !price.is_zero() && !filled.is_zero())
            .or(average)
            .and_then(|price| Price::new(price).ok()),
        reason: order.reason.as_deref().filter(|reason| !reason.is_empty()).map(words),
        at: seconds(venue, &at("opentm"), time)?,
    })
}

/// An execution as REST tells it. Its order's client id is not in there.
pub(super) fn fill(
    venue: &VenueId,
    txid: &str,
    trade: &wire::Trade,
    symbol: &Symbol,
) -> Result<VenueFill, VenueError> {
    let at = |field: &str| format!("trades.{txid}.{field}");
    // Old answers do not say; a market order never rests.
    let maker = trade.maker.unwrap_or(trade.ordertype.as_deref() == Some("limit"));
    Ok(VenueFill {
        venue: venue.clone(),
        execution_id: ExecutionId::new(txid).map_err(|error| unreadable(venue, at("txid"), error))?,
        venue_order_id: order_id(venue, &at("ordertxid"), &trade.ordertxid)?,
        client_id: None,
        symbol: symbol.clone(),
        side: side(venue, &at("type"), &trade.side)?,
        quantity: quantity(venue, &at("vol"), trade.vol.0)?,
        price: price(venue, &at("price"), trade.price.0)?,
        fee_asset: symbol.quote().to_owned(),
        fee: money(venue, at("fee"), trade.fee.0)?,
        liquidity: if maker { Liquidity::Maker } else { Liquidity::Taker },
        at: seconds(venue, &at("time"), trade.time)?,
    })
}

pub(super) fn order_id(venue: &VenueId, path: &str, text: &str) -> Result<VenueOrderId, VenueError> {
    VenueOrderId::new(text).map_err(|error| unreadable(venue, path, error))
}
