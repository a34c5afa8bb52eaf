//! What reading an order back from its request takes, at every venue.
//!
//! The user's policy is held against what is read here, so nothing may be read otherwise than the venue reads it: a field that is not
//! known by its very name, one that stands there twice, or a number that is more than digits makes a request unreadable.

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, de::Error};

/// A number of digits with at most one point. `+5` is an offset to the market at Kraken, and `1_000` a number to Rust alone.
pub(crate) fn plain(text: &str) -> Option<Decimal> {
    let is_digit = |byte: u8| byte.is_ascii_digit();
    let is_plain = text.bytes().all(|byte| is_digit(byte) || byte == b'.') && text.bytes().any(is_digit);
    is_plain.then(|| text.parse().ok()).flatten()
}

/// The same, as text in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Plain(pub(crate) Decimal);

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        plain(&text).map(Self).ok_or_else(|| D::Error::custom("not a plain number"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_digits_make_a_number() {
        for (text, number) in [("0.5", "0.5"), ("60000", "60000"), (".5", "0.5"), ("1.", "1")] {
            assert_eq!(plain(text), number.parse().ok(), "{text}");
        }
        for odd in ["", ".", "+1", "-1", "1_000", "1e3", "1 ", "#5", "5%", "1.2.3", "0x10", "１", "NaN"] {
            assert_eq!(plain(odd), None, "{odd}");
        }
        assert_eq!(serde_json::from_str::<Plain>("\"1.5\"").ok(), "1.5".parse().map(Plain).ok());
        assert!(serde_json::from_str::<Plain>("1.5").is_err());
    }
}
