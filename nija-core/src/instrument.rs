//! What can be traded, and the venue's rules for it.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

use crate::{Notional, OrderKind, Price, PriceReach, Quantity, RestingOrders, Side, VenueId};

/// A canonical symbol, `BASE-QUOTE`: `BTC-USD`. USD and stablecoin quotes are different symbols.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol {
    // Inline, since it is copied many times for each order: a shared count would be fought over by all processors.
    text: smol_str::SmolStr,
    dash: usize,
}

crate::text::as_text!(Symbol);

/// Text that is not a symbol.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a symbol looks like BTC-USD: base and quote of 1 to 12 characters A-Z, 0-9 or '.', joined by one '-'"
)]
pub struct SymbolError;

impl Symbol {
    /// Checks the form.
    ///
    /// # Errors
    /// [`SymbolError`] when it is not `BASE-QUOTE` in capitals.
    pub fn new(text: &str) -> Result<Self, SymbolError> {
        let (base, quote) = text.split_once('-').ok_or(SymbolError)?;
        let valid = |part: &str| {
            (1..=12).contains(&part.len())
                && part.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'.')
        };
        if valid(base) && valid(quote) {
            Ok(Self { text: text.into(), dash: base.len() })
        } else {
            Err(SymbolError)
        }
    }

    /// What is bought and sold.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.text[..self.dash]
    }

    /// What it is paid in.
    #[must_use]
    pub fn quote(&self) -> &str {
        &self.text[self.dash + 1..]
    }

    /// The whole text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl TryFrom<String> for Symbol {
    type Error = SymbolError;
    fn try_from(text: String) -> Result<Self, SymbolError> {
        Self::new(&text)
    }
}

impl From<Symbol> for String {
    fn from(symbol: Symbol) -> String {
        symbol.text.to_string()
    }
}

impl FromStr for Symbol {
    type Err = SymbolError;
    fn from_str(text: &str) -> Result<Self, SymbolError> {
        Self::new(text)
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A symbol at a venue, with the rules that its orders must keep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instrument {
    /// The venue.
    pub venue: VenueId,
    /// Canonical symbol.
    pub symbol: Symbol,
    /// The venue's own name of it, as orders use it.
    pub venue_symbol: String,
    /// Quantities are multiples of this, in base units.
    pub lot_size: Decimal,
    /// Prices are multiples of this, in quote units.
    pub tick_size: Decimal,
    /// Smallest order, in base units.
    pub min_quantity: Quantity,
    /// Largest order, in base units, where the venue has one.
    pub max_quantity: Option<Quantity>,
    /// Smallest order, in quote units.
    pub min_notional: Notional,
    /// Whether it can be traded now.
    pub tradable: bool,
    /// Which kinds of order rest; never more than the venue's contract says.
    pub resting: RestingOrders,
    /// How far limit prices may be from where they should trade; never more than the venue's contract says.
    #[serde(default)]
    pub reach: PriceReach,
}

/// Why an order does not fit an instrument; the text is for the user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FilterError {
    /// Below the smallest quantity.
    #[error("{quantity} {base} is below the smallest order at {venue}, {min} {base}")]
    BelowMinQuantity {
        /// After rounding down to the lot.
        quantity: Quantity,
        /// The limit.
        min: Quantity,
        /// Asset.
        base: String,
        /// Venue.
        venue: VenueId,
    },
    /// Above the largest quantity.
    #[error("{quantity} {base} is above the largest order at {venue}, {max} {base}")]
    AboveMaxQuantity {
        /// As asked.
        quantity: Quantity,
        /// The limit.
        max: Quantity,
        /// Asset.
        base: String,
        /// Venue.
        venue: VenueId,
    },
    /// Below the smallest notional.
    #[error("{notional} {quote} is below the smallest order at {venue}, {min} {quote}")]
    BelowMinNotional {
        /// After rounding.
        notional: Notional,
        /// The limit.
        min: Notional,
        /// Asset.
        quote: String,
        /// Venue.
        venue: VenueId,
    },
    /// Above the largest notional.
    #[error("{notional} {quote} is above the largest order at {venue}, {max} {quote}")]
    AboveMaxNotional {
        /// After rounding.
        notional: Notional,
        /// The limit.
        max: Notional,
        /// Asset.
        quote: String,
        /// Venue.
        venue: VenueId,
    },
    /// A limit price that the venue does not take, or not so far from the market.
    #[error("a price of {price} {quote} is outside what {venue} takes now: {}", range(.low, .high.as_ref(), .quote))]
    PriceOutsideBand {
        /// After rounding.
        price: Price,
        /// Lowest.
        low: Decimal,
        /// Highest, where there is one.
        high: Option<Decimal>,
        /// Asset.
        quote: String,
        /// Venue.
        venue: VenueId,
    },
    /// A stop, its limit and its take-profit stand on the wrong sides of each other.
    #[error("{}", order_of_prices(*.side))]
    PricesOutOfOrder {
        /// The order's side.
        side: Side,
    },
    /// The venue has no orders of this kind.
    #[error("{venue} takes no {kind} orders")]
    KindNotSupported {
        /// `stop_limit`, `bracket`.
        kind: &'static str,
        /// Venue.
        venue: VenueId,
    },
    /// Not open for trading.
    #[error("{symbol} is not open for trading at {venue}")]
    NotTradable {
        /// Symbol.
        symbol: Symbol,
        /// Venue.
        venue: VenueId,
    },
    /// A price that rounds to nothing, or an amount beyond every limit.
    #[error("the price or size is outside what {venue} can express")]
    OutOfRange {
        /// Venue.
        venue: VenueId,
    },
}

const fn order_of_prices(side: Side) -> &'static str {
    match side {
        Side::Sell => "a sell's limit must be at or below its stop, and its take-profit above the stop",
        Side::Buy => "a buy's limit must be at or above its stop, and its take-profit below the stop",
    }
}

fn range(low: &Decimal, high: Option<&Decimal>, quote: &str) -> String {
    match high {
        Some(high) => format!("{} to {} {quote}", low.normalize(), high.normalize()),
        None => format!("at least {} {quote}", low.normalize()),
    }
}

impl Instrument {
    /// Refuses a kind of order that the instrument does not have.
    ///
    /// # Errors
    /// [`FilterError::KindNotSupported`].
    #[inline]
    pub fn check_kind(&self, kind: OrderKind) -> Result<(), FilterError> {
        if self.resting.takes(kind) {
            return Ok(());
        }
        Err(FilterError::KindNotSupported { kind: kind.as_str(), venue: self.venue.clone() })
    }

    /// Whether so many base units are less than the smallest order here: what is left of a position is dust then. `price` is what one of
    /// them brings.
    #[must_use]
    pub fn is_dust(&self, quantity: Quantity, price: Price) -> bool {
        let quantity = quantity.floor_to(self.lot_size);
        let worth = quantity.at(price);
        quantity.is_zero()
            || quantity < self.min_quantity
            || worth.is_ok_and(|worth| worth < self.min_notional)
    }

    /// Rounds an order to this instrument's lot and tick and checks its limits. Prices are rounded in the
    /// user's favour: down for a buy, up for a sell; a stop so rounded goes off no later than asked. `reference` is the price by
    /// which a market order is valued.
    ///
    /// # Errors
    /// [`FilterError`] says which rule is broken, in words for the user.
    #[inline]
    pub fn fit(
        &self,
        side: Side,
        kind: OrderKind,
        quantity: Quantity,
        reference: Price,
    ) -> Result<(Quantity, OrderKind), FilterError> {
        let out_of_range = || FilterError::OutOfRange { venue: self.venue.clone() };
        if !self.tradable {
            return Err(FilterError::NotTradable { symbol: self.symbol.clone(), venue: self.venue.clone() });
        }
        self.check_kind(kind)?;
        let kind = kind
            .try_map(|price| match side {
                Side::Buy => price.floor_to(self.tick_size),
                Side::Sell => Some(price.ceil_to(self.tick_size)),
            })
            .ok_or_else(out_of_range)?;
        if !kind.is_ordered(side) {
            return Err(FilterError::PricesOutOfOrder { side });
        }
        let quantity = quantity.floor_to(self.lot_size);
        if quantity.is_zero() || quantity < self.min_quantity {
            let (min, base) = (self.min_quantity, self.symbol.base().to_owned());
            return Err(FilterError::BelowMinQuantity { quantity, min, base, venue: self.venue.clone() });
        }
        if let Some(max) = self.max_quantity.filter(|max| quantity > *max) {
            let base = self.symbol.base().to_owned();
            return Err(FilterError::AboveMaxQuantity { quantity, max, base, venue: self.venue.clone() });
        }
        let price = kind.worst_price().unwrap_or(reference);
        let notional = quantity.at(price).map_err(|_| out_of_range())?;
        if notional < self.min_notional {
            let (min, quote) = (self.min_notional, self.symbol.quote().to_owned());
            return Err(FilterError::BelowMinNotional { notional, min, quote, venue: self.venue.clone() });
        }
        Ok((quantity, kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instrument() -> Instrument {
        let dec = |t: &str| t.parse::<Decimal>().unwrap();
        Instrument {
            venue: VenueId::new("kraken").unwrap(),
            symbol: Symbol::new("BTC-USD").unwrap(),
            venue_symbol: "XXBTZUSD".into(),
            lot_size: dec("0.00000001"),
            tick_size: dec("0.1"),
            min_quantity: Quantity::new(dec("0.0001")).unwrap(),
            max_quantity: None,
            min_notional: Notional::new(dec("0.5")).unwrap(),
            reach: PriceReach::UNBOUNDED,
            tradable: true,
            resting: RestingOrders::ALL,
        }
    }

    fn price(text: &str) -> Price {
        Price::new(text.parse().unwrap()).unwrap()
    }

    #[test]
    fn symbols_know_their_parts_and_refuse_the_rest() {
        let symbol = Symbol::new("BTC-USD").unwrap();
        assert_eq!((symbol.base(), symbol.quote()), ("BTC", "USD"));
        for bad in ["BTCUSD", "btc-usd", "BTC-USD-X", "-USD", "BTC-", "B C-USD", &"A".repeat(100_000)] {
            assert!(Symbol::new(bad).is_err());
        }
    }

    #[test]
    fn limit_prices_round_in_the_users_favour() {
        let quantity = Quantity::new("0.01".parse().unwrap()).unwrap();
        let limit = OrderKind::Limit { price: price("100.17") };
        let fitted = |side| instrument().fit(side, limit, quantity, price("100")).unwrap().1;
        assert_eq!(fitted(Side::Buy), OrderKind::Limit { price: price("100.1") });
        assert_eq!(fitted(Side::Sell), OrderKind::Limit { price: price("100.2") });
    }

    #[test]
    fn dust_is_what_no_order_can_be_made_of() {
        let quantity = |text: &str| Quantity::new(text.parse().unwrap()).unwrap();
        let rules = instrument();
        assert!(rules.is_dust(quantity("0.00009999"), price("60000")));
        assert!(!rules.is_dust(quantity("0.0001"), price("60000")));
        // Enough of it, and worth too little.
        assert!(rules.is_dust(quantity("0.0001"), price("4999")));
        assert!(!rules.is_dust(quantity("0.0001"), price("5000")));
    }

    #[test]
    fn too_small_is_said_in_words() {
        let tiny = Quantity::new("0.00005".parse().unwrap()).unwrap();
        let error = instrument().fit(Side::Buy, OrderKind::Market, tiny, price("60000")).unwrap_err();
        assert_eq!(error.to_string(), "0.00005 BTC is below the smallest order at kraken, 0.0001 BTC");
    }
}
