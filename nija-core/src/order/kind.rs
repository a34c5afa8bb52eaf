//! At which price an order trades.

use serde::{Deserialize, Serialize};

use super::Side;
use crate::Price;

/// At which price an order trades, and from when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderKind {
    /// At once, at the best price there is.
    Market,
    /// At this price or better.
    Limit {
        /// The worst price accepted.
        price: Price,
    },
    /// Waits at the venue until the market touches `stop`; from then on a limit order at `price`. A sell waits for the market to fall, a
    /// buy for it to rise.
    StopLimit {
        /// What sets it off.
        stop: Price,
        /// The worst price accepted; for a sell at or below `stop`, for a buy at or above it.
        price: Price,
    },
    /// Two exits of which one ends the other: a limit at `take_profit`, and a stop at `stop` with the limit `price`. One order to us under one
    /// client id, whatever the venue makes of it. A venue that sets the stop's limit by a rule of its own takes the order only where that limit
    /// is no worse than `price`, and then tells its own.
    Bracket {
        /// The price to win at; for a sell above `stop`, for a buy below it.
        take_profit: Price,
        /// What sets the stop off.
        stop: Price,
        /// The worst price that the stop accepts; for a sell at or below `stop`, for a buy at or above it.
        price: Price,
    },
}

impl OrderKind {
    /// The worst price at which it can trade; a market order has none.
    #[must_use]
    pub const fn worst_price(self) -> Option<Price> {
        match self {
            Self::Market => None,
            Self::Limit { price } | Self::StopLimit { price, .. } | Self::Bracket { price, .. } => {
                Some(price)
            }
        }
    }

    /// The price that sets its stop off, where it has one.
    #[must_use]
    pub const fn stop(self) -> Option<Price> {
        match self {
            Self::Market | Self::Limit { .. } => None,
            Self::StopLimit { stop, .. } | Self::Bracket { stop, .. } => Some(stop),
        }
    }

    /// The price of its take-profit, where it has one.
    #[must_use]
    pub const fn take_profit(self) -> Option<Price> {
        match self {
            Self::Bracket { take_profit, .. } => Some(take_profit),
            _ => None,
        }
    }

    /// Whether it waits for a price before it can trade, so that it never trades on arrival.
    #[must_use]
    pub const fn waits(self) -> bool {
        self.stop().is_some()
    }

    /// `market`, `limit`, `stop_limit` or `bracket`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Market => "market",
            Self::Limit { .. } => "limit",
            Self::StopLimit { .. } => "stop_limit",
            Self::Bracket { .. } => "bracket",
        }
    }

    /// The same kind with every price passed through `map`; `None` when one of them has no image.
    pub fn try_map(self, map: impl Fn(Price) -> Option<Price>) -> Option<Self> {
        Some(match self {
            Self::Market => Self::Market,
            Self::Limit { price } => Self::Limit { price: map(price)? },
            Self::StopLimit { stop, price } => Self::StopLimit { stop: map(stop)?, price: map(price)? },
            Self::Bracket { take_profit, stop, price } => {
                Self::Bracket { take_profit: map(take_profit)?, stop: map(stop)?, price: map(price)? }
            }
        })
    }

    /// Whether an order of this kind keeps what `asked` promises: the same kind and prices, but for the limit of a bracket's stop, which may be
    /// the venue's own where that is no worse than the one asked for.
    #[must_use]
    pub fn keeps(self, asked: Self, side: Side) -> bool {
        let Self::Bracket { take_profit, stop, price } = asked else { return self == asked };
        let worst = match (self, side) {
            (Self::Bracket { price: own, .. }, Side::Sell) => own.max(price),
            (Self::Bracket { price: own, .. }, Side::Buy) => own.min(price),
            _ => return false,
        };
        self.is_ordered(side) && self == Self::Bracket { take_profit, stop, price: worst }
    }

    /// Whether its prices are on their proper sides of each other: a sell's limit at or below its stop and its take-profit above, a buy's the
    /// other way round.
    #[must_use]
    pub fn is_ordered(self, side: Side) -> bool {
        let (limit_holds, profit_holds) = match (self.stop(), self.worst_price(), self.take_profit(), side) {
            (None, ..) => return true,
            (Some(stop), worst, profit, Side::Sell) => {
                (worst.is_none_or(|price| price <= stop), profit.is_none_or(|profit| profit > stop))
            }
            (Some(stop), worst, profit, Side::Buy) => {
                (worst.is_none_or(|price| price >= stop), profit.is_none_or(|profit| profit < stop))
            }
        };
        limit_holds && profit_holds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(text: &str) -> Price {
        text.parse().unwrap()
    }

    #[test]
    fn a_stop_knows_which_side_of_the_market_it_stands_on() {
        let stop = |stop, limit| OrderKind::StopLimit { stop: price(stop), price: price(limit) };
        assert!(stop("100", "99").is_ordered(Side::Sell) && stop("100", "100").is_ordered(Side::Sell));
        assert!(!stop("100", "101").is_ordered(Side::Sell));
        assert!(stop("100", "101").is_ordered(Side::Buy) && !stop("100", "99").is_ordered(Side::Buy));
        let bracket =
            |profit| OrderKind::Bracket { take_profit: price(profit), stop: price("90"), price: price("89") };
        assert!(bracket("110").is_ordered(Side::Sell) && !bracket("90").is_ordered(Side::Sell));
        assert!(!bracket("110").is_ordered(Side::Buy));
    }

    #[test]
    fn a_venues_own_limit_keeps_a_bracket_when_it_is_no_worse() {
        let bracket = |profit, stop, limit| OrderKind::Bracket {
            take_profit: price(profit),
            stop: price(stop),
            price: price(limit),
        };
        let asked = bracket("110", "90", "85");
        assert!(asked.keeps(asked, Side::Sell) && bracket("110", "90", "88").keeps(asked, Side::Sell));
        for other in [bracket("110", "90", "84"), bracket("110", "90", "91"), bracket("111", "90", "85")] {
            assert!(!other.keeps(asked, Side::Sell), "{other:?}");
        }
        let asked = bracket("80", "90", "95");
        assert!(bracket("80", "90", "92").keeps(asked, Side::Buy));
        assert!(!bracket("80", "90", "96").keeps(asked, Side::Buy));
        let stop = OrderKind::StopLimit { stop: price("90"), price: price("85") };
        assert!(stop.keeps(stop, Side::Sell) && !stop.keeps(asked, Side::Sell));
        assert!(!OrderKind::StopLimit { stop: price("90"), price: price("86") }.keeps(stop, Side::Sell));
    }
}
