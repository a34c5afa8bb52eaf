//! From the wire's order to a signal, with words for everything that does not fit.

use axum::http::HeaderMap;
use nija_client::wire;
use nija_core::{
    ClientOrderId, Notional, OrderKind, OrderSize, Price, Quantity, Side, SignalType, Symbol, TimeInForce,
    TradeSignal, UserId, VenueId,
};
use std::collections::BTreeSet;

use crate::{
    problem::{ApiResult, Kind, Problem, kinds},
    state::App,
};

/// Longest name of a strategy.
const STRATEGY: usize = 64;

/// A signal from a request.
pub(super) fn signal(
    app: &App,
    user: UserId,
    headers: &HeaderMap,
    order: &wire::NewOrder,
) -> ApiResult<TradeSignal> {
    let symbol = symbol(&order.symbol)?;
    let venue = order.venue.as_deref().map(|name| self::venue(app, name)).transpose()?;
    listed(app, &symbol, venue.as_ref())?;
    let side = one_of("side", &order.side, &[("buy", Side::Buy), ("sell", Side::Sell)])?;
    let kind = kind(order)?;
    let times = [("gtc", TimeInForce::Gtc), ("ioc", TimeInForce::Ioc)];
    let purposes =
        [("entry", SignalType::Entry), ("exit", SignalType::Exit), ("stop_loss", SignalType::StopLoss)];
    Ok(TradeSignal {
        user,
        client_order_id: client_order_id(app, headers, order.client_order_id.as_deref())?,
        symbol,
        side,
        size: size(order)?,
        kind,
        time_in_force: one_of("time_in_force", order.time_in_force.as_deref().unwrap_or("gtc"), &times)?,
        signal_type: one_of("signal_type", order.signal_type.as_deref().unwrap_or("entry"), &purposes)?,
        venue,
        strategy: order.strategy.as_deref().map(strategy).transpose()?,
    })
}

/// A canonical symbol.
pub(super) fn symbol(text: &str) -> ApiResult<Symbol> {
    Symbol::new(text).map_err(|error| Problem::new(kinds::SYMBOL_INVALID, error.to_string()))
}

/// A venue of this server.
pub(super) fn venue(app: &App, text: &str) -> ApiResult<VenueId> {
    let venues = app.platform.engine().venues();
    venues.iter().map(|status| &status.venue).find(|venue| venue.as_str() == text).cloned().ok_or_else(|| {
        let names: Vec<&str> = venues.iter().map(|status| status.venue.as_str()).collect();
        Problem::new(kinds::VENUE_UNKNOWN, format!("this server trades at {}", names.join(", ")))
    })
}

/// Refuses a symbol that no venue lists, or not the one asked for.
pub(super) fn listed(app: &App, symbol: &Symbol, venue: Option<&VenueId>) -> ApiResult<()> {
    let instruments = app.platform.engine().instruments();
    let here = |it: &&std::sync::Arc<nija_core::Instrument>| venue.is_none_or(|venue| it.venue == *venue);
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
    Err(Problem::new(kinds::SYMBOL_UNKNOWN, format!("{place} {symbol}{hint}; GET /v1/markets lists all")))
}

/// The id that names the intent: the body's, else the `Idempotency-Key` header, else a new one.
pub(super) fn client_order_id(
    app: &App,
    headers: &HeaderMap,
    body: Option<&str>,
) -> ApiResult<ClientOrderId> {
    let wrong = |what: String| Problem::new(kinds::CLIENT_ORDER_ID_INVALID, what);
    let header = headers
        .get("idempotency-key")
        .map(|value| {
            value.to_str().map_err(|_| wrong("the header Idempotency-Key holds more than plain text".into()))
        })
        .transpose()?;
    let text = match (body, header) {
        (Some(body), Some(header)) if body != header => {
            return Err(wrong(
                "client_order_id and the header Idempotency-Key differ; send one of them".into(),
            ));
        }
        (Some(text), _) | (None, Some(text)) => text.to_owned(),
        (None, None) => {
            format!("auto-{}", nija_core::OrderId::generate(app.now(), app.platform.entropy().as_ref()))
        }
    };
    ClientOrderId::new(&text).map_err(|error| wrong(error.to_string()))
}

fn size(order: &wire::NewOrder) -> ApiResult<OrderSize> {
    let wrong = |what: &dyn std::fmt::Display| Problem::new(kinds::SIZE_INVALID, format!("size {what}"));
    if order.size.is_zero() {
        return Err(wrong(&"must be greater than zero"));
    }
    Ok(
        match one_of(
            "size_type",
            order.size_type.as_deref().unwrap_or("quote"),
            &[("quote", true), ("base", false)],
        )? {
            true => OrderSize::Quote(Notional::new(order.size).map_err(|error| wrong(&error))?),
            false => OrderSize::Base(Quantity::new(order.size).map_err(|error| wrong(&error))?),
        },
    )
}

fn kind(order: &wire::NewOrder) -> ApiResult<OrderKind> {
    let wrong = |what: String| Problem::new(kinds::LIMIT_PRICE_INVALID, what);
    let is_limit = one_of(
        "order_type",
        order.order_type.as_deref().unwrap_or("market"),
        &[("market", false), ("limit", true)],
    )?;
    match (is_limit, order.limit_price) {
        (false, None) => Ok(OrderKind::Market),
        (false, Some(_)) => {
            Err(wrong("a market order takes no limit_price; leave it out or set order_type to limit".into()))
        }
        (true, None) => Err(wrong("a limit order needs limit_price".into())),
        (true, Some(price)) => {
            let price = Price::new(price).map_err(|error| wrong(format!("limit_price {error}")))?;
            Ok(OrderKind::Limit { price })
        }
    }
}

fn strategy(text: &str) -> ApiResult<String> {
    let fits = (1..=STRATEGY).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    fits.then(|| text.to_owned()).ok_or_else(|| {
        Problem::new(
            kinds::ORDER_INVALID,
            format!("strategy must be 1 to {STRATEGY} characters without control characters"),
        )
    })
}

fn one_of<T: Copy>(field: &str, text: &str, choices: &[(&str, T)]) -> ApiResult<T> {
    const KIND: Kind = kinds::ORDER_INVALID;
    choices.iter().find(|(name, _)| *name == text).map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
        Problem::new(KIND, format!("{field} must be {}", names.join(" or ")))
    })
}
