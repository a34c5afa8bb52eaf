//! From OKX's answers to our types. What is missing or senseless is an error with its place, never a panic.

use nija_core::{
    BookLevel, Candle, ExecutionId, ExecutionReport, Liquidity, OrderBook, OrderKind, OrderState, Price,
    Quantity, Quote, Side, Symbol, Timestamp, VenueClientId, VenueError, VenueFill, VenueId, VenueOrderId,
};
use rust_decimal::Decimal;
use serde::Deserialize;

use super::{algo, symbols::SymbolMap, wire};
use crate::decode::{Level, Num, Sparse, asset, decode, moment, money, price, quantity, unreadable};

/// The data of an answer that was not refused.
pub(super) fn data<'a, T: Deserialize<'a>>(
    venue: &VenueId,
    call: &str,
    json: &'a str,
) -> Result<Vec<T>, VenueError> {
    let outer: wire::Outer<'a> = decode(venue, call, json)?;
    let root = format!("{call}.data");
    let data = outer.data.ok_or_else(|| unreadable(venue, root.as_str(), "missing"))?;
    decode(venue, &root, data.get())
}

/// The first of an answer's data, where there must be one.
pub(super) fn first<'a, T: Deserialize<'a>>(
    venue: &VenueId,
    call: &str,
    json: &'a str,
) -> Result<T, VenueError> {
    let mut all = data(venue, call, json)?.into_iter();
    all.next().ok_or_else(|| unreadable(venue, format!("{call}.data"), "empty"))
}

/// Unix milliseconds.
pub(super) fn millis(venue: &VenueId, path: &str, number: Decimal) -> Result<Timestamp, VenueError> {
    let micros = number.checked_mul(Decimal::ONE_THOUSAND);
    moment(venue, path, micros.and_then(|micros| i64::try_from(micros.trunc()).ok()))
}

pub(super) fn side(venue: &VenueId, path: &str, text: &str) -> Result<Side, VenueError> {
    match text {
        "buy" => Ok(Side::Buy),
        "sell" => Ok(Side::Sell),
        other => Err(unreadable(venue, path, format_args!("{other:?} is neither buy nor sell"))),
    }
}

fn levels(venue: &VenueId, path: &str, levels: &[Level]) -> Result<Vec<BookLevel>, VenueError> {
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

pub(super) fn book(venue: &VenueId, book: &wire::Book, at: Timestamp) -> Result<OrderBook, VenueError> {
    Ok(OrderBook {
        bids: levels(venue, "books.bids", &book.bids)?,
        asks: levels(venue, "books.asks", &book.asks)?,
        at,
    })
}

pub(super) fn quote(venue: &VenueId, ticker: &wire::Ticker, at: Timestamp) -> Result<Quote, VenueError> {
    let there = |field: &str, number: Sparse| {
        let path = format!("ticker.{field}");
        number
            .0
            .ok_or_else(|| unreadable(venue, path.as_str(), "nobody is there"))
            .map(|number| (path, number))
    };
    let price_of =
        |field, number| there(field, number).and_then(|(path, number)| price(venue, &path, number));
    let size_of =
        |field, number| there(field, number).and_then(|(path, number)| quantity(venue, &path, number));
    Ok(Quote {
        bid: price_of("bidPx", ticker.bid_px)?,
        bid_size: size_of("bidSz", ticker.bid_sz)?,
        ask: price_of("askPx", ticker.ask_px)?,
        ask_size: size_of("askSz", ticker.ask_sz)?,
        at,
    })
}

/// `[time, open, high, low, close, volume, ...]`.
pub(super) fn candle(venue: &VenueId, row: &[Num]) -> Result<Candle, VenueError> {
    let path = "candles";
    let [time, open, high, low, close, volume, ..] = row else {
        return Err(unreadable(venue, path, "a candle is too short"));
    };
    Ok(Candle {
        start: millis(venue, path, time.0)?,
        open: price(venue, path, open.0)?,
        high: price(venue, path, high.0)?,
        low: price(venue, path, low.0)?,
        close: price(venue, path, close.0)?,
        volume: quantity(venue, path, volume.0)?,
    })
}

/// Market or limit.
pub(super) fn kind(ord_type: &str, px: Sparse) -> OrderKind {
    let limit = px.0.filter(|_| ord_type != "market").and_then(|price| Price::new(price).ok());
    limit.map_or(OrderKind::Market, |price| OrderKind::Limit { price })
}

/// A state of REST or of the stream (Order details, `state`). An immediate order that did not get all it wanted ends as cancelled.
pub(super) fn state(state: &str, filled: Quantity) -> OrderState {
    match state {
        "filled" => OrderState::Filled,
        "canceled" | "mmp_canceled" => OrderState::Cancelled,
        // `live`, `partially_filled`, and what OKX may add: it is there.
        _ if !filled.is_zero() => OrderState::PartialFill,
        _ => OrderState::Working,
    }
}

/// Base units ordered. A market order of somebody else's may count in quote units: what is filled is then all that is known.
pub(super) fn ordered(sz: Quantity, ord_type: &str, side: Side, tgt_ccy: &str, filled: Quantity) -> Quantity {
    let in_quote = ord_type == "market"
        && match tgt_ccy {
            "base_ccy" => false,
            "quote_ccy" => true,
            // Place order, `tgtCcy`: the default.
            _ => side == Side::Buy,
        };
    if in_quote { filled } else { sz }
}

/// An order as REST tells it.
pub(super) fn report(
    venue: &VenueId,
    order: &wire::Order,
    symbols: &SymbolMap,
) -> Result<ExecutionReport, VenueError> {
    let at = |field: &str| format!("orders.{}.{field}", order.ord_id);
    let side = side(venue, &at("side"), &order.side)?;
    let filled = quantity(venue, &at("accFillSz"), order.acc_fill_sz.0.unwrap_or_default())?;
    let sz = quantity(venue, &at("sz"), order.sz.0)?;
    let state = state(&order.state, filled);
    let named = names(venue, &order.ord_id, &order.cl_ord_id, &order.algo_id, &order.algo_cl_ord_id)?;
    Ok(ExecutionReport {
        venue: venue.clone(),
        venue_order_id: named.0,
        client_id: named.1,
        symbol: symbol(venue, &at("instId"), &order.inst_id, symbols)?,
        side,
        kind: kind(&order.ord_type, order.px),
        state,
        quantity: ordered(sz, &order.ord_type, side, &order.tgt_ccy, filled),
        filled,
        average_price: average(order.avg_px, filled),
        reason: reason(state, &order.cancel_source_reason, &order.cancel_source),
        at: millis(venue, &at("uTime"), order.u_time.0)?,
    })
}

/// An algo order, of REST or of the stream, as it waits or ended without becoming an order.
pub(super) fn waiting(
    venue: &VenueId,
    order: &wire::Algo,
    symbols: &SymbolMap,
) -> Result<ExecutionReport, VenueError> {
    let at = |field: &str| format!("algo.{}.{field}", order.algo_id);
    let state = algo::state(&order.state);
    Ok(ExecutionReport {
        venue: venue.clone(),
        venue_order_id: algo::id(venue, &at("algoId"), &order.algo_id)?,
        client_id: ours(&order.algo_cl_ord_id),
        symbol: symbol(venue, &at("instId"), &order.inst_id, symbols)?,
        side: side(venue, &at("side"), &order.side)?,
        kind: order.kind(),
        state,
        quantity: quantity(venue, &at("sz"), order.sz.0.unwrap_or_default())?,
        filled: Quantity::ZERO,
        average_price: None,
        reason: algo::reason(state, &order.fail_code),
        at: millis(venue, &at("uTime"), order.u_time.0)?,
    })
}

/// An execution as REST tells it. It is told by the time that the stream tells too, and charged fees are below zero there.
pub(super) fn fill(venue: &VenueId, fill: &wire::Fill, symbol: &Symbol) -> Result<VenueFill, VenueError> {
    let at = |field: &str| format!("fills.{}.{field}", fill.trade_id);
    let side = side(venue, &at("side"), &fill.side)?;
    Ok(VenueFill {
        venue: venue.clone(),
        execution_id: execution_id(venue, &fill.inst_id, &fill.trade_id, side)?,
        venue_order_id: order_id(venue, &at("ordId"), &fill.ord_id)?,
        client_id: ours(&fill.cl_ord_id),
        symbol: symbol.clone(),
        side,
        quantity: quantity(venue, &at("fillSz"), fill.fill_sz.0)?,
        price: price(venue, &at("fillPx"), fill.fill_px.0)?,
        fee_asset: fee_asset(venue, &at("feeCcy"), &fill.fee_ccy, symbol)?,
        fee: charged(venue, &at("fee"), fill.fee)?,
        liquidity: liquidity(&fill.exec_type),
        at: millis(venue, &at("fillTime"), fill.fill_time.0.unwrap_or(fill.ts.0))?,
    })
}

/// A client id, where it has the form of ours.
pub(super) fn ours(text: &str) -> Option<VenueClientId> {
    text.parse().ok()
}

/// An order's ids as we know them: those of the algo order that it came from, where that is ours.
pub(super) fn names(
    venue: &VenueId,
    order: &str,
    client_id: &str,
    algo: &str,
    algo_client_id: &str,
) -> Result<(VenueOrderId, Option<VenueClientId>), VenueError> {
    match ours(algo_client_id).filter(|_| !algo.is_empty()) {
        Some(id) => Ok((algo::id(venue, "algoId", algo)?, Some(id))),
        None => Ok((order_id(venue, "ordId", order)?, ours(client_id))),
    }
}

/// As OKX takes it: letters and digits alone, 32 at most (Place order, `clOrdId`).
pub(super) fn on_the_wire(id: VenueClientId) -> String {
    id.as_uuid().simple().to_string()
}

pub(super) fn average(px: Sparse, filled: Quantity) -> Option<Price> {
    px.0.filter(|_| !filled.is_zero()).and_then(|price| Price::new(price).ok())
}

/// What an order ended of, in OKX's words or by its code.
pub(super) fn reason(state: OrderState, words: &str, code: &str) -> Option<String> {
    if state != OrderState::Cancelled || code.is_empty() && words.is_empty() {
        return None;
    }
    let text = if words.is_empty() { format!("cancelled, source {code}") } else { words.to_owned() };
    Some(crate::decode::words(&text))
}

/// A charge is below zero there, and above it here.
pub(super) fn charged(venue: &VenueId, path: &str, fee: Sparse) -> Result<Decimal, VenueError> {
    let fee = fee.0.unwrap_or_default();
    money(venue, path, if fee.is_zero() { Decimal::ZERO } else { -fee })
}

pub(super) fn fee_asset(
    venue: &VenueId,
    path: &str,
    ccy: &str,
    symbol: &Symbol,
) -> Result<String, VenueError> {
    if ccy.is_empty() { Ok(symbol.quote().to_owned()) } else { asset(venue, path, ccy) }
}

pub(super) fn liquidity(exec_type: &str) -> Liquidity {
    if exec_type == "M" { Liquidity::Maker } else { Liquidity::Taker }
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

pub(super) fn order_id(venue: &VenueId, path: &str, id: &str) -> Result<VenueOrderId, VenueError> {
    VenueOrderId::new(id).map_err(|error| unreadable(venue, path, error))
}

/// `tradeId` is unique within its instrument alone, and both sides of a trade may be users of ours.
pub(super) fn execution_id(
    venue: &VenueId,
    name: &str,
    trade: &str,
    side: Side,
) -> Result<ExecutionId, VenueError> {
    ExecutionId::new(&format!("{name}:{trade}:{side}")).map_err(|error| unreadable(venue, "tradeId", error))
}
