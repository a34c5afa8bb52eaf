//! What a request for a new order says, read from its parameters: the user's policy is held against it.

use nija_core::{Method, OrderReading, RequestBody, Side, StatedOrder, UnsignedRequest};
use rust_decimal::Decimal;

pub(super) fn read(request: &UnsignedRequest) -> OrderReading {
    if request.method != Method::Post || !request.path.to_ascii_lowercase().contains("/order") {
        return OrderReading::NoOrder;
    }
    let form = match &request.body {
        RequestBody::Form(form) => form.as_slice(),
        RequestBody::Empty => &[],
        RequestBody::Json(_) => return OrderReading::Unreadable,
    };
    let field = |wanted: &str| {
        let all = request.query.iter().chain(form);
        let mut found = all.filter(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
        found.next().filter(|_| found.next().is_none())
    };
    let single = match request.path.as_str() {
        "/api/v3/order" => true,
        "/api/v3/orderList/oco" => false,
        // Other lists hold more than one order's money, or say what they are in other words.
        _ => return OrderReading::Unreadable,
    };
    let number = |wanted| field(wanted).and_then(|text| text.parse::<Decimal>().ok());
    let side = match field("side") {
        Some("BUY") => Side::Buy,
        Some("SELL") => Side::Sell,
        _ => return OrderReading::Unreadable,
    };
    let Some(pair) = field("symbol").map(str::to_owned) else { return OrderReading::Unreadable };
    if !single {
        // One leg ends the other, and either may be the one that fills: for a sale the cheaper counts, for a purchase the dearer.
        let prices: (Option<Decimal>, Option<Decimal>) = (number("abovePrice"), number("belowPrice"));
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
    let Some(kind) = field("type") else { return OrderReading::Unreadable };
    let (quantity, quote, limit) = (number("quantity"), number("quoteOrderQty"), number("price"));
    let is_limit = kind.contains("LIMIT");
    if (is_limit && limit.is_none()) || (quantity.is_none() && quote.is_none()) {
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
