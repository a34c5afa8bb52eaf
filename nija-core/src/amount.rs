//! Money and quantities: checked decimals that refuse to mix.

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};
use std::{cmp::Ordering, fmt, str::FromStr};

use crate::whole;

/// Amounts at or beyond this are refused at the door, so that a price times a quantity cannot overflow.
const LIMIT: Decimal = Decimal::from_parts(0x107A_4000, 0x5AF3, 0, false, 0); // 10^14

/// Digits below the limit's are below it at any scale.
#[inline]
fn is_too_large(value: Decimal) -> bool {
    whole::digits(value).is_none_or(|digits| digits >= 100_000_000_000_000) && value >= LIMIT
}

/// Why a number is not a valid amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AmountError {
    /// Below zero, or zero where zero makes no sense.
    #[error("must be greater than zero")]
    NotPositive,
    /// Below zero.
    #[error("must not be negative")]
    Negative,
    /// Too large to be real; amounts stay below 10^14.
    #[error("is too large; amounts stay below 100000000000000")]
    TooLarge,
    /// Not a number, or one with more digits than a decimal holds.
    #[error("is not a decimal number such as 0.25")]
    NotANumber,
}

macro_rules! amount {
    ($(#[$doc:meta])* $name:ident, zero = $zero:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(try_from = "Decimal", into = "Decimal")]
        pub struct $name(Decimal);

        impl $name {
            /// Checks the sign and the size.
            ///
            /// # Errors
            /// [`AmountError`] when the value is negative (or zero, where zero makes no sense) or too large.
            #[inline]
            pub fn new(value: Decimal) -> Result<Self, AmountError> {
                if value.is_sign_negative() && !value.is_zero() {
                    return Err(AmountError::Negative);
                }
                if !$zero && value.is_zero() {
                    return Err(AmountError::NotPositive);
                }
                if is_too_large(value) {
                    return Err(AmountError::TooLarge);
                }
                Ok(Self(value))
            }

            /// The plain decimal.
            #[must_use]
            #[inline]
            pub const fn get(self) -> Decimal {
                self.0
            }
        }

        impl Ord for $name {
            #[inline]
            fn cmp(&self, other: &Self) -> Ordering {
                whole::compare(self.0, other.0)
            }
        }

        impl PartialOrd for $name {
            #[inline]
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl TryFrom<Decimal> for $name {
            type Error = AmountError;
            fn try_from(value: Decimal) -> Result<Self, AmountError> {
                Self::new(value)
            }
        }

        impl FromStr for $name {
            type Err = AmountError;
            fn from_str(text: &str) -> Result<Self, AmountError> {
                // Exact, so that no digit is rounded away in silence.
                Self::new(Decimal::from_str_exact(text).map_err(|_| AmountError::NotANumber)?)
            }
        }

        impl From<$name> for Decimal {
            fn from(value: $name) -> Decimal {
                value.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.normalize().fmt(f)
            }
        }
    };
}

amount!(
    /// Quote units for one base unit; greater than zero.
    Price,
    zero = false
);
amount!(
    /// Base units; zero or more.
    Quantity,
    zero = true
);
amount!(
    /// Quote units; zero or more.
    Notional,
    zero = true
);

impl Quantity {
    /// Nothing.
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// Whether there is nothing.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.0.is_zero()
    }

    /// What this quantity is worth at a price.
    ///
    /// # Errors
    /// [`AmountError::TooLarge`] beyond the limit of an amount.
    #[inline]
    pub fn at(self, price: Price) -> Result<Notional, AmountError> {
        // Both are below 10^14, so the product has a place in a decimal.
        Notional::new(whole::times(self.0, price.0))
    }

    /// Rounds down to a multiple of `lot`; a lot of zero changes nothing.
    #[must_use]
    #[inline]
    pub fn floor_to(self, lot: Decimal) -> Self {
        Self(whole::floor_to(self.0, lot))
    }

    /// The sum, saturating at the limit of an amount (which no real order reaches).
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self((self.0 + other.0).min(LIMIT - Decimal::ONE))
    }

    /// The difference, never below zero.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self((self.0 - other.0).max(Decimal::ZERO))
    }
}

impl Notional {
    /// Nothing.
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// How many base units this buys at a price, rounded down to 18 places.
    ///
    /// # Errors
    /// [`AmountError::TooLarge`] beyond the limit of an amount.
    pub fn over(self, price: Price) -> Result<Quantity, AmountError> {
        let raw = self.0.checked_div(price.0).ok_or(AmountError::TooLarge)?;
        Quantity::new(raw.round_dp_with_strategy(18, RoundingStrategy::ToZero))
    }
}

impl Notional {
    /// How many base units this buys where each costs `cost` (a price with its fees), cut to `places` digits.
    ///
    /// # Errors
    /// [`AmountError::TooLarge`] beyond the limit of an amount, or at no cost at all.
    #[inline]
    pub fn buys_at(self, cost: Decimal, places: u32) -> Result<Quantity, AmountError> {
        Quantity::new(whole::divide_down(self.0, cost, places).ok_or(AmountError::TooLarge)?)
    }
}

impl Price {
    /// Rounds down to a multiple of the tick; `None` when nothing is left.
    #[must_use]
    #[inline]
    pub fn floor_to(self, tick: Decimal) -> Option<Self> {
        Self::new(whole::floor_to(self.0, tick)).ok()
    }

    /// Rounds up to a multiple of the tick.
    #[must_use]
    pub fn ceil_to(self, tick: Decimal) -> Self {
        let down = whole::floor_to(self.0, tick);
        if down == self.0 { self } else { Self(down + tick) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn dec(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn the_limit_is_ten_to_the_fourteen() {
        assert_eq!(LIMIT, dec("100000000000000"));
    }

    #[test]
    fn bad_amounts_are_refused_by_kind() {
        assert_eq!(Price::new(Decimal::ZERO), Err(AmountError::NotPositive));
        assert_eq!(Quantity::new(dec("-0.1")), Err(AmountError::Negative));
        assert_eq!(Notional::new(dec("1e14")), Err(AmountError::TooLarge));
        assert!(serde_json::from_str::<Price>("\"-5\"").is_err());
    }

    proptest! {
        #[test]
        fn rounding_down_never_grows_and_lands_on_the_step(units in 0i64..1_000_000_000, step in 1i64..100_000) {
            let lot = Decimal::new(step, 8);
            let quantity = Quantity::new(Decimal::new(units, 8)).unwrap();
            let rounded = quantity.floor_to(lot);
            prop_assert!(rounded <= quantity);
            prop_assert!((rounded.get() % lot).is_zero());
            prop_assert!(quantity.get() - rounded.get() < lot);
        }

        #[test]
        fn what_a_notional_buys_never_costs_more(cents in 1i64..10_000_000_000, price in 1i64..10_000_000_000) {
            let notional = Notional::new(Decimal::new(cents, 2)).unwrap();
            let price = Price::new(Decimal::new(price, 4)).unwrap();
            if let Ok(quantity) = notional.over(price) {
                let cost = quantity.get().checked_mul(price.get()).unwrap();
                // The product itself is rounded at the 28th digit.
                prop_assert!(cost <= notional.get() + Decimal::new(1, 14));
            }
        }
    }
}
