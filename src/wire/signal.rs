//! From the wire's order to a signal, with words for everything that does not fit.

use nija_client::wire;
use nija_core::{
    ClientOrderId, Instrument, Notional, OrderKind, OrderSize, Price, Quantity, Side, SignalType, Symbol,
    TimeInForce, TradeSignal, UserId, VenueId,
};
use std::{collections::BTreeSet, sync::Arc};

/// Longest name of a strategy.
const STRATEGY: usize = 64;

/// Why an order makes no sense: a stable code, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct BadOrder {
    /// `symbol_invalid`, `symbol_unknown`, `venue_unknown`, `size_invalid`, `limit_price_invalid` or `order_invalid`.
    pub code: &'static str,
    /// In words.
    pub detail: String,
}

fn bad(code: &'static str, detail: impl Into<String>) -> BadOrder {
    BadOrder { code, detail: detail.into() }
}

/// A signal of this user under this id, for the venues and instruments of this platform.
///
/// # Errors
/// [`BadOrder`] names the field and says what it must be.
pub fn signal(
    user: UserId,
    client_order_id: ClientOrderId,
    order: &wire::NewOrder,
    venues: &[VenueId],
    instruments: &[Arc<Instrument>],
) -> Result<TradeSignal, BadOrder> {
    let symbol = symbol(&order.symbol)?;
    let venue = order.venue.as_deref().map(|name| self::venue(venues, name)).transpose()?;
    listed(instruments, &symbol, venue.as_ref())?;
    let times = [("gtc", TimeInForce::Gtc), ("ioc", TimeInForce::Ioc)];
    let purposes =
        [("entry", SignalType::Entry), ("exit", SignalType::Exit), ("stop_loss", SignalType::StopLoss)];
    Ok(TradeSignal {
        user,
        client_order_id,
        symbol,
        side: one_of("side", &order.side, &[("buy", Side::Buy), ("sell", Side::Sell)])?,
        size: size(order)?,
        kind: kind(order)?,
        time_in_force: one_of("time_in_force", order.time_in_force.as_deref().unwrap_or("gtc"), &times)?,
        signal_type: one_of("signal_type", order.signal_type.as_deref().unwrap_or("entry"), &purposes)?,
        venue,
        strategy: order.strategy.as_deref().map(strategy).transpose()?,
        protection: order.protection.as_ref().map(super::plan).transpose()?.map(Box::new),
    })
}

/// A canonical symbol.
///
/// # Errors
/// [`BadOrder`] says what one looks like.
pub fn symbol(text: &str) -> Result<Symbol, BadOrder> {
    Symbol::new(text).map_err(|error| bad("symbol_invalid", error.to_string()))
}

/// A venue of this platform.
///
/// # Errors
/// [`BadOrder`] names those that there are.
pub fn venue(venues: &[VenueId], text: &str) -> Result<VenueId, BadOrder> {
    venues.iter().find(|venue| venue.as_str() == text).cloned().ok_or_else(|| {
        let names: Vec<&str> = venues.iter().map(VenueId::as_str).collect();
        bad("venue_unknown", format!("this platform trades at {}", names.join(", ")))
    })
}

/// Refuses a symbol that no venue lists, or not the one asked for.
///
/// # Errors
/// [`BadOrder`] names symbols near it.
pub fn listed(
    instruments: &[Arc<Instrument>],
    symbol: &Symbol,
    venue: Option<&VenueId>,
) -> Result<(), BadOrder> {
    let here = |it: &&Arc<Instrument>| venue.is_none_or(|venue| it.venue == *venue);
    if instruments.iter().filter(here).any(|it| it.symbol == *symbol) {
        return Ok(());
    }
    let near: BTreeSet<&str> = instruments
        .iter()
        .filter(here)
        .filter(|it| it.symbol.base() == symbol.base() || it.symbol.quote() == symbol.quote())
        .map(|it| it.symbol.as_str())
        .take(5)
        .collect();
    let place =
        venue.map_or_else(|| "no venue here lists".to_owned(), |venue| format!("{venue} does not list"));
    let hint = if near.is_empty() {
        String::new()
    } else {
        format!("; near it: {}", Vec::from_iter(near).join(", "))
    };
    Err(bad("symbol_unknown", format!("{place} {symbol}{hint}; the list of markets has all")))
}

fn size(order: &wire::NewOrder) -> Result<OrderSize, BadOrder> {
    let wrong = |what: &dyn std::fmt::Display| bad("size_invalid", format!("size {what}"));
    if order.size.is_zero() {
        return Err(wrong(&"must be greater than zero"));
    }
    let in_quote = one_of(
        "size_type",
        order.size_type.as_deref().unwrap_or("quote"),
        &[("quote", true), ("base", false)],
    )?;
    Ok(if in_quote {
        OrderSize::Quote(Notional::new(order.size).map_err(|error| wrong(&error))?)
    } else {
        OrderSize::Base(Quantity::new(order.size).map_err(|error| wrong(&error))?)
    })
}

/// The prices that each type of order needs, all of them and no others.
fn kind(order: &wire::NewOrder) -> Result<OrderKind, BadOrder> {
    const PRICES: [&str; 3] = ["limit_price", "stop_price", "take_profit_price"];
    let given = [order.limit_price, order.stop_price, order.take_profit_price];
    let needed = one_of(
        "order_type",
        order.order_type.as_deref().unwrap_or("market"),
        &[
            ("market", [false, false, false]),
            ("limit", [true, false, false]),
            ("stop_limit", [true, true, false]),
            ("bracket", [true, true, true]),
        ],
    )?;
    let name = order.order_type.as_deref().unwrap_or("market");
    let mut prices = [None; 3];
    for (((field, given), needed), price) in PRICES.iter().zip(given).zip(needed).zip(&mut prices) {
        let wrong = |what: String| bad("limit_price_invalid", what);
        match (needed, given) {
            (false, None) => {}
            (false, Some(_)) => {
                return Err(wrong(format!(
                    "a {name} order takes no {field}; leave it out or set order_type"
                )));
            }
            (true, None) => return Err(wrong(format!("a {name} order needs {field}"))),
            (true, Some(given)) => {
                *price = Some(Price::new(given).map_err(|error| wrong(format!("{field} {error}")))?);
            }
        }
    }
    Ok(match prices {
        [Some(price), Some(stop), Some(take_profit)] => OrderKind::Bracket { take_profit, stop, price },
        [Some(price), Some(stop), None] => OrderKind::StopLimit { stop, price },
        [Some(price), ..] => OrderKind::Limit { price },
        [None, ..] => OrderKind::Market,
    })
}

fn strategy(text: &str) -> Result<String, BadOrder> {
    let fits = (1..=STRATEGY).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned()).ok_or_else(|| {
        bad(
            "order_invalid",
            format!("strategy must be 1 to {STRATEGY} characters without control characters"),
        )
    })
}

fn one_of<T: Copy>(field: &str, text: &str, choices: &[(&str, T)]) -> Result<T, BadOrder> {
    choices.iter().find(|(name, _)| *name == text).map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        bad("order_invalid", format!("{field} must be {}", names.join(" or ")))
    })
}
