//! Sums of decimals that lose nothing, in whatever order they are added.
//!
//! A `Decimal` holds 28 to 29 digits, so adding a large one to one with 28 places rounds, and a sum then depends on the
//! order of its parts. Running totals are kept in this wider number and rounded once, when they are read.

use rust_decimal::Decimal;
use std::{fmt, str::FromStr};

/// 10^28: the places that a `Decimal` can have.
const UNIT: i128 = 10_000_000_000_000_000_000_000_000_000;

/// A sum of decimals, exact to 28 places and up to about 10^38.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct ExactSum {
    /// The next integer at or below the value.
    whole: i128,
    /// What is above it, in units of 10^-28: 0 <= part < `UNIT`.
    part: i128,
}

/// A sum beyond what it can hold, or text that is not a sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a sum is not a number or is too large")]
pub(crate) struct SumError;

impl ExactSum {
    /// Adds one decimal.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn add(self, value: Decimal) -> Result<Self, SumError> {
        self.plus(Self::from(value))
    }

    /// Adds another sum.
    pub(crate) fn plus(self, other: Self) -> Result<Self, SumError> {
        let part = self.part + other.part;
        let whole = self.whole.checked_add(other.whole).ok_or(SumError)?;
        let whole = whole.checked_add(part / UNIT).ok_or(SumError)?;
        Ok(Self { whole, part: part % UNIT })
    }

    /// The sum as a decimal, rounded once where it has more digits than a decimal holds.
    pub(crate) fn to_decimal(self) -> Result<Decimal, SumError> {
        self.to_string().parse().map_err(|_| SumError)
    }
}

impl From<Decimal> for ExactSum {
    fn from(value: Decimal) -> Self {
        let divisor = 10_i128.pow(value.scale());
        Self {
            whole: value.mantissa().div_euclid(divisor),
            part: value.mantissa().rem_euclid(divisor) * (UNIT / divisor),
        }
    }
}

impl fmt::Display for ExactSum {
    /// As plain decimal text without trailing zeros.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let negative = self.whole < 0;
        let (whole, part) = match (negative, self.part) {
            (false, part) => (self.whole.unsigned_abs(), part),
            (true, 0) => (self.whole.unsigned_abs(), 0),
            (true, part) => (self.whole.unsigned_abs() - 1, UNIT - part),
        };
        let digits = format!("{part:028}");
        let digits = digits.trim_end_matches('0');
        let sign = if negative { "-" } else { "" };
        let point = if digits.is_empty() { "" } else { "." };
        write!(f, "{sign}{whole}{point}{digits}")
    }
}

impl FromStr for ExactSum {
    type Err = SumError;

    fn from_str(text: &str) -> Result<Self, SumError> {
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, digits) = text.split_once('.').unwrap_or((text, ""));
        let plain = |digits: &str| digits.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !plain(whole) || !plain(digits) || digits.len() > 28 {
            return Err(SumError);
        }
        let whole: i128 = whole.parse().map_err(|_| SumError)?;
        let part: i128 = format!("{digits:0<28}").parse().map_err(|_| SumError)?;
        Ok(match (negative, part) {
            (false, _) => Self { whole, part },
            (true, 0) => Self { whole: -whole, part },
            (true, _) => Self { whole: -whole - 1, part: UNIT - part },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_decimal() -> impl Strategy<Value = Decimal> {
        (any::<u32>(), any::<u32>(), any::<u32>(), any::<bool>(), 0u32..=28)
            .prop_map(|(lo, mid, hi, negative, scale)| Decimal::from_parts(lo, mid, hi, negative, scale))
    }

    proptest! {
        #[test]
        fn a_single_decimal_comes_back_to_the_last_digit(value in any_decimal()) {
            let sum = ExactSum::from(value);
            prop_assert_eq!(sum.to_decimal().unwrap(), value);
            prop_assert_eq!(sum.to_string().parse::<ExactSum>().unwrap(), sum);
        }

        #[test]
        fn the_order_of_the_parts_does_not_matter(mut values in prop::collection::vec(any_decimal(), 0..20)) {
            let sum = |values: &[Decimal]| {
                values.iter().try_fold(ExactSum::default(), |sum, value| sum.add(*value)).unwrap()
            };
            let forward = sum(&values);
            values.reverse();
            prop_assert_eq!(sum(&values), forward);
            for value in &mut values {
                value.set_sign_negative(value.is_sign_positive());
            }
            prop_assert_eq!(forward.plus(sum(&values)).unwrap(), ExactSum::default());
        }

        #[test]
        fn small_sums_equal_plain_arithmetic(values in prop::collection::vec(-1_000_000_000_i64..1_000_000_000, 0..50)) {
            let exact = values.iter().try_fold(ExactSum::default(), |sum, v| sum.add(Decimal::new(*v, 4))).unwrap();
            prop_assert_eq!(exact.to_decimal().unwrap(), Decimal::new(values.iter().sum(), 4));
        }
    }

    #[test]
    fn text_that_is_no_sum_is_refused() {
        for bad in ["", "-", ".5", "+1", "1e5", "1.2.3", "0.00000000000000000000000000001"] {
            assert!(bad.parse::<ExactSum>().is_err(), "{bad:?} was taken");
        }
    }
}
