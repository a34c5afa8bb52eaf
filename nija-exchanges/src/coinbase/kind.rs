//! Order forms: ours into Coinbase's, and back.
//!
//! docs.cdp.coinbase.com, Create Order: `stop_limit_stop_limit_gtc` waits for the last trade to cross `stop_price` in the direction it
//! names; `trigger_bracket_gtc` is one order with a limit and a stop. The limit of that stop is not the client's to set: when the trigger is
//! reached, a limit order goes out 5 % beyond it.

use nija_core::{OrderKind, Price, Quantity, Side, TimeInForce};
use rust_decimal::Decimal;

use super::{contract::BRACKET_REACH, wire};

/// The prices by which Coinbase tells one kind from another, wherever it tells them.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Prices {
    pub(super) limit: Option<Decimal>,
    pub(super) stop: Option<Decimal>,
    pub(super) bracket_stop: Option<Decimal>,
    /// Whether a stop waits for the market to turn the order's way: a kind that is not ours.
    pub(super) with_the_market: bool,
}

impl Prices {
    /// What kind of order has them. A kind that is not ours counts by how it executes in the end.
    pub(super) fn kind(self, side: Side, tick: Decimal) -> OrderKind {
        let price = |number: Option<Decimal>| {
            number.filter(|number| !number.is_zero()).and_then(|number| Price::new(number).ok())
        };
        let Some(limit) = price(self.limit) else { return OrderKind::Market };
        if let Some(stop) = price(self.bracket_stop)
            && let Some(own) = bracket_limit(side, stop, tick)
        {
            return OrderKind::Bracket { take_profit: limit, stop, price: own };
        }
        match price(self.stop) {
            Some(stop) if !self.with_the_market => OrderKind::StopLimit { stop, price: limit },
            _ => OrderKind::Limit { price: limit },
        }
    }
}

impl wire::Terms {
    /// Its prices, of an order of this side.
    pub(super) fn prices(&self, side: Side) -> Prices {
        Prices {
            limit: self.limit_price.0,
            stop: self.stop_price.0,
            bracket_stop: self.stop_trigger_price.0,
            with_the_market: matches!(
                (self.stop_direction.as_deref(), side),
                (Some("STOP_DIRECTION_STOP_UP"), Side::Sell) | (Some("STOP_DIRECTION_STOP_DOWN"), Side::Buy)
            ),
        }
    }
}

/// The worst price of a bracket's stop. To which side Coinbase rounds is not documented: the worse one is assumed.
pub(super) fn bracket_limit(side: Side, stop: Price, tick: Decimal) -> Option<Price> {
    match side {
        Side::Sell => times(stop, Decimal::ONE - BRACKET_REACH)?.floor_to(tick),
        Side::Buy => Some(times(stop, Decimal::ONE + BRACKET_REACH)?.ceil_to(tick)),
    }
}

fn times(price: Price, factor: Decimal) -> Option<Price> {
    Price::new(price.get().checked_mul(factor)?).ok()
}

/// The form that an order goes out in.
pub(super) fn terms(side: Side, kind: OrderKind, quantity: Quantity, time: TimeInForce) -> wire::NewTerms {
    let base_size = quantity.get().normalize();
    let plain = |price: Price| price.get().normalize();
    match (kind, time) {
        (OrderKind::Market, _) => wire::NewTerms::Market { base_size },
        (OrderKind::Limit { price }, TimeInForce::Ioc) => {
            wire::NewTerms::LimitIoc { base_size, limit_price: plain(price) }
        }
        (OrderKind::Limit { price }, TimeInForce::Gtc) => {
            wire::NewTerms::LimitGtc { base_size, limit_price: plain(price), post_only: false }
        }
        // What waits does so until it is cancelled.
        (OrderKind::StopLimit { stop, price }, _) => wire::NewTerms::StopLimitGtc {
            base_size,
            limit_price: plain(price),
            stop_price: plain(stop),
            stop_direction: match side {
                Side::Sell => "STOP_DIRECTION_STOP_DOWN",
                Side::Buy => "STOP_DIRECTION_STOP_UP",
            },
        },
        (OrderKind::Bracket { take_profit, stop, .. }, _) => wire::NewTerms::BracketGtc {
            base_size,
            limit_price: plain(take_profit),
            stop_trigger_price: plain(stop),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(text: &str) -> Price {
        text.parse().unwrap()
    }

    /// What comes back from the form that a kind goes out in.
    fn there_and_back(side: Side, kind: OrderKind) -> (String, OrderKind) {
        let quantity = Quantity::new(Decimal::ONE).unwrap();
        let sent = serde_json::to_string(&terms(side, kind, quantity, TimeInForce::Gtc)).unwrap();
        let form: std::collections::HashMap<String, wire::Terms> = serde_json::from_str(&sent).unwrap();
        let terms = form.values().next().unwrap();
        (sent, terms.prices(side).kind(side, Decimal::new(1, 2)))
    }

    #[test]
    fn each_kind_comes_back_as_it_went_out() {
        let stop = OrderKind::StopLimit { stop: price("29500"), price: price("29000") };
        let (sent, back) = there_and_back(Side::Sell, stop);
        let wanted = r#"{"stop_limit_stop_limit_gtc":{"base_size":"1","limit_price":"29000","stop_price":"29500","stop_direction":"STOP_DIRECTION_STOP_DOWN"}}"#;
        assert_eq!((sent.as_str(), back), (wanted, stop));
        let up = OrderKind::StopLimit { stop: price("29500"), price: price("29600") };
        assert_eq!(there_and_back(Side::Buy, up).1, up);
        for kind in [OrderKind::Market, OrderKind::Limit { price: price("30000") }] {
            assert_eq!(there_and_back(Side::Buy, kind).1, kind);
        }
    }

    #[test]
    fn a_brackets_stop_reaches_five_percent_beyond_its_trigger() {
        let asked = |take_profit, stop, limit| OrderKind::Bracket {
            take_profit: price(take_profit),
            stop: price(stop),
            price: price(limit),
        };
        let (sent, back) = there_and_back(Side::Sell, asked("31000", "29500.01", "20000"));
        let wanted = r#"{"trigger_bracket_gtc":{"base_size":"1","limit_price":"31000","stop_trigger_price":"29500.01"}}"#;
        assert_eq!((sent.as_str(), back), (wanted, asked("31000", "29500.01", "28025")));
        let (_, back) = there_and_back(Side::Buy, asked("28000", "29500.01", "40000"));
        assert_eq!(back, asked("28000", "29500.01", "30975.02"));
    }

    #[test]
    fn a_stop_that_takes_profit_is_not_one_of_ours() {
        let terms: wire::Terms = serde_json::from_str(
            r#"{"base_size":"1","limit_price":"30","stop_price":"31","stop_direction":"STOP_DIRECTION_STOP_UP"}"#,
        )
        .unwrap();
        let kind = |side| terms.prices(side).kind(side, Decimal::ONE);
        assert_eq!(kind(Side::Sell), OrderKind::Limit { price: price("30") });
        assert_eq!(kind(Side::Buy), OrderKind::StopLimit { stop: price("31"), price: price("30") });
    }

    #[test]
    fn fixture_every_recorded_form_is_of_its_kind() {
        let path = "payloads/coinbase/jkorf/rest_GetOrders.json";
        let Some(recorded) = crate::fixtures::json("fixture_every_recorded_form", path) else { return };
        let (mut stops, mut brackets) = (0, 0);
        for (name, terms) in recorded["response"]["orders"][0]["order_configuration"].as_object().unwrap() {
            let Ok(terms) = serde_json::from_str::<wire::Terms>(&terms.to_string()) else {
                panic!("{name} is not understood")
            };
            let kind = terms.prices(Side::Sell).kind(Side::Sell, Decimal::new(1, 2));
            let (limit, stop) = (price("10000"), price("20000"));
            let wanted = if name.starts_with("stop_limit") {
                stops += 1;
                OrderKind::StopLimit { stop, price: limit }
            } else if name.starts_with("trigger_bracket") {
                brackets += 1;
                OrderKind::Bracket { take_profit: limit, stop, price: price("19000") }
            } else if terms.limit_price.0.is_some() {
                OrderKind::Limit { price: limit }
            } else {
                OrderKind::Market
            };
            assert_eq!(kind, wanted, "{name}");
        }
        assert_eq!((stops, brackets), (2, 2));
    }

    #[test]
    fn fixture_a_stop_goes_out_as_the_venues_own_client_sends_it() {
        let path = "clients/coinbase-advanced-py/create_stop_limit.json";
        let Some(recorded) = crate::fixtures::json("fixture_a_stop (coinbase)", path) else { return };
        let wanted = &recorded["requests"][0]["body_json"]["order_configuration"];
        let kind = OrderKind::StopLimit { stop: price("29500"), price: price("29000") };
        let sent = terms(Side::Sell, kind, Quantity::new(Decimal::new(1, 3)).unwrap(), TimeInForce::Gtc);
        assert_eq!(&serde_json::to_value(sent).unwrap(), wanted);
    }
}
