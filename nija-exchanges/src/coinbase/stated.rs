//! What a request for a new order says, read from its body: the user's policy is held against it.

use nija_core::{Method, OrderReading, RequestBody, Side, StatedOrder, UnsignedRequest};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{auth::EXPIRES, contract::BRACKET_REACH};
use crate::stated::Plain;

/// The fields that an order may have, each once. Any other (leverage, an attached order, the same name in another spelling) could make it
/// more than what is read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stated {
    #[serde(rename = "client_order_id")]
    _client_order_id: Option<IgnoredAny>,
    product_id: String,
    side: String,
    order_configuration: Configuration,
}

/// Coinbase's forms of orders, by their names.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Configuration {
    market_market_ioc: Option<Terms>,
    market_market_fok: Option<Terms>,
    sor_limit_ioc: Option<Terms>,
    limit_limit_gtc: Option<Terms>,
    limit_limit_gtd: Option<Terms>,
    limit_limit_fok: Option<Terms>,
    stop_limit_stop_limit_gtc: Option<Terms>,
    stop_limit_stop_limit_gtd: Option<Terms>,
    trigger_bracket_gtc: Option<Terms>,
    trigger_bracket_gtd: Option<Terms>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Terms {
    base_size: Option<Plain>,
    quote_size: Option<Plain>,
    limit_price: Option<Plain>,
    stop_trigger_price: Option<Plain>,
    #[serde(rename = "stop_price")]
    _stop_price: Option<Plain>,
    #[serde(rename = "stop_direction")]
    _stop_direction: Option<IgnoredAny>,
    #[serde(rename = "post_only")]
    _post_only: Option<IgnoredAny>,
    #[serde(rename = "end_time")]
    _end_time: Option<IgnoredAny>,
}

enum Form {
    Market,
    Limit,
    Bracket,
}

impl Configuration {
    /// The one form that is there.
    fn only(self) -> Option<(Form, Terms)> {
        let all = [
            (Form::Market, self.market_market_ioc),
            (Form::Market, self.market_market_fok),
            (Form::Limit, self.sor_limit_ioc),
            (Form::Limit, self.limit_limit_gtc),
            (Form::Limit, self.limit_limit_gtd),
            (Form::Limit, self.limit_limit_fok),
            (Form::Limit, self.stop_limit_stop_limit_gtc),
            (Form::Limit, self.stop_limit_stop_limit_gtd),
            (Form::Bracket, self.trigger_bracket_gtc),
            (Form::Bracket, self.trigger_bracket_gtd),
        ];
        let mut given = all.into_iter().filter_map(|(form, terms)| Some((form, terms?)));
        given.next().filter(|_| given.next().is_none())
    }
}

impl Terms {
    /// What the order pays at most or takes at least; nothing where that cannot be told.
    fn limit(&self, form: &Form, side: Side) -> Option<Option<Decimal>> {
        match (form, self.limit_price, self.stop_trigger_price) {
            (Form::Market, None, None) => Some(None),
            (Form::Limit, Some(limit), None) => Some(Some(limit.0)),
            // Either may be the one that fills. The stop's limit is Coinbase's own, so much beyond the trigger.
            (Form::Bracket, Some(limit), Some(stop)) => Some(Some(match side {
                Side::Sell => limit.0.min(stop.0.checked_mul(Decimal::ONE - BRACKET_REACH)?),
                Side::Buy => limit.0.max(stop.0.checked_mul(Decimal::ONE + BRACKET_REACH)?),
            })),
            _ => None,
        }
    }
}

pub(super) fn read(request: &UnsignedRequest) -> OrderReading {
    if request.method != Method::Post || request.path.ends_with("/orders/batch_cancel") {
        return OrderReading::NoOrder;
    }
    let RequestBody::Json(body) = &request.body else { return OrderReading::Unreadable };
    if request.query.iter().any(|(name, _)| name != EXPIRES) {
        return OrderReading::Unreadable;
    }
    let Ok(stated) = serde_json::from_str::<Stated>(body) else { return OrderReading::Unreadable };
    let side = match stated.side.as_str() {
        "BUY" => Side::Buy,
        "SELL" => Side::Sell,
        _ => return OrderReading::Unreadable,
    };
    let Some((form, terms)) = stated.order_configuration.only() else { return OrderReading::Unreadable };
    let Some(limit) = terms.limit(&form, side) else { return OrderReading::Unreadable };
    if terms.base_size.is_some() == terms.quote_size.is_some() {
        return OrderReading::Unreadable;
    }
    OrderReading::Order(StatedOrder {
        pair: stated.product_id.replacen('-', "", 1),
        side,
        quantity: terms.base_size.map(|size| size.0),
        quote: terms.quote_size.map(|size| size.0),
        limit,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija_core::{RequestPurpose, VenueId};

    fn order(path: &str, body: &str) -> OrderReading {
        read(&UnsignedRequest {
            venue: VenueId::new("coinbase").unwrap(),
            method: Method::Post,
            path: path.into(),
            query: Vec::new(),
            body: RequestBody::Json(body.into()),
            purpose: RequestPurpose::Read,
        })
    }

    #[test]
    fn an_order_is_read_and_what_is_unclear_is_not() {
        let path = "/api/v3/brokerage/orders";
        let limit = r#"{"product_id":"BTC-USD","side":"BUY","order_configuration":
            {"limit_limit_gtc":{"base_size":"0.5","limit_price":"60000"}}}"#;
        let OrderReading::Order(read) = order(path, limit) else { panic!("{limit}") };
        assert_eq!((read.pair.as_str(), read.side, read.quote), ("BTCUSD", Side::Buy, None));
        assert_eq!((read.quantity, read.limit), ("0.5".parse().ok(), "60000".parse().ok()));
        let market = r#"{"product_id":"BTC-USD","side":"SELL","order_configuration":{"market_market_ioc":{"base_size":"1"}}}"#;
        assert!(matches!(order(path, market), OrderReading::Order(_)));
        let bracket = r#"{"product_id":"BTC-USD","side":"SELL","order_configuration":
            {"trigger_bracket_gtc":{"base_size":"1","limit_price":"66000","stop_trigger_price":"50000"}}}"#;
        let OrderReading::Order(read) = order(path, bracket) else { panic!("{bracket}") };
        assert_eq!(read.limit, "47500".parse().ok(), "a stop's limit is 5 % beyond its trigger");
        assert_eq!(order("/api/v3/brokerage/orders/batch_cancel", "{}"), OrderReading::NoOrder);
        for unclear in [
            "{}",
            r#"{"product_id":"BTC-USD","side":"BUY","order_configuration":{}}"#,
            r#"{"product_id":"BTC-USD","side":"BUY","order_configuration":{"limit_limit_gtc":{"base_size":"1"}}}"#,
            r#"{"product_id":"BTC-USD","side":"BUY","leverage":"3","order_configuration":{"market_market_ioc":{"base_size":"1"}}}"#,
            r#"{"product_id":"BTC-USD","side":"BUY","order_configuration":{"market_market_ioc":{"base_size":"1"},
                "limit_limit_gtc":{"base_size":"9","limit_price":"1"}}}"#,
            // The same form twice, and fields twice in two spellings.
            r#"{"product_id":"BTC-USD","side":"BUY","order_configuration":{"market_market_ioc":{"base_size":"100"},
                "market_market_ioc":{"base_size":"1"}}}"#,
            r#"{"product_id":"BTC-USD","productId":"DOGE-USD","side":"BUY","order_configuration":{"market_market_ioc":{"base_size":"1"}}}"#,
            r#"{"product_id":"BTC-USD","side":"BUY","order_configuration":{"market_market_ioc":{"base_size":"1","quote_size":"1"}}}"#,
            r#"{"product_id":"BTC-USD","side":"BUY","order_configuration":{"market_market_ioc":{"base_size":"1","baseSize":"99"}}}"#,
            // An order that follows this one, at any price.
            r#"{"product_id":"BTC-USD","side":"BUY","order_configuration":{"market_market_ioc":{"base_size":"1"}},
                "attached_order_configuration":{"trigger_bracket_gtc":{"limit_price":"1","stop_trigger_price":"1"}}}"#,
            r#"{"product_id":"BTC-USD","side":"BUY","margin_type":"CROSS","order_configuration":{"market_market_ioc":{"base_size":"1"}}}"#,
            r#"{"product_id":"BTC-USD","side":"BUY","order_configuration":{"twap_limit_gtd":{"base_size":"1","limit_price":"1"}}}"#,
            r#"{"product_id":"BTC-USD","side":"BUY","order_configuration":{"limit_limit_gtc":{"base_size":"1","limit_price":"-1"}}}"#,
        ] {
            assert_eq!(order(path, unclear), OrderReading::Unreadable, "{unclear}");
        }
    }
}
