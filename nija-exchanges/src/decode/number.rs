//! Numbers as venues write them: JSON numbers or text. They are read from their digits and never become floats.

use rust_decimal::Decimal;
use serde::{
    Deserialize, Deserializer,
    de::{self, IgnoredAny, SeqAccess, Visitor},
};
use serde_json::value::RawValue;
use std::fmt;

/// A decimal that came as a JSON number or as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Num(pub Decimal);

impl<'de> Deserialize<'de> for Num {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        let text = raw.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or(raw);
        parse(text).map(Self).ok_or_else(|| {
            let start: String = text.chars().take(40).collect();
            de::Error::custom(format_args!("{start:?} is not a decimal number"))
        })
    }
}

/// A number that may be left out: `null` and empty text are none. What stands there otherwise must be a number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sparse(pub Option<Decimal>);

impl<'de> Deserialize<'de> for Sparse {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        if matches!(raw.get(), "null" | "\"\"") {
            return Ok(Self(None));
        }
        let number: Num = serde_json::from_str(raw.get()).map_err(de::Error::custom)?;
        Ok(Self(Some(number.0)))
    }
}

/// Reads digits, with or without an exponent.
pub(crate) fn parse(text: &str) -> Option<Decimal> {
    if text.is_empty() || text.len() > 64 {
        return None;
    }
    if text.bytes().any(|byte| matches!(byte, b'e' | b'E')) {
        return Decimal::from_scientific(text).ok();
    }
    text.parse().ok()
}

/// Seconds since 1970, with a fraction, as microseconds.
pub(crate) fn micros(seconds: Decimal) -> Option<i64> {
    let micros = seconds.checked_mul(Decimal::new(1_000_000, 0))?.trunc();
    i64::try_from(micros).ok()
}

/// `[price, quantity, ...]`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Level {
    pub(crate) price: Decimal,
    pub(crate) quantity: Decimal,
}

impl<'de> Deserialize<'de> for Level {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;

        impl<'de> Visitor<'de> for Read {
            type Value = Level;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a price and a quantity")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Level, A::Error> {
                let short = |length| move || de::Error::invalid_length(length, &"a price and a quantity");
                let price: Num = seq.next_element()?.ok_or_else(short(0))?;
                let quantity: Num = seq.next_element()?.ok_or_else(short(1))?;
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Level { price: price.0, quantity: quantity.0 })
            }
        }

        deserializer.deserialize_seq(Read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_survive_as_they_were_written() {
        for (json, text) in [
            ("0.1", "0.1"),
            ("\"0.00100000\"", "0.00100000"),
            ("45285.20", "45285.20"),
            ("1e-7", "0.0000001"),
            ("\"1E3\"", "1000"),
            ("123456789012345.12345678", "123456789012345.12345678"),
            ("-5", "-5"),
        ] {
            let number: Num = serde_json::from_str(json).unwrap();
            assert_eq!(number.0.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_number_is_an_error() {
        for json in [
            "\"\"",
            "\"NaN\"",
            "\"Infinity\"",
            "null",
            "true",
            "[]",
            "{}",
            "\"1,5\"",
            "1e999",
            "\"+1.0000%\"",
        ] {
            assert!(serde_json::from_str::<Num>(json).is_err(), "{json}");
        }
        let long = format!("\"{}\"", "9".repeat(100_000));
        assert!(serde_json::from_str::<Num>(&long).is_err());
    }

    #[test]
    fn a_sparse_number_may_be_left_out_but_not_be_wrong() {
        for json in ["null", "\"\""] {
            assert_eq!(serde_json::from_str::<Sparse>(json).unwrap(), Sparse(None));
        }
        assert_eq!(serde_json::from_str::<Sparse>("\"0.5\"").unwrap().0.unwrap().to_string(), "0.5");
        assert!(serde_json::from_str::<Sparse>("\"abc\"").is_err());
    }

    #[test]
    fn seconds_keep_their_microseconds() {
        assert_eq!(micros(parse("1688667796.8802").unwrap()), Some(1_688_667_796_880_200));
        assert_eq!(micros(Decimal::MAX), None);
    }
}
