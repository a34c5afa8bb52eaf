//! What is absurd is refused where it is read, so that nobody behind has to count with it: decimals panic when they overflow, and a
//! time beyond the calendar has no text.

use nija_core::{Timestamp, VenueError, VenueId};
use rust_decimal::Decimal;

use super::unreadable;

/// As for prices and quantities, whose product then has a place in a decimal.
const MOST: Decimal = Decimal::from_parts(0x107A_4000, 0x5AF3, 0, false, 0); // 10^14
/// The end of the year 9999, the last that RFC 3339 can write.
const LAST_MICROSECOND: i64 = 253_402_300_799_999_999;

/// A fee or a balance: below 10^14 in either direction.
pub(crate) fn money(venue: &VenueId, path: impl Into<String>, value: Decimal) -> Result<Decimal, VenueError> {
    if value.abs() < MOST {
        return Ok(value);
    }
    Err(unreadable(venue, path, "is too large; amounts stay below 100000000000000"))
}

/// A sum of fees or of parts of a balance. `None` is a sum that overflowed.
pub(crate) fn sum(
    venue: &VenueId,
    path: impl Into<String>,
    value: Option<Decimal>,
) -> Result<Decimal, VenueError> {
    money(venue, path, value.unwrap_or(MOST))
}

/// A fee's share of the amount: less than all of it, paid or given back.
pub(crate) fn rate(venue: &VenueId, path: impl Into<String>, value: Decimal) -> Result<Decimal, VenueError> {
    if value.abs() < Decimal::ONE {
        return Ok(value);
    }
    Err(unreadable(venue, path, "a fee of more than everything"))
}

/// A lot or a tick: above zero, and an amount.
pub(crate) fn step(value: Decimal) -> Option<Decimal> {
    (value > Decimal::ZERO && value < MOST).then_some(value)
}

/// A moment between 1970 and the year 9999, from microseconds. `None` is a number that overflowed.
pub(crate) fn moment(
    venue: &VenueId,
    path: impl Into<String>,
    micros: Option<i64>,
) -> Result<Timestamp, VenueError> {
    match micros {
        Some(micros @ 0..=LAST_MICROSECOND) => Ok(Timestamp::from_micros(micros)),
        _ => Err(unreadable(venue, path, "not a time")),
    }
}

/// An asset's name: a few characters, which need not be letters.
pub(crate) fn asset(venue: &VenueId, path: impl Into<String>, name: &str) -> Result<String, VenueError> {
    let fits = (1..=64).contains(&name.len()) && !name.chars().any(|c| c.is_control() || c.is_whitespace());
    fits.then(|| name.to_owned()).ok_or_else(|| unreadable(venue, path, "not an asset's name"))
}

/// What a venue says goes to users and logs: a sane length, and no line breaks.
pub(crate) fn words(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn venue() -> VenueId {
        VenueId::new("x").unwrap()
    }

    #[test]
    fn amounts_and_rates_have_an_end() {
        let most = Decimal::from(99_999_999_999_999_i64);
        assert_eq!(money(&venue(), "a", -most), Ok(-most));
        for value in [MOST, -MOST, Decimal::MAX, Decimal::MIN] {
            assert!(money(&venue(), "a", value).is_err() && step(value).is_none());
        }
        assert!(sum(&venue(), "a", None).is_err() && sum(&venue(), "a", Some(most)).is_ok());
        assert!(
            rate(&venue(), "a", Decimal::ONE).is_err() && rate(&venue(), "a", Decimal::new(-5, 1)).is_ok()
        );
        assert!(step(Decimal::ZERO).is_none() && step(Decimal::new(1, 8)).is_some());
    }

    #[test]
    fn names_and_words_have_an_end() {
        for name in ["", "A\nB", "A B", &"x".repeat(65)] {
            assert!(asset(&venue(), "a", name).is_err(), "{name}");
        }
        assert!(asset(&venue(), "a", "ETH2.S").is_ok() && asset(&venue(), "a", "币安人生").is_ok());
        assert_eq!(words(&"x\n".repeat(1000)).len(), 300);
        let error = unreadable(&venue(), "p".repeat(100_000), "m".repeat(100_000));
        assert!(error.to_string().len() < 1000);
    }

    #[test]
    fn the_last_moment_has_a_text_that_is_read_again() {
        let last = moment(&venue(), "a", Some(LAST_MICROSECOND)).unwrap();
        assert_eq!(last.to_string().parse(), Ok(last));
        for micros in [None, Some(-1), Some(LAST_MICROSECOND + 1), Some(i64::MAX), Some(i64::MIN)] {
            assert!(moment(&venue(), "a", micros).is_err(), "{micros:?}");
        }
    }
}
