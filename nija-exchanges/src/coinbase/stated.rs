//! What a request for a new order says, read from its body: the user's policy is held against it.

use nija_core::{Method, OrderReading, RequestBody, Side, StatedOrder, UnsignedRequest};
use rust_decimal::Decimal;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Stated {
    product_id: String,
    side: String,
    order_configuration: BTreeMap<String, Terms>,
    leverage: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Terms {
    base_size: Option<Decimal>,
    quote_size: Option<Decimal>,
    limit_price: Option<Decimal>,
}

pub(super) fn read(request: &UnsignedRequest) -> OrderReading {
    if request.method != Method::Post || request.path.ends_with("/orders/batch_cancel") {
        return OrderReading::NoOrder;
    }
    let RequestBody::Json(body) = &request.body else { return OrderReading::Unreadable };
    let Ok(stated) = serde_json::from_str::<Stated>(body) else { return OrderReading::Unreadable };
    let side = match stated.side.as_str() {
        "BUY" => Side::Buy,
        "SELL" => Side::Sell,
        _ => return OrderReading::Unreadable,
    };
    let mut configurations = stated.order_configuration.into_iter();
    let (Some((kind, terms)), None, None) = (configurations.next(), configurations.next(), stated.leverage)
    else {
        return OrderReading::Unreadable;
    };
    let has_limit = !kind.starts_with("market");
    if (has_limit && terms.limit_price.is_none()) || (terms.base_size.is_none() && terms.quote_size.is_none())
    {
        return OrderReading::Unreadable;
    }
    OrderReading::Order(StatedOrder {
        pair: stated.product_id.replacen('-', "", 1),
        side,
        quantity: terms.base_size,
        quote: terms.quote_size,
        limit: terms.limit_price,
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
        assert_eq!(order("/api/v3/brokerage/orders/batch_cancel", "{}"), OrderReading::NoOrder);
        for unclear in [
            "{}",
            r#"{"product_id":"BTC-USD","side":"BUY","order_configuration":{}}"#,
            r#"{"product_id":"BTC-USD","side":"BUY","order_configuration":{"limit_limit_gtc":{"base_size":"1"}}}"#,
            r#"{"product_id":"BTC-USD","side":"BUY","leverage":"3","order_configuration":{"market_market_ioc":{"base_size":"1"}}}"#,
            r#"{"product_id":"BTC-USD","side":"BUY","order_configuration":{"market_market_ioc":{"base_size":"1"},
                "limit_limit_gtc":{"base_size":"9","limit_price":"1"}}}"#,
        ] {
            assert_eq!(order(path, unclear), OrderReading::Unreadable, "{unclear}");
        }
    }
}
