//! From Alpaca's answers to our types. What is missing or senseless is an error with its place, never a panic.

use nija_core::{
    BookLevel, Candle, ExecutionId, ExecutionReport, Liquidity, OrderBook, OrderKind, OrderState, Price,
    Quantity, Quote, Side, Timestamp, VenueError, VenueFill, VenueId, VenueOrderId,
};
use serde::Deserialize;
use std::time::Duration;

use super::{
    AlpacaFees, pairs,
    symbols::{Class, Listed},
    wire::{self, ws},
};
use crate::{
    decode::{decode, price, quantity, unreadable},
    transport::HttpAnswer,
};

/// A limit order that is executed this long after it was sent had rested.
const RESTED: Duration = Duration::from_secs(1);

/// What an answer says, unless it is a refusal.
pub(super) fn answer<'a, T: Deserialize<'a>>(
    venue: &VenueId,
    call: &str,
    answer: &'a HttpAnswer,
) -> Result<T, VenueError> {
    match super::error::refused(venue, answer) {
        Some(error) => Err(error),
        None => decode(venue, call, &answer.body),
    }
}

pub(super) fn time(venue: &VenueId, path: &str, text: &str) -> Result<Timestamp, VenueError> {
    text.parse().map_err(|error| unreadable(venue, path, error))
}

pub(super) fn side(venue: &VenueId, path: &str, text: &str) -> Result<Side, VenueError> {
    match text {
        "buy" => Ok(Side::Buy),
        // Executions of a short sale are told apart; they sell all the same.
        "sell" | "sell_short" => Ok(Side::Sell),
        other => Err(unreadable(venue, path, format_args!("{other:?} is neither buy nor sell"))),
    }
}

/// "Orders at Alpaca", order lifecycle.
pub(super) fn state(status: &str, filled: Quantity, ordered: Quantity) -> OrderState {
    match status {
        "filled" => OrderState::Filled,
        // A replaced order is over; its successor has an id of its own.
        "canceled" | "replaced" => OrderState::Cancelled,
        "expired" => OrderState::Expired,
        "rejected" => OrderState::Rejected,
        // `done_for_day`, `calculated`, `held`, `pending_new`, ... and what Alpaca may add: it is there.
        _ if !filled.is_zero() && filled < ordered => OrderState::PartialFill,
        _ => OrderState::Working,
    }
}

/// What an order is by itself. Stops without a limit count by how they execute once triggered.
pub(super) fn kind(order: &wire::Order) -> OrderKind {
    let price = |number: Option<crate::decode::Num>| number.and_then(|price| Price::new(price.0).ok());
    match (order.kind.as_deref(), price(order.limit_price), price(order.stop_price)) {
        (Some("limit"), Some(price), _) => OrderKind::Limit { price },
        (Some("stop_limit"), Some(price), Some(stop)) => OrderKind::StopLimit { stop, price },
        _ => OrderKind::Market,
    }
}

/// An order as REST and the account stream tell it; a pair of exits with its legs is one.
pub(super) fn report(
    venue: &VenueId,
    order: &wire::Order,
    listed: &Listed,
) -> Result<ExecutionReport, VenueError> {
    if order.is_pair() { pairs::report(venue, order, listed) } else { single(venue, order, listed) }
}

/// An order by itself.
pub(super) fn single(
    venue: &VenueId,
    order: &wire::Order,
    listed: &Listed,
) -> Result<ExecutionReport, VenueError> {
    let at = |field: &str| format!("order.{}.{field}", order.id);
    let filled =
        order.filled_qty.map_or(Ok(Quantity::ZERO), |filled| quantity(venue, &at("filled_qty"), filled.0))?;
    let ordered = order.qty.map_or(Ok(filled), |ordered| quantity(venue, &at("qty"), ordered.0))?;
    let moment =
        order.updated_at.as_deref().or(order.submitted_at.as_deref()).or(order.created_at.as_deref());
    let moment = moment.ok_or_else(|| unreadable(venue, at("submitted_at"), "missing"))?;
    let side_text = order.side.as_deref().ok_or_else(|| unreadable(venue, at("side"), "missing"))?;
    Ok(ExecutionReport {
        venue: venue.clone(),
        venue_order_id: order_id(venue, &at("id"), &order.id)?,
        client_id: order.client_order_id.as_deref().and_then(|id| id.parse().ok()),
        symbol: listed.instrument.symbol.clone(),
        side: side(venue, &at("side"), side_text)?,
        kind: kind(order),
        state: state(&order.status, filled, ordered),
        quantity: ordered,
        filled,
        average_price: order
            .filled_avg_price
            .filter(|_| !filled.is_zero())
            .and_then(|price| Price::new(price.0).ok()),
        reason: order.replaced_by.as_deref().map(|id| {
            let id: String = id.chars().filter(|c| !c.is_control()).take(64).collect();
            format!("replaced by {id}")
        }),
        at: time(venue, &at("updated_at"), moment)?,
    })
}

/// What is known of the order that an execution belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OrderFacts {
    /// Of a pair's leg the parent's.
    pub(super) client_id: Option<nija_core::VenueClientId>,
    /// The order that a leg belongs to.
    pub(super) parent: Option<VenueOrderId>,
    /// Of a plain limit order.
    pub(super) limit: Option<Price>,
    pub(super) submitted_at: Timestamp,
}

/// Whether an execution was a resting order's. The venue does not say: a limit order that is executed at its very price, and not
/// at once, had rested.
fn liquidity(order: &OrderFacts, price: Price, at: Timestamp) -> Liquidity {
    if order.limit == Some(price) && at.since(order.submitted_at) >= RESTED {
        Liquidity::Maker
    } else {
        Liquidity::Taker
    }
}

/// An execution as `/v2/account/activities/FILL` tells it. Its fee is estimated: "Crypto Spot Trading Fees" says that it is taken
/// from what the trade brings in, coins for a buyer and money for a seller; stocks are free of commission.
pub(super) fn fill(
    venue: &VenueId,
    activity: &wire::Activity,
    listed: &Listed,
    order: &OrderFacts,
    fees: AlpacaFees,
) -> Result<VenueFill, VenueError> {
    let path = |field: &str| format!("activities.{}.{field}", activity.id);
    let symbol = listed.instrument.symbol.clone();
    let side = side(venue, &path("side"), &activity.side)?;
    let (price, quantity) =
        (price(venue, &path("price"), activity.price.0)?, quantity(venue, &path("qty"), activity.qty.0)?);
    let at = time(venue, &path("transaction_time"), &activity.transaction_time)?;
    let liquidity = liquidity(order, price, at);
    let rate = match (listed.class, liquidity) {
        (Class::Stock, _) => rust_decimal::Decimal::ZERO,
        (Class::Crypto, Liquidity::Maker) => fees.maker,
        (Class::Crypto, Liquidity::Taker) => fees.taker,
    };
    let (asset, received) = match side {
        Side::Buy if listed.class == Class::Crypto => (symbol.base(), Some(quantity.get())),
        _ => (symbol.quote(), quantity.at(price).ok().map(nija_core::Notional::get)),
    };
    let fee = received
        .and_then(|received| received.checked_mul(rate))
        .ok_or_else(|| unreadable(venue, path("qty"), "too large"))?;
    Ok(VenueFill {
        venue: venue.clone(),
        execution_id: ExecutionId::new(&activity.id).map_err(|error| unreadable(venue, path("id"), error))?,
        venue_order_id: match &order.parent {
            Some(parent) => parent.clone(),
            None => order_id(venue, &path("order_id"), &activity.order_id)?,
        },
        client_id: order.client_id,
        side,
        quantity,
        price,
        fee_asset: asset.to_owned(),
        // Nine places, as the venue's own amounts of crypto.
        fee: fee.round_dp(9).normalize(),
        symbol,
        liquidity,
        at,
    })
}

/// Best prices; `None` while a side is empty, as a stock's can be outside of trading hours.
pub(super) fn quote(bid: ws::Level, ask: ws::Level, at: Timestamp) -> Option<Quote> {
    Some(Quote {
        bid: Price::new(bid.p.0).ok()?,
        bid_size: Quantity::new(bid.s.0).ok()?,
        ask: Price::new(ask.p.0).ok()?,
        ask_size: Quantity::new(ask.s.0).ok()?,
        at,
    })
}

/// A quote as a book of one level: all that there is of a stock.
pub(super) fn top_of_book(quote: &Quote) -> OrderBook {
    OrderBook {
        bids: vec![BookLevel { price: quote.bid, quantity: quote.bid_size }],
        asks: vec![BookLevel { price: quote.ask, quantity: quote.ask_size }],
        at: quote.at,
    }
}

pub(super) fn candle(venue: &VenueId, bar: &wire::Bar) -> Result<Candle, VenueError> {
    let path = "bars";
    Ok(Candle {
        start: time(venue, path, &bar.t)?,
        open: price(venue, path, bar.o.0)?,
        high: price(venue, path, bar.h.0)?,
        low: price(venue, path, bar.l.0)?,
        close: price(venue, path, bar.c.0)?,
        volume: quantity(venue, path, bar.v.0)?,
    })
}

pub(super) fn order_id(venue: &VenueId, path: &str, text: &str) -> Result<VenueOrderId, VenueError> {
    VenueOrderId::new(text).map_err(|error| unreadable(venue, path, error))
}
