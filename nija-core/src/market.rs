//! Market data as venues report it.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::{collections::HashMap, sync::Arc};

use crate::{Price, Quantity, Side, Symbol, Timestamp, VenueId, Volatility};

/// Best bid and ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// Best buyer.
    pub bid: Price,
    /// Base units there.
    pub bid_size: Quantity,
    /// Best seller.
    pub ask: Price,
    /// Base units there.
    pub ask_size: Quantity,
    /// When it was received here.
    pub at: Timestamp,
}

impl Quote {
    /// The price that an order of this side meets first.
    #[must_use]
    pub const fn taker_price(&self, side: Side) -> Price {
        match side {
            Side::Buy => self.ask,
            Side::Sell => self.bid,
        }
    }

    /// Halfway between bid and ask.
    #[must_use]
    pub fn mid(&self) -> Decimal {
        (self.bid.get() + self.ask.get()) / Decimal::TWO
    }
}

/// One price level of a book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookLevel {
    /// Price.
    pub price: Price,
    /// Base units.
    pub quantity: Quantity,
}

/// An order book to some depth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderBook {
    /// Buyers, highest price first.
    pub bids: Vec<BookLevel>,
    /// Sellers, lowest price first.
    pub asks: Vec<BookLevel>,
    /// When it was received here.
    pub at: Timestamp,
}

impl OrderBook {
    /// The levels that an order of this side meets, best first.
    #[must_use]
    pub fn against(&self, side: Side) -> &[BookLevel] {
        match side {
            Side::Buy => &self.asks,
            Side::Sell => &self.bids,
        }
    }

    /// Base units that an order of this side could take, over all levels known.
    #[must_use]
    pub fn liquidity(&self, side: Side) -> Quantity {
        self.against(side).iter().fold(Quantity::ZERO, |sum, level| sum.plus(level.quantity))
    }

    /// Whether an order of this side finds this much, looking no deeper than it must.
    #[must_use]
    pub fn holds(&self, side: Side, wanted: Quantity) -> bool {
        let mut missing = wanted;
        for level in self.against(side) {
            if level.quantity >= missing {
                return true;
            }
            missing = missing.minus(level.quantity);
        }
        missing.is_zero()
    }
}

/// Open, high, low, close of an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candle {
    /// Start of the interval.
    pub start: Timestamp,
    /// First price.
    pub open: Price,
    /// Highest price.
    pub high: Price,
    /// Lowest price.
    pub low: Price,
    /// Last price.
    pub close: Price,
    /// Base units traded.
    pub volume: Quantity,
}

/// Length of a candle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CandleInterval {
    /// One minute.
    #[serde(rename = "1m")]
    OneMinute,
    /// Five minutes.
    #[serde(rename = "5m")]
    FiveMinutes,
    /// A quarter of an hour.
    #[serde(rename = "15m")]
    FifteenMinutes,
    /// One hour.
    #[serde(rename = "1h")]
    OneHour,
    /// One day, UTC.
    #[serde(rename = "1d")]
    OneDay,
}

impl CandleInterval {
    /// In minutes.
    #[must_use]
    pub const fn minutes(self) -> u32 {
        match self {
            Self::OneMinute => 1,
            Self::FiveMinutes => 5,
            Self::FifteenMinutes => 15,
            Self::OneHour => 60,
            Self::OneDay => 1440,
        }
    }
}

/// What a public stream delivers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MarketEvent {
    /// New best prices.
    Quote {
        /// Symbol.
        symbol: Symbol,
        /// Prices.
        quote: Quote,
    },
    /// A whole book to the depth subscribed.
    Book {
        /// Symbol.
        symbol: Symbol,
        /// The book.
        book: Arc<OrderBook>,
    },
    /// The stream is up; what was missed before is gone.
    Connected,
    /// The stream is down; prices are ageing from now on.
    Disconnected,
}

/// The newest market data of all venues: shared, replaced as a whole, read without a lock.
#[derive(Debug, Clone, Default)]
pub struct MarketSnapshot {
    /// By venue and symbol.
    pub markets: HashMap<(VenueId, Symbol), MarketView>,
}

/// What is known of one symbol at one venue.
#[derive(Debug, Clone, Default)]
pub struct MarketView {
    /// Best prices.
    pub quote: Option<Quote>,
    /// Depth.
    pub book: Option<Arc<OrderBook>>,
    /// How much its middle has moved of late; `None` before the second quote.
    pub volatility: Option<Volatility>,
}
