//! A request's parameters: form-encoded, or a flat JSON object.

use super::error::KrakenError;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// Most parameters that a request may have.
const MOST: usize = 100;

/// Parameters by name. A name given twice is refused: which one would count?
#[derive(Debug, Default)]
pub(crate) struct Params(BTreeMap<String, String>);

impl Params {
    pub(crate) fn from_form(text: &[u8]) -> Result<Self, KrakenError> {
        let mut out = Self::default();
        for (name, value) in url::form_urlencoded::parse(text) {
            out.insert(name.into_owned(), value.into_owned())?;
        }
        Ok(out)
    }

    pub(crate) fn from_json(text: &[u8]) -> Result<Self, KrakenError> {
        let object: serde_json::Map<String, serde_json::Value> =
            serde_json::from_slice(text).map_err(|_| KrakenError::INVALID_ARGUMENTS)?;
        let mut out = Self::default();
        for (name, value) in object {
            let value = match value {
                serde_json::Value::String(text) => text,
                serde_json::Value::Bool(_) | serde_json::Value::Number(_) => value.to_string(),
                _ => return Err(KrakenError::argument(&name)),
            };
            out.insert(name, value)?;
        }
        Ok(out)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    pub(crate) fn need(&self, name: &str) -> Result<&str, KrakenError> {
        self.get(name).ok_or_else(|| KrakenError::argument(name))
    }

    pub(crate) fn decimal(&self, name: &str) -> Result<Option<Decimal>, KrakenError> {
        self.get(name).map(|text| decimal(text).ok_or_else(|| KrakenError::argument(name))).transpose()
    }

    pub(crate) fn int(&self, name: &str) -> Result<Option<i64>, KrakenError> {
        self.get(name).map(|text| text.parse().map_err(|_| KrakenError::argument(name))).transpose()
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| matches!(value, "true" | "True" | "1"))
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    fn insert(&mut self, name: String, value: String) -> Result<(), KrakenError> {
        if self.0.len() == MOST || self.0.insert(name, value).is_some() {
            return Err(KrakenError::INVALID_ARGUMENTS);
        }
        Ok(())
    }
}

/// A plain decimal: digits, perhaps a sign and a point, and an exponent where it is small.
pub(crate) fn decimal(text: &str) -> Option<Decimal> {
    if text.len() > 64 {
        return None;
    }
    let value: Decimal = text.parse().ok().or_else(|| Decimal::from_scientific(text).ok())?;
    // Products of two such numbers still fit; nothing traded is anywhere near.
    Some(value).filter(|value| value.abs() < Decimal::from(1_000_000_000_000_i64))
}
