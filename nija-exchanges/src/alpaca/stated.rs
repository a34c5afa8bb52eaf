//! What a request for a new order says, read from its body: the user's policy is held against it.

use nija_core::{Method, OrderReading, RequestBody, Side, StatedOrder, UnsignedRequest};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::stated::Plain;

/// The fields that an order may have, each once. Alpaca may take `QTY` for `qty` and the last of two; and legs, trails and whatever it will
/// add could make an order more than what is read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stated {
    symbol: String,
    side: String,
    #[serde(rename = "type")]
    kind: String,
    qty: Option<Plain>,
    notional: Option<Plain>,
    limit_price: Option<Plain>,
    order_class: Option<String>,
    take_profit: Option<Leg>,
    stop_loss: Option<Leg>,
    #[serde(rename = "stop_price")]
    _stop_price: Option<Plain>,
    #[serde(rename = "time_in_force")]
    _time_in_force: Option<IgnoredAny>,
    #[serde(rename = "client_order_id")]
    _client_order_id: Option<IgnoredAny>,
}

/// One of a pair of exits.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Leg {
    limit_price: Option<Plain>,
    #[serde(rename = "stop_price")]
    _stop_price: Option<Plain>,
}

impl Stated {
    /// The limit that says most about what the user may lose; `None` inside where there is none. Nothing where it cannot be told.
    fn limit(&self, side: Side) -> Option<Option<Decimal>> {
        match (self.order_class.as_deref(), &self.take_profit, &self.stop_loss) {
            (None | Some("" | "simple"), None, None) => match (self.kind.as_str(), self.limit_price) {
                ("limit" | "stop_limit", Some(limit)) => Some(Some(limit.0)),
                ("market" | "stop", None) => Some(None),
                _ => None,
            },
            // A pair of exits states its limits in its legs. One ends the other, and either may be the one that fills: for a sale the
            // cheaper counts, for a purchase the dearer.
            (Some("oco"), Some(profit), Some(stop)) => {
                let all = [self.limit_price, profit.limit_price, stop.limit_price].into_iter().flatten();
                let all = all.map(|price| price.0);
                let limit = if side == Side::Sell { all.min() } else { all.max() };
                profit.limit_price.map(|_| limit)
            }
            // Orders that open a position with exits behind it are not ours.
            _ => None,
        }
    }
}

pub(super) fn read(request: &UnsignedRequest) -> OrderReading {
    if request.method != Method::Post || !request.path.starts_with("/v2/orders") {
        return OrderReading::NoOrder;
    }
    let RequestBody::Json(body) = &request.body else { return OrderReading::Unreadable };
    if !request.query.is_empty() {
        return OrderReading::Unreadable;
    }
    // Fields that stand there twice are an error to the parser.
    let Ok(stated) = serde_json::from_str::<Stated>(body) else { return OrderReading::Unreadable };
    let side = match stated.side.as_str() {
        "buy" => Side::Buy,
        "sell" => Side::Sell,
        _ => return OrderReading::Unreadable,
    };
    let Some(limit) = stated.limit(side) else { return OrderReading::Unreadable };
    if stated.qty.is_some() == stated.notional.is_some() {
        return OrderReading::Unreadable;
    }
    // Stocks are bought with dollars and do not say so.
    let pair = match stated.symbol.split_once('/') {
        Some((base, quote)) => [base, quote].concat(),
        None => stated.symbol + "USD",
    };
    let (quantity, quote) = (stated.qty.map(|qty| qty.0), stated.notional.map(|notional| notional.0));
    OrderReading::Order(StatedOrder { pair, side, quantity, quote, limit })
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
    fn a_pair_of_exits_states_its_limits_in_its_legs() {
        let pair = |side: &str, profit: &str, stop: &str| {
            order(&format!(
                r#"{{"symbol":"SPY","qty":"10","side":"{side}","type":"limit","order_class":"oco",
                    "take_profit":{{{profit}}},"stop_loss":{{"stop_price":"90"{stop}}}}}"#
            ))
        };
        let limit = |reading| match reading {
            OrderReading::Order(order) => (order.quantity, order.limit),
            other => panic!("{other:?}"),
        };
        let (ten, price) = ("10".parse().ok(), |text: &str| text.parse().ok());
        let profit = r#""limit_price":"110""#;
        assert_eq!(limit(pair("sell", profit, r#","limit_price":"89""#)), (ten, price("89")));
        // Sold at the market once it triggers: what the other leg states is all there is.
        assert_eq!(limit(pair("sell", profit, "")), (ten, price("110")));
        assert_eq!(limit(pair("buy", profit, r#","limit_price":"89""#)), (ten, price("110")));
        assert_eq!(pair("sell", "", r#","limit_price":"89""#), OrderReading::Unreadable);
        for unclear in [
            r#"{"symbol":"SPY","qty":"1","side":"sell","type":"limit","order_class":"oco"}"#,
            r#"{"symbol":"SPY","qty":"1","side":"buy","type":"market","order_class":"bracket",
                "take_profit":{"limit_price":"110"},"stop_loss":{"stop_price":"1","limit_price":"1"}}"#,
            r#"{"symbol":"SPY","qty":"1","side":"buy","type":"market","stop_loss":{"limit_price":"1"}}"#,
        ] {
            assert_eq!(order(unclear), OrderReading::Unreadable, "{unclear}");
        }
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
            // Parsers that do not mind capitals take the last.
            r#"{"symbol":"AAPL","qty":"1","QTY":"1000","side":"buy","type":"market"}"#,
            r#"{"symbol":"AAPL","qty":"1","notional":"5","side":"buy","type":"market"}"#,
            r#"{"symbol":"AAPL","qty":"1","side":"buy","type":"market","limit_price":"1"}"#,
            r#"{"symbol":"AAPL","qty":"1","side":"buy","type":"trailing_stop","trail_price":"1"}"#,
            r#"{"symbol":"AAPL","qty":"1","side":"buy","type":"limit","limit_price":"1_0"}"#,
            r#"{"symbol":"AAPL","qty":"1","side":"buy","type":"market","order_class":"mleg",
                "legs":[{"symbol":"AAPL260116C00200000","ratio_qty":"1000"}]}"#,
            r#"{"symbol":"AAPL","qty":"1","side":"buy","type":"market","legs":[{"symbol":"X"}]}"#,
        ] {
            assert_eq!(order(unclear), OrderReading::Unreadable, "{unclear}");
        }
    }
}
