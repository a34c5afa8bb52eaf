//! What a request for a new order says, read from its parameters: the user's policy is held against it.

use nija_core::{Method, OrderReading, RequestBody, Side, StatedOrder, UnsignedRequest};

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
    // Lists of orders have prices of their own for each leg.
    if request.path != "/api/v3/order" {
        return OrderReading::Unreadable;
    }
    let number = |wanted| field(wanted).and_then(|text| text.parse().ok());
    let side = match field("side") {
        Some("BUY") => Side::Buy,
        Some("SELL") => Side::Sell,
        _ => return OrderReading::Unreadable,
    };
    let (Some(pair), Some(kind)) = (field("symbol"), field("type")) else { return OrderReading::Unreadable };
    let (quantity, quote, limit) = (number("quantity"), number("quoteOrderQty"), number("price"));
    let is_limit = kind.contains("LIMIT");
    if (is_limit && limit.is_none()) || (quantity.is_none() && quote.is_none()) {
        return OrderReading::Unreadable;
    }
    OrderReading::Order(StatedOrder { pair: pair.to_owned(), side, quantity, quote, limit })
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija_core::{RequestPurpose, VenueId};

    fn request(path: &str, fields: &[(&str, &str)], in_body: bool) -> OrderReading {
        let fields: Vec<_> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
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
    }
}
