//! What a request for a new order says, read from its parameters: the user's policy is held against it.

use nija_core::{Method, OrderReading, RequestBody, Side, StatedOrder, UnsignedRequest};

use crate::stated::plain;

/// What a single order may say. Anything else (a trail, a peg, a side effect) could make it more than what is read.
pub(super) const SINGLE: &[&str] = &[
    "symbol",
    "side",
    "type",
    "timeInForce",
    "quantity",
    "quoteOrderQty",
    "price",
    "stopPrice",
    "newClientOrderId",
    "newOrderRespType",
];

/// What a pair of orders may say of which one ends the other.
pub(super) const PAIR: &[&str] = &[
    "symbol",
    "side",
    "quantity",
    "listClientOrderId",
    "newOrderRespType",
    "aboveType",
    "aboveClientOrderId",
    "abovePrice",
    "aboveStopPrice",
    "aboveTimeInForce",
    "belowType",
    "belowClientOrderId",
    "belowPrice",
    "belowStopPrice",
    "belowTimeInForce",
];

/// What any signed request may say of its time.
pub(super) const TIMES: &[&str] = &["recvWindow", "timestamp"];

pub(super) fn read(request: &UnsignedRequest) -> OrderReading {
    if request.method != Method::Post || !request.path.to_ascii_lowercase().contains("/order") {
        return OrderReading::NoOrder;
    }
    let form = match &request.body {
        RequestBody::Form(form) => form.as_slice(),
        RequestBody::Empty => &[],
        RequestBody::Json(_) => return OrderReading::Unreadable,
    };
    let single = match request.path.as_str() {
        "/api/v3/order" => true,
        "/api/v3/orderList/oco" => false,
        // Other lists hold more than one order's money, or say what they are in other words.
        _ => return OrderReading::Unreadable,
    };
    let all = || request.query.iter().chain(form).map(|(name, value)| (name.as_ref(), value.as_str()));
    let is_known = |name: &str| TIMES.contains(&name) || if single { SINGLE } else { PAIR }.contains(&name);
    // Which of two Binance would take is not known.
    let is_alone = |name: &str| all().filter(|(other, _)| *other == name).count() == 1;
    if !all().all(|(name, _)| is_known(name) && is_alone(name)) {
        return OrderReading::Unreadable;
    }
    let field = |wanted: &str| all().find(|(name, _)| *name == wanted).map(|(_, value)| value);
    let number = |wanted| field(wanted).and_then(plain);
    let side = match field("side") {
        Some("BUY") => Side::Buy,
        Some("SELL") => Side::Sell,
        _ => return OrderReading::Unreadable,
    };
    let Some(pair) = field("symbol").map(str::to_owned) else { return OrderReading::Unreadable };
    if !single {
        // One leg ends the other, and either may be the one that fills: for a sale the cheaper counts, for a purchase the dearer.
        let prices = (number("abovePrice"), number("belowPrice"));
        return match (number("quantity"), prices) {
            (quantity @ Some(_), (Some(above), Some(below))) => OrderReading::Order(StatedOrder {
                pair,
                side,
                quantity,
                quote: None,
                limit: Some(if side == Side::Sell { above.min(below) } else { above.max(below) }),
            }),
            _ => OrderReading::Unreadable,
        };
    }
    let limit = match (field("type"), number("price")) {
        (Some("LIMIT" | "LIMIT_MAKER" | "STOP_LOSS_LIMIT" | "TAKE_PROFIT_LIMIT"), Some(price)) => Some(price),
        (Some("MARKET" | "STOP_LOSS" | "TAKE_PROFIT"), None) if field("price").is_none() => None,
        _ => return OrderReading::Unreadable,
    };
    let (quantity, quote) = match (field("quantity"), field("quoteOrderQty")) {
        (Some(quantity), None) => (plain(quantity), None),
        (None, Some(quote)) => (None, plain(quote)),
        _ => return OrderReading::Unreadable,
    };
    if quantity.is_none() && quote.is_none() {
        return OrderReading::Unreadable;
    }
    OrderReading::Order(StatedOrder { pair, side, quantity, quote, limit })
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija_core::{RequestPurpose, VenueId};

    fn request(path: &str, fields: &[(&str, &str)], in_body: bool) -> OrderReading {
        let fields: Vec<_> =
            fields.iter().map(|(name, value)| ((*name).to_owned().into(), (*value).to_owned())).collect();
        let (query, body) =
            if in_body { (Vec::new(), RequestBody::Form(fields)) } else { (fields, RequestBody::Empty) };
        read(&UnsignedRequest {
            venue: VenueId::new("binance").unwrap(),
            method: Method::Post,
            path: path.into(),
            query,
            body,
            purpose: RequestPurpose::Read,
        })
    }

    #[test]
    fn an_order_is_read_from_query_and_body_alike() {
        let fields = [
            ("symbol", "BTCUSDT"),
            ("side", "SELL"),
            ("type", "LIMIT"),
            ("quantity", "0.5"),
            ("price", "60000"),
        ];
        let expected = OrderReading::Order(StatedOrder {
            pair: "BTCUSDT".into(),
            side: Side::Sell,
            quantity: Some("0.5".parse().unwrap()),
            quote: None,
            limit: Some("60000".parse().unwrap()),
        });
        for in_body in [false, true] {
            assert_eq!(request("/api/v3/order", &fields, in_body), expected);
        }
        assert_eq!(request("/api/v3/userDataStream", &[], false), OrderReading::NoOrder);
        let unclear = [&fields[..], &[("symbol", "ETHUSDT")]].concat();
        assert_eq!(request("/api/v3/order", &unclear, false), OrderReading::Unreadable);
        assert_eq!(
            request("/api/v3/order", &fields[..4], false),
            OrderReading::Unreadable,
            "a limit without its price"
        );
        for more in [
            ("quoteOrderQty", "1"),
            ("quantity", "9"),
            ("Quantity", "9"),
            ("trailingDelta", "1"),
            ("sideEffectType", "MARGIN_BUY"),
            ("pegPriceType", "MARKET_PEG"),
        ] {
            let unclear = [&fields[..], &[more]].concat();
            assert_eq!(request("/api/v3/order", &unclear, false), OrderReading::Unreadable, "{more:?}");
        }
        let with = |name: &str, value: &'static str| {
            let mut fields = fields;
            fields.iter_mut().filter(|(one, _)| *one == name).for_each(|field| field.1 = value);
            request("/api/v3/order", &fields, false)
        };
        for (name, value) in [("price", "+60000"), ("quantity", "1e3"), ("type", "MARKET"), ("type", "limit")]
        {
            assert_eq!(with(name, value), OrderReading::Unreadable, "{name}={value}");
        }
        assert_eq!(request("/api/v3/orderList/oco", &fields, false), OrderReading::Unreadable);
        assert_eq!(request("/api/v3/orderList/oto", &fields, false), OrderReading::Unreadable);
    }

    #[test]
    fn a_bracket_of_sales_is_held_against_the_cheaper_of_its_prices() {
        let fields = crate::binance::form::list(
            "BTCUSDT",
            Side::Sell,
            "66000".parse().unwrap(),
            ("54000".parse().unwrap(), "48000".parse().unwrap()),
            "0.5".parse().unwrap(),
            "7d1c9a52-6c3a-4d65-9a4c-0b9d9a1f7a10".parse().unwrap(),
        );
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let OrderReading::Order(order) = request("/api/v3/orderList/oco", &fields, false) else {
            panic!("a bracket is not understood");
        };
        assert_eq!((order.pair.as_str(), order.side), ("BTCUSDT", Side::Sell));
        assert_eq!((order.quantity, order.limit), ("0.5".parse().ok(), "48000".parse().ok()));
        let one_price: Vec<_> = fields.into_iter().filter(|(name, _)| *name != "abovePrice").collect();
        assert_eq!(request("/api/v3/orderList/oco", &one_price, false), OrderReading::Unreadable);
    }
}
