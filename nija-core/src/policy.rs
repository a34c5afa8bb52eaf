//! What a user allows the signer to sign, whatever the rest of the platform asks for.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::{Notional, Price, Side, Symbol};

/// A user's limits on orders. The signer holds them against what a request itself says, not against what its sender says about
/// it: someone who can ask the signer can trade inside these limits and not beyond. What venues' protocols leave open to someone who
/// reads what was signed is in SECURITY.md.
///
/// A buy must keep all of them. A sell must be of one of the pairs, and nothing else holds it up: the signer cannot tell an exit from another
/// sell, and no limit may stand between a user and the way out (docs/adr/0032).
///
/// Amounts are in the quote currency of the order's pair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OrderPolicy {
    /// The pairs that may be traded, each with the prices that may be paid. A pair that is not here is neither bought nor sold.
    pub pairs: BTreeMap<Symbol, Option<PriceBand>>,
    /// The most that one buy may cost.
    pub max_order: Option<Notional>,
    /// The most that all buys of any 60 minutes may cost together.
    pub max_buys_per_hour: Option<Notional>,
}

/// Prices that a user finds possible to pay. A thief's way to take money without withdrawing it is to buy from himself at prices that are
/// not. A buy in such a pair states its limit, and that must be inside.
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
    /// A buy at the market where the policy limits what a buy may pay or cost: what it costs would be its sender's word alone.
    #[error(
        "a buy of {pair} at the market states no price that the user's policy could be held against; send a limit"
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
    /// Holds an order against the policy. `symbol`, `side` and `expected` are what the sender says. The answer is the value that counts, for a
    /// buy the most that it can cost: by the request itself, and by what its sender says where that is more. `spent` is what was bought
    /// within the last hour.
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
        if order.quantity.is_none() && order.quote.is_none() {
            return Err(PolicyRefusal::Unreadable);
        }
        let pair = || symbol.to_string();
        let band = self.pairs.get(symbol).ok_or_else(|| PolicyRefusal::Pair { pair: pair() })?;
        let value = order.worth().max(expected.get());
        if side == Side::Sell {
            // A sell at the market states no price, so a band would hold up the honest alone; and many small ones add up to a large one.
            return Ok(value);
        }
        match (order.limit, band) {
            (Some(limit), Some(band)) => band.check(limit)?,
            // At the market it pays whatever is asked, and of base units nothing tells what they cost.
            (None, Some(_)) => return Err(PolicyRefusal::NoPrice { pair: pair() }),
            (None, None) if order.quantity.is_some() && self.limits_value() => {
                return Err(PolicyRefusal::NoPrice { pair: pair() });
            }
            _ => {}
        }
        if let Some(most) = self.max_order.map(Notional::get).filter(|most| value > *most) {
            return Err(PolicyRefusal::TooLarge { value, most });
        }
        if let Some(most) = self.max_buys_per_hour.map(Notional::get)
            && spent.checked_add(value).is_none_or(|sum| sum > most)
        {
            return Err(PolicyRefusal::TooMuchPerHour { spent, most });
        }
        Ok(value)
    }

    /// Whether it lets a sell of this pair through, whatever its size and price.
    #[must_use]
    pub fn lets_out_of(&self, symbol: &Symbol) -> bool {
        self.pairs.contains_key(symbol)
    }

    const fn limits_value(&self) -> bool {
        self.max_order.is_some() || self.max_buys_per_hour.is_some()
    }
}

impl StatedOrder {
    /// Its value as far as it says it itself. Who says more than one thing of an order's size is held to the largest.
    fn worth(&self) -> Decimal {
        let (quantity, limit) = (self.quantity.unwrap_or_default(), self.limit.unwrap_or_default());
        quantity.checked_mul(limit).unwrap_or(Decimal::MAX).max(self.quote.unwrap_or_default())
    }
}

impl PriceBand {
    fn check(&self, limit: Decimal) -> Result<(), PolicyRefusal> {
        let (low, high) = (self.low.get(), self.high.get());
        if (low..=high).contains(&limit) {
            return Ok(());
        }
        Err(PolicyRefusal::Price { price: limit.normalize(), low, high })
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
        assert_eq!(check(&limit, "BTC-USD", Side::Buy, "610", "890"), Ok(number("610")));
    }

    #[test]
    fn each_limit_refuses_by_itself() {
        let buy = |quantity, limit| order("BTCUSD", Side::Buy, quantity, limit);
        let refusal = |order: &StatedOrder, expected, spent| {
            check(order, "BTC-USD", Side::Buy, expected, spent).unwrap_err()
        };
        assert!(matches!(refusal(&buy("0.02", Some("60000")), "900", "0"), PolicyRefusal::TooLarge { .. }));
        assert!(matches!(refusal(&buy("0.01", Some("60000")), "1200", "0"), PolicyRefusal::TooLarge { .. }));
        for price in ["300000", "19999"] {
            let refused = refusal(&buy("0.001", Some(price)), "300", "0");
            assert!(matches!(refused, PolicyRefusal::Price { .. }), "{price}: {refused:?}");
        }
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
        let nothing = StatedOrder { quantity: None, ..eth };
        assert_eq!(check(&nothing, "ETH-USD", Side::Buy, "1", "0"), Err(PolicyRefusal::Unreadable));
    }

    /// The sender's word cannot make a buy smaller than the request makes it: one that does not say what it can cost is not signed.
    #[test]
    fn a_buy_at_the_market_is_not_worth_what_its_sender_says() {
        let no_price = |of: &str, order: &StatedOrder, expected: &str| {
            let refused = check(order, of, Side::Buy, expected, "0");
            assert!(matches!(refused, Err(PolicyRefusal::NoPrice { .. })), "{order:?}: {refused:?}");
        };
        // 0.04 bitcoin at 60,000 are 2,400: said to be worth 900 they would mean a price inside the band.
        no_price("BTC-USD", &order("BTCUSD", Side::Buy, "0.04", None), "900");
        // What is paid for a thousand dollars' worth is not said, and the user has said what may be paid.
        let in_quote = |pair: &str| StatedOrder {
            quantity: None,
            quote: Some(number("500")),
            ..order(pair, Side::Buy, "1", None)
        };
        no_price("BTC-USD", &in_quote("BTCUSD"), "500");
        // Where the pair has no prices, dollars bound what is paid and base units do not.
        assert_eq!(check(&in_quote("ETHUSD"), "ETH-USD", Side::Buy, "500", "0"), Ok(number("500")));
        assert_eq!(check(&in_quote("ETHUSD"), "ETH-USD", Side::Buy, "1", "0"), Ok(number("500")));
        no_price("ETH-USD", &order("ETHUSD", Side::Buy, "10", None), "500");
        let both = StatedOrder { quantity: Some(number("10")), ..in_quote("ETHUSD") };
        no_price("ETH-USD", &both, "500");
        // Where nothing is limited but the pairs, a value decides nothing.
        let unlimited = OrderPolicy { max_order: None, max_buys_per_hour: None, ..policy() };
        let market = order("ETHUSD", Side::Buy, "10", None);
        let checked = unlimited.check(&market, &symbol("ETH-USD"), Side::Buy, notional("500"), Decimal::ZERO);
        assert_eq!(checked, Ok(number("500")));
    }

    #[test]
    fn of_two_things_said_about_an_orders_size_the_larger_counts() {
        let both = StatedOrder { quote: Some(number("1")), ..order("ETHUSD", Side::Buy, "1", Some("3000")) };
        assert!(matches!(check(&both, "ETH-USD", Side::Buy, "1", "0"), Err(PolicyRefusal::TooLarge { .. })));
        let huge = order("ETHUSD", Side::Buy, "9999999999999999", Some("9999999999999999"));
        assert!(matches!(check(&huge, "ETH-USD", Side::Buy, "1", "0"), Err(PolicyRefusal::TooLarge { .. })));
    }

    /// A position that grew beyond what one buy may cost, a market that fell through the band, an hour that is used up.
    #[test]
    fn no_amount_and_no_price_holds_up_an_exit() {
        for (quantity, limit) in [
            ("0.01", None),
            ("5", None),
            ("5", Some("60000")),
            // A stop's limit below the band, and a take-profit above it.
            ("5", Some("18000")),
            ("5", Some("250000")),
        ] {
            let sell = order("BTCUSD", Side::Sell, quantity, limit);
            for expected in ["50000", "300000"] {
                let passed = check(&sell, "BTC-USD", Side::Sell, expected, "99999");
                assert!(passed.is_ok(), "{quantity} at {limit:?}: {passed:?}");
            }
        }
        let in_quote = StatedOrder {
            quantity: None,
            quote: Some(number("9000")),
            ..order("ETHUSD", Side::Sell, "1", None)
        };
        assert!(check(&in_quote, "ETH-USD", Side::Sell, "9000", "99999").is_ok());
        // What was never to be traded is not sold for next to nothing either.
        let thin = order("DOGEUSD", Side::Sell, "1", None);
        let refused = check(&thin, "DOGE-USD", Side::Sell, "1", "0");
        assert!(matches!(refused, Err(PolicyRefusal::Pair { .. })), "{refused:?}");
        assert!(policy().lets_out_of(&symbol("BTC-USD")) && !policy().lets_out_of(&symbol("DOGE-USD")));
    }
}
