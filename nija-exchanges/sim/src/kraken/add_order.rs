//! AddOrder: reading the form, strictly.

use super::error::KrakenError;
use super::format::fixed;
use super::pairs::{self, LOT_DECIMALS, Pair};
use super::params::{Params, decimal};
use crate::clock::parse_rfc3339;
use crate::engine::{AccountId, Engine, NewOrder, OrderType, Side, TimeInForce};
use rust_decimal::Decimal;

/// Fields that the simulator honours. Any other is refused unless lenient: silence would be worse than an error.
const KNOWN: [&str; 21] = [
    "nonce",
    "otp",
    "pair",
    "asset_class",
    "type",
    "ordertype",
    "volume",
    "price",
    "price2",
    "oflags",
    "timeinforce",
    "starttm",
    "expiretm",
    "deadline",
    "validate",
    "cl_ord_id",
    "userref",
    "leverage",
    "trigger",
    "stptype",
    "reduce_only",
];

/// A parsed AddOrder.
#[derive(Debug)]
pub(crate) struct AddOrder {
    pub(crate) order: NewOrder,
    pub(crate) pair: &'static Pair,
    pub(crate) validate: bool,
    pub(crate) deadline_ns: Option<i64>,
}

/// Reads an AddOrder; the engine is asked for prices that relative prices refer to.
pub(crate) fn parse(
    params: &Params,
    account: AccountId,
    engine: &Engine,
    now_ns: i64,
    lenient: bool,
) -> Result<AddOrder, KrakenError> {
    if !lenient && let Some(unknown) = params.names().find(|name| !KNOWN.contains(name)) {
        return Err(KrakenError::argument(unknown));
    }
    let side = match params.need("type")? {
        "buy" => Side::Buy,
        "sell" => Side::Sell,
        _ => return Err(KrakenError::argument("type")),
    };
    let order_type = order_type(params.need("ordertype")?)?;
    let (market, pair) = pairs::find(params.need("pair")?).ok_or(KrakenError::UNKNOWN_PAIR)?;
    let qty = params.decimal("volume")?.ok_or_else(|| KrakenError::argument("volume"))?;
    let flags = Flags::parse(params)?;
    if flags.in_quote && (side, order_type) != (Side::Buy, OrderType::Market)
        || flags.post && !order_type.has_limit()
    {
        return Err(KrakenError::argument("oflags"));
    }
    refuse_unsupported(params)?;
    let last = engine.markets()[market].last_price();
    let price = |name: &str| -> Result<Option<Decimal>, KrakenError> {
        params
            .get(name)
            .map(|text| relative(text, last, side, pair).ok_or_else(|| KrakenError::argument(name)))
            .transpose()
    };
    let (first, second) = (price("price")?, price("price2")?.filter(|price| !price.is_zero()));
    let (limit, trigger) = match order_type {
        // A price on a market order is ignored by Kraken; here it must not be there, or be zero.
        OrderType::Market => match first.filter(|price| !price.is_zero()) {
            Some(_) if !lenient => return Err(KrakenError::argument("price")),
            _ => (None, None),
        },
        OrderType::Limit => (Some(first.ok_or_else(|| KrakenError::argument("price"))?), None),
        OrderType::StopLoss | OrderType::TakeProfit => {
            (None, Some(first.ok_or_else(|| KrakenError::argument("price"))?))
        }
        OrderType::StopLossLimit | OrderType::TakeProfitLimit => (
            Some(second.ok_or_else(|| KrakenError::argument("price2"))?),
            Some(first.ok_or_else(|| KrakenError::argument("price"))?),
        ),
    };
    let (tif, expires_ns) = time_in_force(params, now_ns)?;
    let (client_id, userref) = (client_id(params)?, params.int("userref")?);
    if client_id.is_some() && userref.is_some()
        || userref.is_some_and(|number| i32::try_from(number).is_err())
    {
        return Err(KrakenError::argument("userref"));
    }
    let order = NewOrder {
        account,
        market,
        side,
        order_type,
        qty,
        in_quote: flags.in_quote,
        limit,
        trigger,
        tif,
        post_only: flags.post,
        expires_ns,
        client_id,
        userref,
        take_fraction: None,
    };
    let validate = params.flag("validate");
    Ok(AddOrder { order, pair, validate, deadline_ns: deadline(params, now_ns)? })
}

/// `buy 1.25000000 XBTUSD @ limit 30010.0`.
pub(crate) fn describe(order: &NewOrder, pair: &Pair) -> String {
    let price = |value: Option<Decimal>| fixed(value.unwrap_or_default(), pair.price_decimals);
    let (limit, trigger) = (price(order.limit), price(order.trigger));
    let how = match order.order_type {
        OrderType::Market => "market".to_owned(),
        OrderType::Limit => format!("limit {limit}"),
        OrderType::StopLoss => format!("stop loss {trigger}"),
        OrderType::TakeProfit => format!("take profit {trigger}"),
        OrderType::StopLossLimit => format!("stop loss {trigger} -> limit {limit}"),
        OrderType::TakeProfitLimit => format!("take profit {trigger} -> limit {limit}"),
    };
    let qty = fixed(order.qty, LOT_DECIMALS);
    format!("{} {qty} {} @ {how}", side_name(order.side), pair.altname)
}

pub(crate) fn side_name(side: Side) -> &'static str {
    if side == Side::Buy { "buy" } else { "sell" }
}

pub(crate) fn type_name(order_type: OrderType) -> &'static str {
    match order_type {
        OrderType::Market => "market",
        OrderType::Limit => "limit",
        OrderType::StopLoss => "stop-loss",
        OrderType::StopLossLimit => "stop-loss-limit",
        OrderType::TakeProfit => "take-profit",
        OrderType::TakeProfitLimit => "take-profit-limit",
    }
}

fn order_type(text: &str) -> Result<OrderType, KrakenError> {
    Ok(match text {
        "market" => OrderType::Market,
        "limit" => OrderType::Limit,
        "stop-loss" => OrderType::StopLoss,
        "stop-loss-limit" => OrderType::StopLossLimit,
        "take-profit" => OrderType::TakeProfit,
        "take-profit-limit" => OrderType::TakeProfitLimit,
        _ => return Err(KrakenError::argument("ordertype")),
    })
}

/// The flags of `oflags` that the simulator honours.
#[derive(Default)]
struct Flags {
    post: bool,
    in_quote: bool,
}

impl Flags {
    fn parse(params: &Params) -> Result<Self, KrakenError> {
        let mut flags = Self::default();
        for flag in params.get("oflags").unwrap_or_default().split(',').map(str::trim) {
            match flag {
                "" | "fciq" | "nompp" => {}
                "post" => flags.post = true,
                "viqc" => flags.in_quote = true,
                // Fees in base are not simulated.
                _ => return Err(KrakenError::argument("oflags")),
            }
        }
        Ok(flags)
    }
}

fn refuse_unsupported(params: &Params) -> Result<(), KrakenError> {
    if params.get("leverage").is_some_and(|value| value != "none") {
        return Err(KrakenError::MARGIN);
    }
    let not_now = params.get("starttm").is_some_and(|value| value != "0");
    let not_last = params.get("trigger").is_some_and(|value| value != "last");
    let stp = params.get("stptype").is_some_and(|value| value != "cancel-newest");
    for (refused, name) in [
        (not_now, "starttm"),
        (not_last, "trigger"),
        (stp, "stptype"),
        (params.flag("reduce_only"), "reduce_only"),
    ] {
        if refused {
            return Err(KrakenError::argument(name));
        }
    }
    Ok(())
}

/// A price, absolute or relative to the last one: `+5`, `-1.5%`, and `#`, which adds for sells and subtracts for buys.
fn relative(text: &str, last: Decimal, side: Side, pair: &Pair) -> Option<Decimal> {
    let sign = match text.chars().next()? {
        '+' => Decimal::ONE,
        '-' => Decimal::NEGATIVE_ONE,
        '#' if side == Side::Sell => Decimal::ONE,
        '#' => Decimal::NEGATIVE_ONE,
        _ => return decimal(text),
    };
    let (number, percent) = text[1..].strip_suffix('%').map_or((&text[1..], false), |number| (number, true));
    let number = decimal(number)
        .filter(|number| !number.is_sign_negative() && *number < Decimal::from(1_000_000_000))?;
    let distance = if percent { last * number / Decimal::ONE_HUNDRED } else { number };
    Some((last + sign * distance).round_dp(pair.price_decimals))
}

fn time_in_force(params: &Params, now_ns: i64) -> Result<(TimeInForce, Option<i64>), KrakenError> {
    let expires = match params.get("expiretm").filter(|text| *text != "0") {
        None => None,
        Some(text) => {
            let bad = || KrakenError::argument("expiretm");
            let (offset, number) = text.strip_prefix('+').map_or((0, text), |number| (now_ns, number));
            let seconds: i64 = number.parse().map_err(|_| bad())?;
            Some(seconds.checked_mul(1_000_000_000).and_then(|ns| ns.checked_add(offset)).ok_or_else(bad)?)
        }
    };
    match (params.get("timeinforce"), expires) {
        (None, Some(at)) | (Some("GTD"), Some(at)) => Ok((TimeInForce::Gtd, Some(at))),
        (None | Some("GTC"), None) => Ok((TimeInForce::Gtc, None)),
        (Some("IOC"), None) => Ok((TimeInForce::Ioc, None)),
        (Some("FOK"), None) => Ok((TimeInForce::Fok, None)),
        (Some("GTD"), None) | (Some("GTC" | "IOC" | "FOK"), Some(_)) => {
            Err(KrakenError::argument("expiretm"))
        }
        (Some(_), _) => Err(KrakenError::argument("timeinforce")),
    }
}

/// A UUID, 32 hex digits, or up to 18 characters of ASCII.
fn client_id(params: &Params) -> Result<Option<String>, KrakenError> {
    let Some(text) = params.get("cl_ord_id") else {
        return Ok(None);
    };
    let hex = |text: &str| text.chars().all(|c| c.is_ascii_hexdigit());
    let dashed =
        text.len() == 36 && text.split('-').map(str::len).eq([8, 4, 4, 4, 12]) && hex(&text.replace('-', ""));
    let plain = text.len() == 32 && hex(text);
    let free = text.len() <= 18 && text.chars().all(|c| c.is_ascii_graphic());
    if dashed || plain || free { Ok(Some(text.to_owned())) } else { Err(KrakenError::argument("cl_ord_id")) }
}

/// RFC 3339; at most 60 s ahead.
fn deadline(params: &Params, now_ns: i64) -> Result<Option<i64>, KrakenError> {
    let Some(text) = params.get("deadline") else {
        return Ok(None);
    };
    let at = parse_rfc3339(text).ok_or_else(|| KrakenError::argument("deadline"))?;
    if at > now_ns.saturating_add(60_000_000_000) {
        return Err(KrakenError::argument("deadline"));
    }
    Ok(Some(at))
}
