//! What a request for a new order says, read from its body: the user's policy is held against it.

use nija_core::{Method, OrderReading, RequestBody, Side, StatedOrder, UnsignedRequest};
use rust_decimal::Decimal;
use serde::Deserialize;

use super::algo;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stated {
    inst_id: String,
    td_mode: String,
    side: String,
    ord_type: String,
    sz: Decimal,
    px: Option<Decimal>,
    tgt_ccy: Option<String>,
    tp_ord_px: Option<Decimal>,
    sl_ord_px: Option<Decimal>,
}

pub(super) fn read(request: &UnsignedRequest) -> OrderReading {
    if request.method != Method::Post || request.path.starts_with("/api/v5/trade/cancel-") {
        return OrderReading::NoOrder;
    }
    if request.path != "/api/v5/trade/order" && request.path != algo::ORDER {
        return OrderReading::Unreadable;
    }
    let RequestBody::Json(body) = &request.body else { return OrderReading::Unreadable };
    let Ok(stated) = serde_json::from_str::<Stated>(body) else { return OrderReading::Unreadable };
    let side = match stated.side.as_str() {
        "buy" => Side::Buy,
        "sell" => Side::Sell,
        _ => return OrderReading::Unreadable,
    };
    // With money of one's own: margin makes a buy more than it costs.
    if stated.td_mode != "cash" {
        return OrderReading::Unreadable;
    }
    // -1 stands for the market price.
    let limits = [stated.px, stated.tp_ord_px, stated.sl_ord_px];
    let limits = limits.into_iter().flatten().filter(|price| price.is_sign_positive());
    // Of two the worse one counts: what it could pay at most, or take at least.
    let limit = match side {
        Side::Buy => limits.max(),
        Side::Sell => limits.min(),
    };
    let has_limit = matches!(stated.ord_type.as_str(), "limit" | "post_only" | "fok" | "ioc");
    if has_limit && limit.is_none() {
        return OrderReading::Unreadable;
    }
    let in_quote = stated.tgt_ccy.as_deref() == Some("quote_ccy");
    OrderReading::Order(StatedOrder {
        pair: stated.inst_id.replacen('-', "", 1),
        side,
        quantity: (!in_quote).then_some(stated.sz),
        quote: in_quote.then_some(stated.sz),
        limit,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija_core::{RequestPurpose, VenueId};

    fn order(path: &str, body: &str) -> OrderReading {
        read(&UnsignedRequest {
            venue: VenueId::new("okx").unwrap(),
            method: Method::Post,
            path: path.into(),
            query: Vec::new(),
            body: RequestBody::Json(body.into()),
            purpose: RequestPurpose::Read,
        })
    }

    #[test]
    fn orders_and_algo_orders_are_read_and_what_is_unclear_is_not() {
        let path = "/api/v5/trade/order";
        let limit =
            r#"{"instId":"BTC-USDT","tdMode":"cash","side":"buy","ordType":"limit","sz":"0.5","px":"60000"}"#;
        let OrderReading::Order(read) = order(path, limit) else { panic!("{limit}") };
        assert_eq!((read.pair.as_str(), read.side, read.quote), ("BTCUSDT", Side::Buy, None));
        assert_eq!((read.quantity, read.limit), ("0.5".parse().ok(), "60000".parse().ok()));
        let both = r#"{"instId":"BTC-USDT","tdMode":"cash","side":"sell","ordType":"oco","sz":"1","tpTriggerPx":"7","tpOrdPx":"-1",
            "slTriggerPx":"5","slOrdPx":"4"}"#;
        let OrderReading::Order(read) = order(algo::ORDER, both) else { panic!("{both}") };
        assert_eq!(read.limit, "4".parse().ok());
        assert_eq!(order("/api/v5/trade/cancel-order", "{}"), OrderReading::NoOrder);
        for unclear in [
            "{}",
            r#"{"instId":"BTC-USDT","tdMode":"cash","side":"buy","ordType":"limit","sz":"0.5"}"#,
            r#"{"instId":"BTC-USDT","tdMode":"cross","side":"buy","ordType":"market","sz":"0.5"}"#,
            r#"[{"instId":"BTC-USDT","tdMode":"cash","side":"buy","ordType":"market","sz":"0.5"}]"#,
        ] {
            assert_eq!(order(path, unclear), OrderReading::Unreadable, "{unclear}");
        }
    }
}
