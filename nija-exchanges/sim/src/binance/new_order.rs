//! Reading a new order, strictly.

use super::error::BinanceError;
use super::listen_keys::letters;
use super::params::Params;
use super::symbols::{self, Symbol};
use crate::engine::{AccountId, Engine, NewOrder, OrderType, Side, TimeInForce};
use rust_decimal::{Decimal, RoundingStrategy};

/// Parameters that the simulator honours, beside those of every signed request. Any other is refused unless lenient: a stop that
/// was silently ignored would be worse than an error.
const KNOWN: [&str; 13] = [
    "symbol",
    "side",
    "type",
    "timeInForce",
    "quantity",
    "quoteOrderQty",
    "price",
    "newClientOrderId",
    "stopPrice",
    "newOrderRespType",
    "selfTradePreventionMode",
    "computeCommissionRates",
    "strategyId",
];
/// What every signed request may have.
const SIGNED: [&str; 4] = ["timestamp", "recvWindow", "signature", "apiKey"];
/// What a client id may look like.
const CLIENT_ID: &str = "^[\\.A-Z\\:/a-z0-9_-]{1,36}$";

/// A parsed order.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) order: NewOrder,
    /// `ACK`, `RESULT` or `FULL`.
    pub(crate) form: &'static str,
}

/// Refuses parameters that are not among `known`.
pub(crate) fn only_known(params: &Params, known: &[&str]) -> Result<(), BinanceError> {
    let all = params.names().count();
    let read = params.names().filter(|name| known.contains(name) || SIGNED.contains(name)).count();
    if read == all {
        return Ok(());
    }
    let msg = format!("Not all sent parameters were read; read '{read}' parameter(s) but was sent '{all}'.");
    Err(BinanceError::new(-1104, msg))
}

pub(crate) fn symbol(params: &Params) -> Result<(usize, &'static Symbol), BinanceError> {
    symbols::find(params.need("symbol")?).ok_or_else(BinanceError::symbol)
}

pub(crate) fn side(params: &Params) -> Result<Side, BinanceError> {
    match params.need("side")? {
        "BUY" => Ok(Side::Buy),
        "SELL" => Ok(Side::Sell),
        _ => Err(BinanceError::new(-1117, "Invalid side.")),
    }
}

pub(crate) fn time_in_force(params: &Params, name: &str) -> Result<Option<TimeInForce>, BinanceError> {
    params
        .get(name)
        .map(|text| match text {
            "GTC" => Ok(TimeInForce::Gtc),
            "IOC" => Ok(TimeInForce::Ioc),
            "FOK" => Ok(TimeInForce::Fok),
            _ => Err(BinanceError::new(-1115, "Invalid timeInForce.")),
        })
        .transpose()
}

/// A client id, made up where none is sent.
pub(crate) fn client_id(params: &Params, name: &str) -> Result<String, BinanceError> {
    let Some(text) = params.get(name) else {
        return Ok(letters(22));
    };
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".:/_-".contains(&byte);
    if text.len() <= 36 && text.bytes().all(allowed) {
        Ok(text.to_owned())
    } else {
        Err(BinanceError::illegal(name, CLIENT_ID))
    }
}

pub(crate) fn form(params: &Params, default: &'static str) -> Result<&'static str, BinanceError> {
    match params.get("newOrderRespType") {
        None => Ok(default),
        Some("ACK") => Ok("ACK"),
        Some("RESULT") => Ok("RESULT"),
        Some("FULL") => Ok("FULL"),
        Some(_) => Err(BinanceError::new(-1130, "Data sent for parameter 'newOrderRespType' is not valid.")),
    }
}

/// An order with nothing said of its price and kind.
pub(crate) fn blank(
    account: AccountId,
    market: usize,
    side: Side,
    qty: Decimal,
    client_id: String,
) -> NewOrder {
    NewOrder {
        account,
        market,
        side,
        order_type: OrderType::Limit,
        qty,
        in_quote: false,
        limit: None,
        trigger: None,
        tif: TimeInForce::Gtc,
        post_only: false,
        expires_ns: None,
        client_id: Some(client_id),
        userref: None,
        take_fraction: None,
    }
}

/// Reads an order.
pub(crate) fn parse(
    params: &Params,
    account: AccountId,
    engine: &Engine,
    lenient: bool,
) -> Result<Parsed, BinanceError> {
    if !lenient {
        only_known(params, &KNOWN)?;
    }
    let (market, symbol) = symbol(params)?;
    let side = side(params)?;
    let (order_type, post_only) = match params.need("type")? {
        "MARKET" => (OrderType::Market, false),
        "LIMIT" => (OrderType::Limit, false),
        "LIMIT_MAKER" => (OrderType::Limit, true),
        "STOP_LOSS" => (OrderType::StopLoss, false),
        "STOP_LOSS_LIMIT" => (OrderType::StopLossLimit, false),
        "TAKE_PROFIT" => (OrderType::TakeProfit, false),
        "TAKE_PROFIT_LIMIT" => (OrderType::TakeProfitLimit, false),
        _ => return Err(BinanceError::new(-1116, "Invalid orderType.")),
    };
    let (quantity, in_quote) = (params.decimal("quantity")?, params.decimal("quoteOrderQty")?);
    let (limit, trigger) = (params.decimal("price")?, params.decimal("stopPrice")?);
    let tif = time_in_force(params, "timeInForce")?;
    let default = if order_type.is_triggered() || post_only { "ACK" } else { "FULL" };
    let mut order = blank(account, market, side, Decimal::ZERO, client_id(params, "newClientOrderId")?);
    (order.order_type, order.post_only) = (order_type, post_only);
    let unwanted =
        |given: bool, name: &str| if given { Err(BinanceError::not_required(name)) } else { Ok(()) };
    if order_type == OrderType::Market {
        unwanted(limit.is_some(), "price")?;
        if tif.is_some() {
            return Err(BinanceError::new(-1114, "TimeInForce parameter sent when not required."));
        }
        match (quantity, in_quote) {
            (Some(qty), None) => order.qty = qty,
            (None, Some(amount)) if side == Side::Buy => (order.qty, order.in_quote) = (amount, true),
            (None, Some(amount)) => order.qty = worth(engine, market, symbol, amount)?,
            (Some(_), Some(_)) => return Err(BinanceError::combination()),
            (None, None) => {
                let msg = "Param 'quantity' or 'quoteOrderQty' must be sent, but both were empty/null!";
                return Err(BinanceError::new(-1102, msg));
            }
        }
        order.tif = TimeInForce::Ioc;
    } else {
        unwanted(in_quote.is_some(), "quoteOrderQty")?;
        order.qty = quantity.ok_or_else(|| BinanceError::mandatory("quantity"))?;
    }
    if order_type.has_limit() {
        order.limit = Some(limit.ok_or_else(|| BinanceError::mandatory("price"))?);
        match tif {
            Some(_) if post_only => {
                return Err(BinanceError::new(-1114, "TimeInForce parameter sent when not required."));
            }
            None if !post_only => return Err(BinanceError::mandatory("timeInForce")),
            tif => order.tif = tif.unwrap_or(TimeInForce::Gtc),
        }
    } else {
        unwanted(limit.is_some(), "price")?;
    }
    if order_type.is_triggered() {
        order.trigger = Some(trigger.ok_or_else(|| BinanceError::mandatory("stopPrice"))?);
        if !order_type.has_limit() {
            order.tif = TimeInForce::Ioc;
        }
    } else {
        unwanted(trigger.is_some(), "stopPrice")?;
    }
    Ok(Parsed { order, form: form(params, default)? })
}

/// The base quantity that brings in about this much quote now, in whole lots.
fn worth(engine: &Engine, market: usize, symbol: &Symbol, amount: Decimal) -> Result<Decimal, BinanceError> {
    let (mut left, mut qty) = (amount, Decimal::ZERO);
    for level in engine.depth(market, usize::MAX).0 {
        let part = level.qty.min(left / level.price);
        qty += part;
        left -= part * level.price;
        if left <= Decimal::ZERO {
            break;
        }
    }
    let qty = qty.round_dp_with_strategy(symbol.lot_decimals, RoundingStrategy::ToZero);
    if qty.is_zero() {
        return Err(BinanceError::filter("NOTIONAL"));
    }
    Ok(qty)
}
