//! A request's parameters, from the query and the body, or from a message's object.

use super::error::BinanceError;
use rust_decimal::Decimal;

/// Most parameters that a request may have.
const MOST: usize = 100;
/// What Binance takes for a number.
const NUMBER: &str = "^([0-9]{1,20})(\\.[0-9]{1,20})?$";

/// Parameters in the order they came.
#[derive(Debug, Default)]
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    /// Where both have a name, the query counts.
    pub(crate) fn from_http(query: &str, body: &[u8]) -> Result<Self, BinanceError> {
        let mut out = Self::default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            out.insert(name.into_owned(), value.into_owned())?;
        }
        let in_query = out.0.len();
        for (name, value) in url::form_urlencoded::parse(body) {
            if !out.0[..in_query].iter().any(|(known, _)| *known == name) {
                out.insert(name.into_owned(), value.into_owned())?;
            }
        }
        Ok(out)
    }

    pub(crate) fn from_json(
        object: &serde_json::Map<String, serde_json::Value>,
    ) -> Result<Self, BinanceError> {
        let mut out = Self::default();
        for (name, value) in object {
            let value = match value {
                serde_json::Value::String(text) => text.clone(),
                serde_json::Value::Null => continue,
                // Lists of symbols; numbers and flags as they are written.
                other => other.to_string(),
            };
            out.insert(name.clone(), value)?;
        }
        Ok(out)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    pub(crate) fn need(&self, name: &str) -> Result<&str, BinanceError> {
        self.get(name).ok_or_else(|| BinanceError::mandatory(name))
    }

    /// A plain number, without sign and exponent.
    pub(crate) fn decimal(&self, name: &str) -> Result<Option<Decimal>, BinanceError> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| (1..=20).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(fraction) {
            return Err(BinanceError::illegal(name, NUMBER));
        }
        if fraction.trim_end_matches('0').len() > 8 {
            return Err(BinanceError::new(-1111, format!("Parameter '{name}' has too much precision.")));
        }
        let overflow = || BinanceError::new(-1108, format!("Parameter '{name}' overflowed."));
        let value: Decimal = text.parse().map_err(|_| overflow())?;
        if value >= Decimal::from(1_000_000_000_000_i64) {
            return Err(overflow());
        }
        Ok(Some(value))
    }

    pub(crate) fn need_decimal(&self, name: &str) -> Result<Decimal, BinanceError> {
        self.decimal(name)?.ok_or_else(|| BinanceError::mandatory(name))
    }

    pub(crate) fn int(&self, name: &str) -> Result<Option<i64>, BinanceError> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        let digits = text.strip_prefix('-').unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) || digits.len() > 20 {
            return Err(BinanceError::illegal(name, "^[0-9]{1,20}$"));
        }
        text.parse()
            .map(Some)
            .map_err(|_| BinanceError::new(-1108, format!("Parameter '{name}' overflowed.")))
    }

    /// A moment in nanoseconds: Binance takes milliseconds and microseconds.
    pub(crate) fn time(&self, name: &str) -> Result<Option<i64>, BinanceError> {
        let Some(value) = self.int(name)? else {
            return Ok(None);
        };
        let unit = if value >= 100_000_000_000_000 { 1_000 } else { 1_000_000 };
        Ok(Some(value.saturating_mul(unit)))
    }

    /// How many entries, at least 1 and at most `most`.
    pub(crate) fn limit(&self, default: usize, most: usize) -> Result<usize, BinanceError> {
        let Some(limit) = self.int("limit")? else {
            return Ok(default);
        };
        match usize::try_from(limit) {
            Ok(0) | Err(_) => Err(BinanceError::new(-1130, "Data sent for parameter 'limit' is not valid.")),
            Ok(limit) => Ok(limit.min(most)),
        }
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// All parameters but one, sorted by name, as the WebSocket API signs them.
    pub(crate) fn sorted_without(&self, left_out: &str) -> String {
        let mut pairs: Vec<&(String, String)> = self.0.iter().filter(|(name, _)| name != left_out).collect();
        pairs.sort();
        let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("&")
    }

    fn insert(&mut self, name: String, value: String) -> Result<(), BinanceError> {
        if self.0.iter().any(|(known, _)| *known == name) {
            return Err(BinanceError::new(-1101, "Duplicate values for a parameter detected."));
        }
        if self.0.len() == MOST {
            return Err(BinanceError::new(-1101, "Too many parameters sent for this endpoint."));
        }
        self.0.push((name, value));
        Ok(())
    }
}
