//! `POST /v2/orders`: reading the body, strictly ("Placing Orders").

use super::assets::{self, Asset, Class};
use super::error::{Refusal, Result};
use super::hours;
use super::protocol::moment;
use super::query::decimal;
use crate::engine::{AccountId, Engine, MarketId, NewOrder, OrderType, Side, TimeInForce};
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Map, Value};

/// Fields that the simulator honours. Any other is refused unless lenient: silence would be worse than an error.
const KNOWN: [&str; 17] = [
    "symbol",
    "qty",
    "notional",
    "side",
    "type",
    "order_type",
    "time_in_force",
    "limit_price",
    "stop_price",
    "extended_hours",
    "client_order_id",
    "order_class",
    "take_profit",
    "stop_loss",
    "position_intent",
    // Of trailing stops, which are refused by name.
    "trail_price",
    "trail_percent",
];

/// A parsed order.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) market: MarketId,
    pub(crate) asset: &'static Asset,
    pub(crate) first: NewOrder,
    /// What follows it, or what it is linked to.
    pub(crate) legs: Vec<NewOrder>,
    pub(crate) order_class: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) tif: &'static str,
    pub(crate) notional: Option<Decimal>,
    pub(crate) extended_hours: bool,
}

/// Reads an order; the engine is asked for prices that amounts of money refer to.
pub(crate) fn parse(
    body: &[u8],
    account: AccountId,
    engine: &Engine,
    now_ns: i64,
    lenient: bool,
) -> Result<Parsed> {
    let fields: Map<String, Value> = serde_json::from_slice(body).map_err(|_| Refusal::bad_json())?;
    let fields = Fields(fields.into_iter().filter(|(_, value)| !value.is_null()).collect());
    if !lenient && let Some(name) = fields.0.keys().find(|name| !KNOWN.contains(&name.as_str())) {
        let name: String = name.chars().filter(char::is_ascii_graphic).take(40).collect();
        return Err(Refusal::invalid(format!("{name} is not a field that is simulated")));
    }
    let symbol = fields.text("symbol")?.ok_or_else(|| Refusal::invalid("symbol is required"))?;
    let (market, asset) = assets::find(symbol).ok_or_else(|| {
        let symbol: String = symbol.chars().filter(|c| !c.is_control()).take(20).collect();
        Refusal::unprocessable(format!("asset \"{symbol}\" not found"))
    })?;
    let side = match fields.text("side")? {
        Some("buy") => Side::Buy,
        Some("sell") => Side::Sell,
        _ => return Err(Refusal::invalid("side must be buy or sell")),
    };
    let kind = kind(fields.text("type")?.or(fields.text("order_type")?), asset)?;
    let (tif_name, tif) = time_in_force(fields.text("time_in_force")?, asset)?;
    let pair = fields.text("order_class")? == Some("oco");
    let (limit, stop) = prices(&fields, kind, pair)?;
    let (qty, in_quote, notional) = amount(&fields, engine, market, side, kind, limit)?;
    let whole = qty.fract().is_zero() && notional.is_none();
    if asset.class == Class::Stock && !whole {
        if !asset.fractionable {
            return Err(Refusal::not_allowed(format!("asset \"{}\" is not fractionable", asset.symbol)));
        }
        if tif_name != "day" {
            return Err(Refusal::unprocessable("fractional orders must be DAY orders"));
        }
    }
    let extended_hours = fields.flag("extended_hours")?;
    if extended_hours && (kind != "limit" || tif_name != "day") {
        return Err(Refusal::unprocessable("extended hours order must be DAY limit orders"));
    }
    let client_id = fields.text("client_order_id")?.map(str::to_owned);
    if client_id.as_ref().is_some_and(|id| id.chars().count() > 128) {
        return Err(Refusal::invalid("client_order_id must be no more than 128 characters"));
    }
    let (tif, expires_ns) = match tif {
        // A day order lives until the end of the session that is on, or of the next one.
        None => {
            let close = hours::next(moment(now_ns)).1.unix_timestamp_nanos();
            (TimeInForce::Gtd, i64::try_from(close).ok())
        }
        Some(tif) => (tif, None),
    };
    let order_type = order_type(kind);
    let first = NewOrder {
        account,
        market,
        side,
        order_type,
        qty,
        in_quote,
        limit,
        trigger: stop,
        tif,
        post_only: false,
        expires_ns,
        client_id,
        userref: None,
        take_fraction: None,
    };
    let order_class = order_class(&fields, asset, whole)?;
    let (first, legs) = legs(&fields, order_class, first, engine)?;
    Ok(Parsed { market, asset, first, legs, order_class, kind, tif: tif_name, notional, extended_hours })
}

fn kind(given: Option<&str>, asset: &Asset) -> Result<&'static str> {
    let kinds: &[&'static str] = match asset.class {
        Class::Crypto => &["market", "limit", "stop_limit"],
        Class::Stock => &["market", "limit", "stop", "stop_limit"],
    };
    let given = given.ok_or_else(|| Refusal::invalid("type is required"))?;
    match kinds.iter().find(|kind| **kind == given) {
        Some(kind) => Ok(kind),
        None if given == "trailing_stop" && asset.class == Class::Stock => {
            Err(Refusal::unprocessable("trailing_stop is not simulated"))
        }
        None => Err(Refusal::unprocessable(format!(
            "invalid order type for {} order",
            if asset.class == Class::Crypto { "crypto" } else { "equity" }
        ))),
    }
}

/// Its name, and what the engine makes of it; `None` is for the day.
fn time_in_force(given: Option<&str>, asset: &Asset) -> Result<(&'static str, Option<TimeInForce>)> {
    let stock = asset.class == Class::Stock;
    Ok(match given {
        Some("day") if stock => ("day", None),
        Some("gtc") => ("gtc", Some(TimeInForce::Gtc)),
        Some("ioc") => ("ioc", Some(TimeInForce::Ioc)),
        Some("fok") if stock => ("fok", Some(TimeInForce::Fok)),
        Some("opg" | "cls") if stock => {
            return Err(Refusal::unprocessable("opening and closing auctions are not simulated"));
        }
        Some(_) if !stock => return Err(Refusal::unprocessable("invalid crypto time_in_force")),
        Some(_) => return Err(Refusal::invalid("invalid time_in_force")),
        None => return Err(Refusal::invalid("time_in_force is required")),
    })
}

/// A pair of exits has its limit in `take_profit`, and may have it here too.
fn prices(fields: &Fields, kind: &str, pair: bool) -> Result<(Option<Decimal>, Option<Decimal>)> {
    let (limit, stop) = (fields.number("limit_price")?, fields.number("stop_price")?);
    if fields.0.contains_key("trail_price") || fields.0.contains_key("trail_percent") {
        return Err(Refusal::invalid(format!("{kind} orders require no trail")));
    }
    for (name, price, wanted) in [
        ("limit_price", limit, matches!(kind, "limit" | "stop_limit")),
        ("stop_price", stop, matches!(kind, "stop" | "stop_limit")),
    ] {
        match (price, wanted) {
            (None, true) if !pair => return Err(Refusal::invalid(format!("{kind} orders require {name}"))),
            (Some(_), false) => {
                return Err(Refusal::invalid(format!("{kind} orders require no {name}")));
            }
            _ => {}
        }
    }
    Ok((limit, stop))
}

/// A quantity, or an amount of money: a market buy spends it, any other is turned into a quantity.
fn amount(
    fields: &Fields,
    engine: &Engine,
    market: MarketId,
    side: Side,
    kind: &str,
    limit: Option<Decimal>,
) -> Result<(Decimal, bool, Option<Decimal>)> {
    match (fields.number("qty")?, fields.number("notional")?) {
        (Some(qty), None) if qty > Decimal::ZERO => Ok((qty, false, None)),
        (None, Some(notional)) if notional > Decimal::ZERO && notional < Decimal::from(1_000_000_000) => {
            if notional.normalize().scale() > 2 {
                return Err(Refusal::unprocessable("notional value must be limited to 2 decimal places"));
            }
            if (side, kind) == (Side::Buy, "market") {
                return Ok((notional, true, Some(notional)));
            }
            let state = &engine.markets()[market];
            let price = limit.unwrap_or_else(|| state.last_price());
            let qty = if price > Decimal::ZERO { notional / price } else { Decimal::ZERO };
            let qty = qty.round_dp_with_strategy(state.spec.lot_decimals, RoundingStrategy::ToZero);
            Ok((qty, false, Some(notional)))
        }
        (None, None) => Err(Refusal::invalid("qty or notional is required")),
        (Some(_), Some(_)) => Err(Refusal::invalid("only one of qty or notional is accepted")),
        _ => Err(Refusal::invalid("qty and notional must be greater than 0")),
    }
}

fn order_class(fields: &Fields, asset: &Asset, whole: bool) -> Result<&'static str> {
    let given = fields.text("order_class")?.unwrap_or_default();
    let class = ["simple", "bracket", "oto", "oco"].into_iter().find(|class| *class == given);
    match (class, asset.class) {
        (None, _) if !given.is_empty() => Err(Refusal::invalid("invalid order_class")),
        (None, Class::Stock) => Ok("simple"),
        (None | Some("simple"), Class::Crypto) => Ok(""),
        (Some(class), Class::Crypto) => Err(Refusal::unprocessable(format!(
            "crypto orders not allowed for advanced order_class: {class}"
        ))),
        (Some(class), Class::Stock) if class != "simple" && !whole => {
            Err(Refusal::unprocessable("fractional orders must be simple orders"))
        }
        (Some(class), Class::Stock) => Ok(class),
    }
}

/// The order and its legs: for brackets and one-triggers-other what follows, for one-cancels-other the stop beside the limit.
fn legs(
    fields: &Fields,
    class: &'static str,
    mut first: NewOrder,
    engine: &Engine,
) -> Result<(NewOrder, Vec<NewOrder>)> {
    let (profit, loss) = (fields.object("take_profit")?, fields.object("stop_loss")?);
    let wanted = match class {
        "bracket" | "oco" => profit.is_some() && loss.is_some(),
        "oto" => profit.is_some() != loss.is_some(),
        _ => profit.is_none() && loss.is_none(),
    };
    if !wanted {
        return Err(Refusal::invalid(match class {
            "bracket" => "bracket orders require take_profit and stop_loss",
            "oco" => "oco orders require take_profit and stop_loss",
            "oto" => "oto orders require either take_profit or stop_loss",
            _ => "take_profit and stop_loss need an order_class",
        }));
    }
    if class == "oco" && (first.order_type != OrderType::Limit || first.in_quote) {
        return Err(Refusal::invalid("oco orders must be limit orders"));
    }
    if matches!(first.tif, TimeInForce::Ioc | TimeInForce::Fok) && !matches!(class, "" | "simple") {
        return Err(Refusal::unprocessable("complex orders must be day or gtc"));
    }
    // What closes the position that the first order opens; an exit's own side for a pair of exits.
    let side = if class == "oco" { first.side } else { first.side.opposite() };
    let leg = |order_type, limit, trigger| NewOrder {
        side,
        order_type,
        limit,
        trigger,
        client_id: Some(super::orders::fresh_id()),
        ..first.clone()
    };
    let profit = profit
        .map(|profit| {
            profit
                .number("limit_price")?
                .ok_or_else(|| Refusal::invalid("take_profit.limit_price is required"))
        })
        .transpose()?;
    let loss = loss
        .map(|loss| {
            let stop = loss.number("stop_price")?;
            let stop = stop.ok_or_else(|| Refusal::invalid("stop_loss.stop_price is required"))?;
            Ok((stop, loss.number("limit_price")?))
        })
        .transpose()?;
    if let (Some(profit), Some((stop, _))) = (profit, loss)
        && (if side == Side::Sell { stop >= profit } else { stop <= profit })
    {
        return Err(Refusal::unprocessable(
            "take_profit.limit_price and stop_loss.stop_price must be on either side of the market",
        ));
    }
    let stop_leg = |(stop, limit): (Decimal, Option<Decimal>)| {
        let kind = if limit.is_some() { OrderType::StopLossLimit } else { OrderType::StopLoss };
        leg(kind, limit, Some(stop))
    };
    let last = engine.markets()[first.market].last_price();
    if let Some((stop, _)) = loss.filter(|_| class == "oco")
        && (if side == Side::Sell { stop >= last } else { stop <= last })
    {
        return Err(Refusal::unprocessable("stop price must be on the far side of the current price"));
    }
    let legs = match class {
        "oco" => loss.map(stop_leg).into_iter().collect(),
        _ => {
            let profit = profit.map(|profit| leg(OrderType::Limit, Some(profit), None));
            profit.into_iter().chain(loss.map(stop_leg)).collect()
        }
    };
    if class == "oco" {
        // The limit stands in take_profit, and may stand outside of it too.
        first.limit = profit.or(first.limit);
    }
    Ok((first, legs))
}

pub(crate) fn order_type(kind: &str) -> OrderType {
    match kind {
        "limit" => OrderType::Limit,
        "stop" => OrderType::StopLoss,
        "stop_limit" => OrderType::StopLossLimit,
        _ => OrderType::Market,
    }
}

/// A JSON object's fields.
pub(crate) struct Fields(pub(crate) Map<String, Value>);

impl Fields {
    pub(crate) fn text(&self, name: &str) -> Result<Option<&str>> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Refusal::invalid(format!("{name} must be a string"))),
        }
    }

    /// A number, or text of one.
    pub(crate) fn number(&self, name: &str) -> Result<Option<Decimal>> {
        let bad = || Refusal::invalid(format!("{name} is not a number"));
        self.0.get(name).map(|value| decimal(value).ok_or_else(bad)).transpose()
    }

    fn flag(&self, name: &str) -> Result<bool> {
        match self.0.get(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(Refusal::invalid(format!("{name} must be true or false"))),
        }
    }

    fn object(&self, name: &str) -> Result<Option<Self>> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::Object(fields)) => {
                let fields = fields.iter().filter(|(_, value)| !value.is_null());
                Ok(Some(Self(fields.map(|(name, value)| (name.clone(), value.clone())).collect())))
            }
            Some(_) => Err(Refusal::invalid(format!("{name} must be an object"))),
        }
    }
}
