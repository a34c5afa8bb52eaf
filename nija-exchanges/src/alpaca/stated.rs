//! What a request for a new order says, read from its body: the user's policy is held against it.

use nija_core::{Method, OrderReading, RequestBody, Side, StatedOrder, UnsignedRequest};
use rust_decimal::Decimal;
use serde::Deserialize;

#[derive(Deserialize)]
struct Stated {
    symbol: String,
    side: String,
    #[serde(rename = "type")]
    kind: String,
    qty: Option<Decimal>,
    notional: Option<Decimal>,
    limit_price: Option<Decimal>,
}

pub(super) fn read(request: &UnsignedRequest) -> OrderReading {
    if request.method != Method::Post || !request.path.starts_with("/v2/orders") {
        return OrderReading::NoOrder;
    }
    let RequestBody::Json(body) = &request.body else { return OrderReading::Unreadable };
    // Fields that stand there twice are an error to the parser.
    let Ok(stated) = serde_json::from_str::<Stated>(body) else { return OrderReading::Unreadable };
    let side = match stated.side.as_str() {
        "buy" => Side::Buy,
        "sell" => Side::Sell,
        _ => return OrderReading::Unreadable,
    };
    let has_limit = stated.kind.ends_with("limit");
    if (has_limit && stated.limit_price.is_none()) || (stated.qty.is_none() && stated.notional.is_none()) {
        return OrderReading::Unreadable;
    }
    // Stocks are bought with dollars and do not say so.
    let pair = match stated.symbol.split_once('/') {
        Some((base, quote)) => [base, quote].concat(),
        None => stated.symbol + "USD",
    };
    OrderReading::Order(StatedOrder {
        pair,
        side,
        quantity: stated.qty,
        quote: stated.notional,
        limit: stated.limit_price,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija_core::{RequestPurpose, VenueId};

    fn order(body: &str) -> OrderReading {
        read(&UnsignedRequest {
            venue: VenueId::new("alpaca").unwrap(),
            method: Method::Post,
            path: "/v2/orders".into(),
            query: Vec::new(),
            body: RequestBody::Json(body.into()),
            purpose: RequestPurpose::Read,
        })
    }

    #[test]
    fn coins_and_shares_are_read_and_what_is_unclear_is_not() {
        let coin =
            order(r#"{"symbol":"BTC/USD","qty":"0.5","side":"buy","type":"limit","limit_price":"60000"}"#);
        let OrderReading::Order(coin) = coin else { panic!("{coin:?}") };
        assert_eq!((coin.pair.as_str(), coin.side), ("BTCUSD", Side::Buy));
        assert_eq!((coin.quantity, coin.limit), ("0.5".parse().ok(), "60000".parse().ok()));
        let share = order(r#"{"symbol":"AAPL","notional":"100","side":"sell","type":"market"}"#);
        let OrderReading::Order(share) = share else { panic!("{share:?}") };
        assert_eq!((share.pair.as_str(), share.quote), ("AAPLUSD", "100".parse().ok()));
        for unclear in [
            "",
            r#"{"symbol":"AAPL","qty":"1","side":"buy","type":"limit"}"#,
            r#"{"symbol":"AAPL","side":"buy","type":"market"}"#,
            r#"{"symbol":"AAPL","qty":"1","qty":"1000","side":"buy","type":"market"}"#,
            r#"{"symbol":"AAPL","qty":"1","side":"sell_short","type":"market"}"#,
        ] {
            assert_eq!(order(unclear), OrderReading::Unreadable, "{unclear}");
        }
    }
}
