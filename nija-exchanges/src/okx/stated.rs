//! What a request for a new order says, read from its body: the user's policy is held against it.

use nija_core::{Method, OrderReading, RequestBody, Side, StatedOrder, UnsignedRequest};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{algo, auth::EXPIRES};
use crate::stated::{Plain, plain};

/// The fields that an order may have, each once. Any other (attached orders, a price in another unit, leverage) could make it more than what is
/// read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Stated {
    inst_id: String,
    td_mode: String,
    side: String,
    ord_type: String,
    sz: Plain,
    px: Option<Plain>,
    tgt_ccy: Option<String>,
    tp_ord_px: Option<String>,
    sl_ord_px: Option<String>,
    #[serde(rename = "tpTriggerPx")]
    _tp_trigger_px: Option<Plain>,
    #[serde(rename = "slTriggerPx")]
    _sl_trigger_px: Option<Plain>,
    #[serde(rename = "clOrdId")]
    _cl_ord_id: Option<IgnoredAny>,
    #[serde(rename = "algoClOrdId")]
    _algo_cl_ord_id: Option<IgnoredAny>,
    #[serde(rename = "banAmend")]
    _ban_amend: Option<IgnoredAny>,
}

/// What an order pays at most or takes at least, and what its size counts.
struct Terms {
    limit: Option<Decimal>,
    in_quote: bool,
}

impl Stated {
    fn terms(&self, side: Side, is_algo: bool) -> Option<Terms> {
        let base = self.tgt_ccy.as_deref() == Some("base_ccy");
        match (self.ord_type.as_str(), self.px, is_algo) {
            // The unit of a market order is base or quote by its side, unless it is said.
            ("market", None, false) if !self.has_exits() => {
                let in_quote = match self.tgt_ccy.as_deref() {
                    Some("quote_ccy") => true,
                    Some("base_ccy") => false,
                    _ => return None,
                };
                Some(Terms { limit: None, in_quote })
            }
            // Other sizes are always of the base: a unit that is said all the same is not taken up.
            ("limit" | "post_only" | "fok" | "ioc", Some(price), false) if !self.has_exits() => {
                (base || self.tgt_ccy.is_none()).then_some(Terms { limit: Some(price.0), in_quote: false })
            }
            ("conditional" | "oco", None, true) => {
                let limits = [self.tp_ord_px.as_deref(), self.sl_ord_px.as_deref()];
                let limits: Vec<_> = limits.into_iter().flatten().map(exit_limit).collect::<Option<_>>()?;
                let at_market = limits.is_empty() || limits.contains(&None);
                // A buy at the market counts in the quote where nothing else is said.
                if !(base || self.tgt_ccy.is_none() && !(at_market && side == Side::Buy)) {
                    return None;
                }
                // Of two the worse one counts: what it could pay at most, or take at least.
                let limits = limits.into_iter().flatten();
                let limit = if side == Side::Buy { limits.max() } else { limits.min() };
                Some(Terms { limit, in_quote: false })
            }
            _ => None,
        }
    }

    const fn has_exits(&self) -> bool {
        self.tp_ord_px.is_some() || self.sl_ord_px.is_some()
    }
}

/// The limit of an exit: -1 stands for the market, which has none. Nothing where it cannot be read.
fn exit_limit(text: &str) -> Option<Option<Decimal>> {
    if text == "-1" { Some(None) } else { plain(text).map(Some) }
}

pub(super) fn read(request: &UnsignedRequest) -> OrderReading {
    if request.method != Method::Post || request.path.starts_with("/api/v5/trade/cancel-") {
        return OrderReading::NoOrder;
    }
    let is_algo = request.path == algo::ORDER;
    if request.path != "/api/v5/trade/order" && !is_algo {
        return OrderReading::Unreadable;
    }
    let RequestBody::Json(body) = &request.body else { return OrderReading::Unreadable };
    if request.query.iter().any(|(name, _)| name != EXPIRES) {
        return OrderReading::Unreadable;
    }
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
    let Some(Terms { limit, in_quote }) = stated.terms(side, is_algo) else {
        return OrderReading::Unreadable;
    };
    OrderReading::Order(StatedOrder {
        pair: stated.inst_id.replacen('-', "", 1),
        side,
        quantity: (!in_quote).then_some(stated.sz.0),
        quote: in_quote.then_some(stated.sz.0),
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
            // Its size counts in the quote where nothing is said: half a tether, or 100,000 of them read as coins.
            r#"{"instId":"BTC-USDT","tdMode":"cash","side":"buy","ordType":"market","sz":"100000"}"#,
            // A limit order's size is of the base whatever is said: 100 coins, not coins for 100.
            r#"{"instId":"BTC-USDT","tdMode":"cash","side":"buy","ordType":"limit","px":"60000","sz":"100","tgtCcy":"quote_ccy"}"#,
            r#"{"instId":"BTC-USDT","tdMode":"cash","side":"buy","ordType":"limit","px":"60000","pxUsd":"1","sz":"1"}"#,
            r#"{"instId":"BTC-USDT","tdMode":"cash","side":"buy","ordType":"market","px":"1","sz":"1","tgtCcy":"base_ccy"}"#,
            // Orders that follow this one, at any price.
            r#"{"instId":"BTC-USDT","tdMode":"cash","side":"buy","ordType":"limit","px":"60000","sz":"1",
                "attachAlgoOrds":[{"slTriggerPx":"59999","slOrdPx":"1"}]}"#,
            r#"{"instId":"BTC-USDT","tdMode":"cash","side":"buy","ordType":"limit","px":"60000","sz":"1","slTriggerPx":"59999","slOrdPx":"1"}"#,
            r#"{"instId":"BTC-USDT","tdMode":"cash","side":"buy","ordType":"limit","px":"60000","sz":"1","sz":"100"}"#,
            r#"{"instId":"BTC-USDT","tdMode":"cash","side":"buy","ordType":"oco","sz":"1","slTriggerPx":"7","slOrdPx":"7"}"#,
        ] {
            assert_eq!(order(path, unclear), OrderReading::Unreadable, "{unclear}");
        }
        for unclear in [
            r#"{"instId":"BTC-USDT","tdMode":"cash","side":"buy","ordType":"trigger","sz":"1","triggerPx":"7","orderPx":"9"}"#,
            r#"{"instId":"BTC-USDT","tdMode":"cash","side":"buy","ordType":"conditional","sz":"9","slTriggerPx":"7","slOrdPx":"-1"}"#,
            r#"{"instId":"BTC-USDT","tdMode":"cash","side":"sell","ordType":"conditional","sz":"9","slTriggerPx":"7","slOrdPx":"6","tgtCcy":"quote_ccy"}"#,
            r#"{"instId":"BTC-USDT","tdMode":"cash","side":"sell","ordType":"conditional","sz":"9","slTriggerPx":"7","slOrdPx":"-2"}"#,
            r#"{"instId":"BTC-USDT","tdMode":"cash","side":"sell","ordType":"limit","px":"1","sz":"9"}"#,
        ] {
            assert_eq!(order(algo::ORDER, unclear), OrderReading::Unreadable, "{unclear}");
        }
    }
}
