//! What differs between venues, as data, so that the engine has no `if kraken`.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::time::Duration;

use crate::{OrderKind, Price, Side, VenueId};

/// A venue's promises. Every field cites the venue's documentation where it is filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VenueContract {
    /// The venue.
    pub venue: VenueId,
    /// Its name for people.
    pub name: &'static str,
    /// Whether it takes orders only under a user's key.
    pub needs_credential: bool,
    /// What a repeated client order id does.
    pub repeated_client_id: RepeatedClientId,
    /// How an order is looked up after a lost answer.
    pub lookup: OrderLookup,
    /// Whether, and how long after sending, an order that was not matched is certain never to be.
    pub ambiguity_bound: AmbiguityBound,
    /// What its rate limits count by.
    pub limit_scopes: Vec<LimitScope>,
    /// Which kinds of order rest there; an instrument may have fewer.
    pub resting: RestingOrders,
    /// Whether requests of one key must arrive in the order of their nonces.
    pub ordered_nonces: bool,
    /// How far from where it should trade a limit price may be; an instrument may have less.
    pub reach: PriceReach,
}

/// How far from where it should trade a venue lets a limit price be, as shares: `0.05` is 5 %. `None` where nothing is known to bound it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PriceReach {
    /// A limit beyond the best price that it meets: a buy's above the ask, a sell's below the bid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub market: Option<Decimal>,
    /// A stop's limit beyond its stop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<Decimal>,
    /// The limit of a bracket's stop is the venue's own, this far beyond the stop: it takes a bracket that accepts as much.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bracket: Option<Decimal>,
}

impl PriceReach {
    /// No bound at all.
    pub const UNBOUNDED: Self = Self { market: None, stop: None, bracket: None };

    /// The same kind of order with limits that the venue takes: nearer, never further, so that it cannot trade at a worse price than was asked for.
    /// `touch` is the best price on the other side. A limit of a bracket that is nearer than the venue's own stays as it is.
    #[must_use]
    pub fn bring_near(self, kind: OrderKind, side: Side, touch: Price) -> OrderKind {
        match kind {
            OrderKind::Market => kind,
            OrderKind::Limit { price } => OrderKind::Limit { price: near(price, touch, self.market, side) },
            OrderKind::StopLimit { stop, price } => {
                OrderKind::StopLimit { stop, price: near(price, stop, self.stop, side) }
            }
            // Where the limit is the venue's own, what was asked for is no price that it looks at.
            OrderKind::Bracket { take_profit, stop, price } => {
                let reach = self.stop.filter(|_| self.bracket.is_none());
                OrderKind::Bracket { take_profit, stop, price: near(price, stop, reach, side) }
            }
        }
    }
}

/// A price that is no further beyond `from` than `reach`.
fn near(price: Price, from: Price, reach: Option<Decimal>, side: Side) -> Price {
    let Some(reach) = reach else {
        return price;
    };
    let (furthest, further) = match side {
        Side::Buy => {
            let furthest = from.get() * (Decimal::ONE + reach);
            (furthest, price.get() > furthest)
        }
        Side::Sell => {
            let furthest = from.get() * (Decimal::ONE - reach);
            (furthest, price.get() < furthest)
        }
    };
    if further { Price::new(furthest).unwrap_or(price) } else { price }
}

/// What a repeated client order id does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RepeatedClientId {
    /// The first order is returned; nothing new is placed.
    ReturnsExisting,
    /// Refused, for ever.
    Rejected,
    /// Refused only while the first is open.
    UniqueWhileOpen,
}

/// How an order is looked up by the client id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum OrderLookup {
    /// One call answers for orders of any state.
    ByClientId,
    /// Open orders, then closed orders.
    OpenThenClosed,
    /// A list by product and time, to be matched here.
    ListAndMatch,
}

/// When an order in doubt that cannot be found is certainly dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum AmbiguityBound {
    /// The venue takes up no order after the deadline that the order carries ([`VenueOrder::deadline`](crate::VenueOrder::deadline)), and this
    /// long after it its look-ups know of all that it did take up: their lag and what clocks may differ by.
    Deadline(Duration),
    /// It never says so: only a person or a found order settles it.
    Unbounded,
}

/// What a rate limit counts by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum LimitScope {
    /// Address.
    Ip,
    /// API key.
    Key,
    /// Account.
    Account,
    /// Account and pair.
    Pair,
}

/// How much of a rate limit is used up, as the venue told it with its last answer. Who asked for it knows whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitUsage {
    /// What it counts by.
    pub scope: LimitScope,
    /// The venue's name of it: `weight in 1 min`.
    pub name: String,
    /// Used up in the present window.
    pub used: u64,
    /// The most that may be used, where the venue says so.
    pub limit: Option<u64>,
    /// Whether placing an order counts against it. What only reading uses up holds no order back.
    #[serde(default = "counts_orders")]
    pub orders: bool,
}

const fn counts_orders() -> bool {
    true
}

/// Which orders rest at the venue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestingOrders {
    /// Limit orders.
    pub limit: bool,
    /// Stop-limit orders ([`OrderKind::StopLimit`](crate::OrderKind::StopLimit)).
    pub stop_limit: bool,
    /// A take-profit and a stop of which one ends the other ([`OrderKind::Bracket`](crate::OrderKind::Bracket)).
    pub bracket: bool,
}

impl RestingOrders {
    /// Every kind.
    pub const ALL: Self = Self { limit: true, stop_limit: true, bracket: true };

    /// Whether the venue takes an order of this kind at all: every venue takes market orders, and the others have to rest.
    #[must_use]
    pub const fn takes(self, kind: crate::OrderKind) -> bool {
        match kind {
            crate::OrderKind::Market => true,
            crate::OrderKind::Limit { .. } => self.limit,
            crate::OrderKind::StopLimit { .. } => self.stop_limit,
            crate::OrderKind::Bracket { .. } => self.bracket,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(text: &str) -> Price {
        text.parse().unwrap()
    }

    #[test]
    fn limits_are_brought_near_and_never_moved_away() {
        let reach = PriceReach {
            market: Some("0.05".parse().unwrap()),
            stop: Some("0.02".parse().unwrap()),
            bracket: None,
        };
        let limit = |text| OrderKind::Limit { price: price(text) };
        for (side, asked, sent) in [
            (Side::Sell, "90", "95"),
            (Side::Sell, "96", "96"),
            (Side::Sell, "120", "120"),
            (Side::Buy, "110", "105"),
            (Side::Buy, "104", "104"),
            (Side::Buy, "80", "80"),
        ] {
            assert_eq!(reach.bring_near(limit(asked), side, price("100")), limit(sent), "{side} {asked}");
            assert_eq!(PriceReach::UNBOUNDED.bring_near(limit(asked), side, price("100")), limit(asked));
        }
        let stop = |stop, limit| OrderKind::StopLimit { stop: price(stop), price: price(limit) };
        assert_eq!(reach.bring_near(stop("50", "40"), Side::Sell, price("100")), stop("50", "49"));
        assert_eq!(reach.bring_near(stop("50", "60"), Side::Buy, price("40")), stop("50", "51"));
        let bracket =
            |limit| OrderKind::Bracket { take_profit: price("120"), stop: price("50"), price: price(limit) };
        assert_eq!(reach.bring_near(bracket("40"), Side::Sell, price("100")), bracket("49"));
        let own = PriceReach { bracket: Some("0.05".parse().unwrap()), ..reach };
        assert_eq!(own.bring_near(bracket("40"), Side::Sell, price("100")), bracket("40"));
        assert_eq!(reach.bring_near(OrderKind::Market, Side::Sell, price("100")), OrderKind::Market);
    }
}
