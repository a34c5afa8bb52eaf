//! What a user allows the signer to sign, whatever the rest of the platform asks for.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::{Notional, Price, Side, Symbol};

/// A user's limits on orders. The signer holds them against what a request itself says, not against what its sender says about
/// it: someone who can ask the signer can trade inside these limits and not beyond. What venues' protocols leave open to someone who
/// reads what was signed is in SECURITY.md.
///
/// Amounts are in the quote currency of the order's pair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderPolicy {
    /// The pairs that may be traded, each with the prices that may be paid or taken. A pair that is not here is refused.
    pub pairs: BTreeMap<Symbol, Option<PriceBand>>,
    /// The most that one order may be worth.
    pub max_order: Option<Notional>,
    /// The most that all buys of any 60 minutes may be worth together. Sells do not count: an exit must never find the limit
    /// used up.
    pub max_buys_per_hour: Option<Notional>,
}

/// Prices that a user finds possible. A thief's way to take money without withdrawing it is to trade at prices that are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceBand {
    /// The lowest.
    pub low: Price,
    /// The highest.
    pub high: Price,
}

/// An order as its request states it to the venue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatedOrder {
    /// Base and quote as one word in our names of them: `BTCUSD`.
    pub pair: String,
    /// Direction.
    pub side: Side,
    /// How much of the base, where it says so.
    pub quantity: Option<Decimal>,
    /// How much of the quote, where it says so instead.
    pub quote: Option<Decimal>,
    /// Its limit, if it has one. What it triggers at does not count: that is not what it pays.
    pub limit: Option<Decimal>,
}

/// What an authenticator found out about a request by reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderReading {
    /// It places no order.
    NoOrder,
    /// It places this one.
    Order(StatedOrder),
    /// It goes where orders are placed, and what it says there cannot be read.
    Unreadable,
}

/// Why the user's policy refused a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyRefusal {
    /// What the request does cannot be told from the request.
    #[error("the order cannot be read from its request, so it cannot be held against the user's policy")]
    Unreadable,
    /// The request says one thing, its sender another.
    #[error("the request is not what its sender says it is: {0}")]
    Contradiction(&'static str),
    /// Not one of the user's pairs.
    #[error("{pair} is not a pair of the user's policy")]
    Pair {
        /// The pair.
        pair: String,
    },
    /// Worth too much.
    #[error("the order is worth {value}, and the user's policy allows {most}")]
    TooLarge {
        /// Its value.
        value: Decimal,
        /// The limit.
        most: Decimal,
    },
    /// Too much within an hour.
    #[error("with {spent} bought within the hour the order goes beyond the {most} of the user's policy")]
    TooMuchPerHour {
        /// Bought so far.
        spent: Decimal,
        /// The limit.
        most: Decimal,
    },
    /// An impossible price.
    #[error("the price {price} is outside the user's band of {low} to {high}")]
    Price {
        /// Its price.
        price: Decimal,
        /// The band's low end.
        low: Decimal,
        /// The band's high end.
        high: Decimal,
    },
    /// A buy at the market of a pair without prices: what it is worth would be its sender's word alone.
    #[error(
        "a buy of {pair} at the market states no price; set the pair's lowest and highest price, or send a limit"
    )]
    NoPrice {
        /// The pair.
        pair: String,
    },
    /// A key that is only being checked places no orders.
    #[error("a key that is not stored yet signs no orders")]
    NotStored,
}

impl OrderPolicy {
    /// Holds an order against the policy. `symbol` and `expected` are what the sender says; the answer is the value that
    /// counts: the larger of what the request and what the sender says. `spent` is what was bought within the last hour.
    ///
    /// # Errors
    /// The first limit that it breaks.
    pub fn check(
        &self,
        order: &StatedOrder,
        symbol: &Symbol,
        side: Side,
        expected: Notional,
        spent: Decimal,
    ) -> Result<Decimal, PolicyRefusal> {
        if order.pair != [symbol.base(), symbol.quote()].concat() {
            return Err(PolicyRefusal::Contradiction("another pair"));
        }
        if order.side != side {
            return Err(PolicyRefusal::Contradiction("another side"));
        }
        let band = self.pairs.get(symbol).ok_or_else(|| PolicyRefusal::Pair { pair: symbol.to_string() })?;
        let (quantity, limit) = (order.quantity.unwrap_or_default(), order.limit.unwrap_or_default());
        let worth = quantity.checked_mul(limit).unwrap_or(Decimal::MAX);
        // Who says more than one thing of an order's size is held to the largest.
        let value = worth.max(order.quote.unwrap_or_default()).max(expected.get());
        if let Some(most) = self.max_order.map(Notional::get).filter(|most| value > *most) {
            return Err(PolicyRefusal::TooLarge { value, most });
        }
        match band {
            Some(band) => band.check(order, expected)?,
            // A sell at the market is an exit as a rule, and must not wait for its user to set prices.
            None if side == Side::Buy
                && order.limit.is_none()
                && order.quote.is_none()
                && self.limits_value() =>
            {
                return Err(PolicyRefusal::NoPrice { pair: symbol.to_string() });
            }
            None => {}
        }
        if side == Side::Buy
            && let Some(most) = self.max_buys_per_hour.map(Notional::get)
            && spent.checked_add(value).is_none_or(|sum| sum > most)
        {
            return Err(PolicyRefusal::TooMuchPerHour { spent, most });
        }
        Ok(value)
    }

    const fn limits_value(&self) -> bool {
        self.max_order.is_some() || self.max_buys_per_hour.is_some()
    }
}

impl PriceBand {
    /// A limit must be inside. So must the price that the sender's value means for the quantity of the request: who
    /// understates a large order's value to get it past the limits states an impossible price.
    fn check(&self, order: &StatedOrder, expected: Notional) -> Result<(), PolicyRefusal> {
        let meant = order.quantity.and_then(|quantity| expected.get().checked_div(quantity));
        if order.limit.is_none() && meant.is_none() && order.quote.is_none() {
            return Err(PolicyRefusal::Unreadable);
        }
        let (low, high) = (self.low.get(), self.high.get());
        match order.limit.into_iter().chain(meant).find(|price| *price < low || *price > high) {
            Some(price) => Err(PolicyRefusal::Price { price: price.normalize(), low, high }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    fn notional(text: &str) -> Notional {
        Notional::new(number(text)).unwrap()
    }

    fn symbol(text: &str) -> Symbol {
        Symbol::new(text).unwrap()
    }

    fn policy() -> OrderPolicy {
        let price = |text: &str| Price::new(number(text)).unwrap();
        OrderPolicy {
            pairs: BTreeMap::from([
                (symbol("BTC-USD"), Some(PriceBand { low: price("20000"), high: price("200000") })),
                (symbol("ETH-USD"), None),
            ]),
            max_order: Some(notional("1000")),
            max_buys_per_hour: Some(notional("1500")),
        }
    }

    fn order(pair: &str, side: Side, quantity: &str, limit: Option<&str>) -> StatedOrder {
        StatedOrder {
            pair: pair.into(),
            side,
            quantity: Some(number(quantity)),
            quote: None,
            limit: limit.map(number),
        }
    }

    fn check(
        order: &StatedOrder,
        of: &str,
        side: Side,
        expected: &str,
        spent: &str,
    ) -> Result<Decimal, PolicyRefusal> {
        policy().check(order, &symbol(of), side, notional(expected), number(spent))
    }

    #[test]
    fn an_order_inside_all_limits_counts_with_its_larger_value() {
        let limit = order("BTCUSD", Side::Buy, "0.01", Some("60000"));
        assert_eq!(check(&limit, "BTC-USD", Side::Buy, "590", "0"), Ok(number("600.00")));
        let market = order("BTCUSD", Side::Buy, "0.01", None);
        assert_eq!(check(&market, "BTC-USD", Side::Buy, "590", "900"), Ok(number("590")));
    }

    #[test]
    fn each_limit_refuses_by_itself() {
        let buy = |quantity, limit| order("BTCUSD", Side::Buy, quantity, limit);
        let refusal = |order: &StatedOrder, expected, spent| {
            check(order, "BTC-USD", Side::Buy, expected, spent).unwrap_err()
        };
        assert!(matches!(refusal(&buy("0.02", Some("60000")), "900", "0"), PolicyRefusal::TooLarge { .. }));
        assert!(matches!(refusal(&buy("0.02", None), "1200", "0"), PolicyRefusal::TooLarge { .. }));
        assert!(matches!(refusal(&buy("0.001", Some("300000")), "300", "0"), PolicyRefusal::Price { .. }));
        assert!(matches!(
            refusal(&buy("0.01", Some("60000")), "600", "901"),
            PolicyRefusal::TooMuchPerHour { .. }
        ));
        let doge = order("DOGEUSD", Side::Buy, "1", Some("1"));
        assert!(matches!(check(&doge, "DOGE-USD", Side::Buy, "1", "0"), Err(PolicyRefusal::Pair { .. })));
    }

    #[test]
    fn a_sender_who_lies_about_the_order_is_refused() {
        let eth = order("ETHUSD", Side::Buy, "0.01", Some("3000"));
        let lie = check(&eth, "BTC-USD", Side::Buy, "30", "0");
        assert_eq!(lie, Err(PolicyRefusal::Contradiction("another pair")));
        let lie = check(&eth, "ETH-USD", Side::Sell, "30", "0");
        assert_eq!(lie, Err(PolicyRefusal::Contradiction("another side")));
        // Ten bitcoins at the market, said to be worth 500: that would be 50 each.
        let market = order("BTCUSD", Side::Buy, "10", None);
        assert!(matches!(check(&market, "BTC-USD", Side::Buy, "500", "0"), Err(PolicyRefusal::Price { .. })));
        // Where the pair has no prices nothing tells what ten at the market are worth.
        let market = order("ETHUSD", Side::Buy, "10", None);
        assert!(matches!(
            check(&market, "ETH-USD", Side::Buy, "500", "0"),
            Err(PolicyRefusal::NoPrice { .. })
        ));
        let unlimited = OrderPolicy { max_order: None, max_buys_per_hour: None, ..policy() };
        let (symbol, expected) = (symbol("ETH-USD"), notional("500"));
        let checked = unlimited.check(&market, &symbol, Side::Buy, expected, Decimal::ZERO);
        assert_eq!(checked, Ok(number("500")));
        let exit = order("ETHUSD", Side::Sell, "10", None);
        assert_eq!(check(&exit, "ETH-USD", Side::Sell, "500", "0"), Ok(number("500")));
        let in_quote = StatedOrder { quantity: None, quote: Some(number("500")), ..market };
        assert_eq!(check(&in_quote, "ETH-USD", Side::Buy, "500", "0"), Ok(number("500")));
    }

    #[test]
    fn of_two_things_said_about_an_orders_size_the_larger_counts() {
        let both = StatedOrder { quote: Some(number("1")), ..order("ETHUSD", Side::Buy, "1", Some("3000")) };
        assert!(matches!(check(&both, "ETH-USD", Side::Buy, "1", "0"), Err(PolicyRefusal::TooLarge { .. })));
        let huge = order("ETHUSD", Side::Buy, "9999999999999999", Some("9999999999999999"));
        assert!(matches!(check(&huge, "ETH-USD", Side::Buy, "1", "0"), Err(PolicyRefusal::TooLarge { .. })));
    }

    #[test]
    fn the_hour_never_holds_up_an_exit() {
        let sell = order("BTCUSD", Side::Sell, "0.01", None);
        assert_eq!(check(&sell, "BTC-USD", Side::Sell, "600", "99999"), Ok(number("600")));
    }
}
