//! Create Order: reading the request, strictly.

use super::error::{OrderRefusal, Refusal, UNKNOWN};
use super::products::{self, PRICE_DECIMALS, Product};
use super::rest::Result;
use crate::clock::parse_rfc3339;
use crate::engine::{AccountId, NewOrder, OrderType, Side, TimeInForce};
use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::{Map, Value};

/// Fields of the request. Any other is refused unless lenient: silence would be worse than an error.
const FIELDS: [&str; 9] = [
    "client_order_id",
    "product_id",
    "side",
    "order_configuration",
    "leverage",
    "margin_type",
    "preview_id",
    "retail_portfolio_id",
    "self_trade_prevention_id",
];

/// Each form's fields.
const FORMS: [(&str, &[&str]); 10] = [
    ("market_market_ioc", &["quote_size", "base_size", "rfq_disabled", "reduce_only"]),
    ("market_market_fok", &["quote_size", "base_size", "rfq_disabled", "reduce_only"]),
    ("sor_limit_ioc", &["base_size", "limit_price", "rfq_disabled", "reduce_only"]),
    ("limit_limit_gtc", &["base_size", "limit_price", "post_only", "rfq_disabled", "reduce_only"]),
    (
        "limit_limit_gtd",
        &["base_size", "limit_price", "end_time", "post_only", "rfq_disabled", "reduce_only"],
    ),
    ("limit_limit_fok", &["base_size", "limit_price", "rfq_disabled", "reduce_only"]),
    (
        "stop_limit_stop_limit_gtc",
        &["base_size", "limit_price", "stop_price", "stop_direction", "reduce_only"],
    ),
    (
        "stop_limit_stop_limit_gtd",
        &["base_size", "limit_price", "stop_price", "stop_direction", "end_time", "reduce_only"],
    ),
    ("trigger_bracket_gtc", &["base_size", "limit_price", "stop_trigger_price", "reduce_only"]),
    ("trigger_bracket_gtd", &["base_size", "limit_price", "stop_trigger_price", "end_time", "reduce_only"]),
];

/// A parsed request.
#[derive(Debug)]
pub(super) struct Form {
    pub(super) client_id: String,
    pub(super) product: &'static Product,
    pub(super) side: Side,
    /// One order, or a limit order and a stop of which one cancels the other.
    pub(super) legs: Vec<NewOrder>,
    /// As it came, to be echoed.
    pub(super) configuration: Value,
}

/// What reading came to: a form, or a refusal of the order itself, which has its own answer.
pub(super) type Read = std::result::Result<Form, (OrderRefusal, Value)>;

/// Reads a request. A preview has no client id.
pub(super) fn read(body: &[u8], account: AccountId, lenient: bool, preview: bool) -> Result<Read> {
    let body: Map<String, Value> =
        serde_json::from_slice(body).map_err(|_| Refusal::argument("the request is not a JSON object"))?;
    if let Some(unknown) = body.keys().find(|name| !lenient && !FIELDS.contains(&name.as_str())) {
        return Err(Refusal::field(unknown));
    }
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    for (name, plain) in
        [("leverage", ["", "1", "1.0"]), ("margin_type", ["", "CROSS", "UNKNOWN_MARGIN_TYPE"])]
    {
        if !plain.contains(&text(name)) {
            return Err(Refusal::argument(format!("{name} is for futures")));
        }
    }
    let client_id = text("client_order_id").to_owned();
    if !preview && client_id.is_empty() {
        return Err(Refusal::argument("client_order_id is required"));
    }
    if client_id.len() > 128 {
        return Err(Refusal::argument("client_order_id is longer than 128 characters"));
    }
    let configuration = body.get("order_configuration").cloned().unwrap_or_default();
    let refuse = |error, preview, message| {
        Ok(Err((OrderRefusal::new(error, preview, message), configuration.clone())))
    };
    let side = match text("side") {
        "BUY" => Side::Buy,
        "SELL" => Side::Sell,
        _ => return refuse("INVALID_SIDE", "PREVIEW_INVALID_SIDE", "side must be BUY or SELL"),
    };
    let Some((market, product)) = products::find(text("product_id")) else {
        return refuse("INVALID_PRODUCT_ID", "PREVIEW_INVALID_PRODUCT_ID", "Invalid product_id");
    };
    let unsupported = || {
        refuse(
            "UNSUPPORTED_ORDER_CONFIGURATION",
            "PREVIEW_INVALID_ORDER_CONFIG",
            "Invalid order_configuration",
        )
    };
    let Some((name, terms)) = only(&configuration) else { return unsupported() };
    let Some((name, fields)) = FORMS.iter().find(|(known, _)| *known == name) else { return unsupported() };
    if let Some(unknown) = terms.keys().find(|field| !lenient && !fields.contains(&field.as_str())) {
        return Err(Refusal::field(unknown));
    }
    if terms.get("reduce_only").and_then(Value::as_bool) == Some(true) {
        return Err(Refusal::argument("reduce_only is for futures"));
    }
    let terms = Terms { side, terms, base: NewOrder { account, market, ..blank(account, market, side) } };
    let legs = match terms.legs(name)? {
        Ok(legs) => legs,
        Err(refusal) => return Ok(Err((refusal, configuration))),
    };
    Ok(Ok(Form { client_id, product, side, legs, configuration }))
}

/// The one form of a configuration.
fn only(configuration: &Value) -> Option<(&str, &Map<String, Value>)> {
    let mut forms = configuration.as_object()?.iter().filter(|(_, terms)| !terms.is_null());
    let (name, terms) = forms.next()?;
    let terms = terms.as_object()?;
    forms.next().is_none().then_some((name.as_str(), terms))
}

fn blank(account: AccountId, market: usize, side: Side) -> NewOrder {
    NewOrder {
        account,
        market,
        side,
        order_type: OrderType::Limit,
        qty: Decimal::ZERO,
        in_quote: false,
        limit: None,
        trigger: None,
        tif: TimeInForce::Gtc,
        post_only: false,
        expires_ns: None,
        client_id: None,
        userref: None,
        take_fraction: None,
    }
}

/// One form's fields.
struct Terms<'a> {
    side: Side,
    terms: &'a Map<String, Value>,
    base: NewOrder,
}

type Legs = std::result::Result<Vec<NewOrder>, OrderRefusal>;

impl Terms<'_> {
    fn legs(&self, form: &str) -> Result<Legs> {
        let (tif, expires_ns) = match form.rsplit('_').next() {
            Some("ioc") => (TimeInForce::Ioc, None),
            Some("fok") => (TimeInForce::Fok, None),
            Some("gtd") => (TimeInForce::Gtd, Some(self.end_time()?)),
            _ => (TimeInForce::Gtc, None),
        };
        let base = NewOrder { tif, expires_ns, ..self.base.clone() };
        if form.starts_with("market") {
            return self.market(base);
        }
        let (qty, limit) = (self.need("base_size")?, self.need("limit_price")?);
        let post_only = self.terms.get("post_only").and_then(Value::as_bool).unwrap_or(false);
        let limit_order = NewOrder { qty, limit: Some(limit), post_only, ..base };
        if form.starts_with("stop_limit") {
            let trigger = Some(self.need("stop_price")?);
            let order_type = match (self.text("stop_direction"), self.side) {
                ("STOP_DIRECTION_STOP_UP", Side::Buy) | ("STOP_DIRECTION_STOP_DOWN", Side::Sell) => {
                    OrderType::StopLossLimit
                }
                ("STOP_DIRECTION_STOP_UP", Side::Sell) | ("STOP_DIRECTION_STOP_DOWN", Side::Buy) => {
                    OrderType::TakeProfitLimit
                }
                _ => return Err(Refusal::argument("stop_direction is required")),
            };
            return Ok(Ok(vec![NewOrder { order_type, trigger, ..limit_order }]));
        }
        if form.starts_with("trigger_bracket") {
            let trigger = self.need("stop_trigger_price")?;
            // The take-profit lies on the good side of the stop.
            if (self.side == Side::Sell) != (limit > trigger) {
                return Ok(Err(OrderRefusal::new(
                    UNKNOWN,
                    "PREVIEW_INVALID_STOP_TRIGGER_PRICE",
                    "the limit price must be beyond the stop trigger price",
                )));
            }
            let stop = NewOrder {
                order_type: OrderType::StopLossLimit,
                limit: Some(self.beyond(trigger)),
                trigger: Some(trigger),
                ..limit_order.clone()
            };
            return Ok(Ok(vec![limit_order, stop]));
        }
        Ok(Ok(vec![limit_order]))
    }

    /// The limit of a bracket's stop: Coinbase sends it as a limit order 5 % beyond its trigger.
    fn beyond(&self, trigger: Decimal) -> Decimal {
        let (factor, rounding) = match self.side {
            Side::Sell => (Decimal::new(95, 2), RoundingStrategy::ToZero),
            Side::Buy => (Decimal::new(105, 2), RoundingStrategy::AwayFromZero),
        };
        (trigger * factor).round_dp_with_strategy(PRICE_DECIMALS, rounding)
    }

    /// For an amount of base, or, when buying, for an amount of money.
    fn market(&self, base: NewOrder) -> Result<Legs> {
        let order = NewOrder { order_type: OrderType::Market, ..base };
        match (self.number("base_size")?, self.number("quote_size")?) {
            (Some(qty), None) => Ok(Ok(vec![NewOrder { qty, ..order }])),
            (None, Some(qty)) if self.side == Side::Buy => {
                if qty.normalize().scale() > PRICE_DECIMALS {
                    let preview = "PREVIEW_INVALID_QUOTE_SIZE_PRECISION";
                    return Ok(Err(OrderRefusal::new(UNKNOWN, preview, "quote_size has too many decimals")));
                }
                Ok(Ok(vec![NewOrder { qty, in_quote: true, ..order }]))
            }
            _ => Ok(Err(OrderRefusal::new(
                "UNSUPPORTED_ORDER_CONFIGURATION",
                "PREVIEW_INVALID_ORDER_CONFIG",
                "a market order has a base_size, or, when buying, a quote_size",
            ))),
        }
    }

    fn text(&self, name: &str) -> &str {
        self.terms.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    fn need(&self, name: &str) -> Result<Decimal> {
        self.number(name)?.ok_or_else(|| Refusal::argument(format!("{name} is required")))
    }

    /// Numbers come as text; JSON numbers are taken too.
    fn number(&self, name: &str) -> Result<Option<Decimal>> {
        let text = match self.terms.get(name) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(text)) if text.is_empty() => return Ok(None),
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            Some(_) => return Err(Refusal::argument(format!("invalid {name}"))),
        };
        let number = decimal(&text).ok_or_else(|| Refusal::argument(format!("invalid {name}")))?;
        Ok(Some(number))
    }

    fn end_time(&self) -> Result<i64> {
        parse_rfc3339(self.text("end_time")).ok_or_else(|| Refusal::argument("end_time is required"))
    }
}

/// Digits with or without an exponent.
pub(super) fn decimal(text: &str) -> Option<Decimal> {
    if text.len() > 64 {
        return None;
    }
    let value: Decimal = text.parse().ok().or_else(|| Decimal::from_scientific(text).ok())?;
    // Products of two such numbers still fit; nothing traded is anywhere near.
    Some(value).filter(|value| value.abs() < Decimal::from(1_000_000_000_000_i64))
}
