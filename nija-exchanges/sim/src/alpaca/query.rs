//! A request's query, and numbers and times as Alpaca takes them.

use super::error::{Refusal, Result};
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use time::{Date, OffsetDateTime, format_description::well_known::Rfc3339};

/// Query parameters by name; of a name given twice the last counts.
#[derive(Debug, Default)]
pub(crate) struct Query(BTreeMap<String, String>);

impl Query {
    pub(crate) fn new(text: Option<&str>) -> Self {
        let pairs = url::form_urlencoded::parse(text.unwrap_or_default().as_bytes());
        Self(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A number from `least` to `most`.
    pub(crate) fn count(&self, name: &str, default: usize, most: usize) -> Result<usize> {
        match self.get(name) {
            None => Ok(default),
            Some(text) => match text.parse::<usize>() {
                Ok(number) if (1..=most).contains(&number) => Ok(number),
                _ => Err(Refusal::invalid(format!("{name} must be between 1 and {most}"))),
            },
        }
    }

    /// A moment, in unix nanoseconds.
    pub(crate) fn time(&self, name: &str) -> Result<Option<i64>> {
        let bad = || Refusal::invalid(format!("{name} is not a valid time"));
        self.get(name).map(|text| nanos(text).ok_or_else(bad)).transpose()
    }

    /// A flag; clients in Python write `True`.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.get(name).is_some_and(|text| text.eq_ignore_ascii_case("true"))
    }

    /// A list joined by commas.
    pub(crate) fn list(&self, name: &str) -> Vec<&str> {
        self.get(name).map_or_else(Vec::new, |text| {
            text.split(',').map(str::trim).filter(|one| !one.is_empty()).collect()
        })
    }
}

/// RFC 3339, or a date.
pub(crate) fn nanos(text: &str) -> Option<i64> {
    let date = || {
        let format = time::macros::format_description!("[year]-[month]-[day]");
        Date::parse(text, format).ok().map(|day| day.midnight().assume_utc())
    };
    let at = OffsetDateTime::parse(text, &Rfc3339).ok().or_else(date)?;
    i64::try_from(at.unix_timestamp_nanos()).ok()
}

/// A JSON number or text as a decimal; exponents are fine.
pub(crate) fn decimal(value: &serde_json::Value) -> Option<Decimal> {
    let text = match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Number(number) => number.to_string(),
        _ => return None,
    };
    if text.is_empty() || text.len() > 64 {
        return None;
    }
    if text.contains(['e', 'E']) { Decimal::from_scientific(&text).ok() } else { text.parse().ok() }
}

/// A number on the wire. Prices and sizes of market data are JSON numbers, which print the digits that they were made from.
pub(crate) fn number(value: Decimal) -> serde_json::Value {
    let value = value.normalize();
    // Whole numbers without a point, as Go writes them.
    if value.scale() == 0
        && let Ok(whole) = i64::try_from(value)
    {
        return serde_json::Value::from(whole);
    }
    let float: f64 = value.to_string().parse().unwrap_or(0.0);
    serde_json::Number::from_f64(float).map_or(serde_json::Value::Null, serde_json::Value::Number)
}

/// A moment with nanoseconds, without trailing zeros, as Go writes it.
pub(crate) fn rfc3339(ns: i64) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(ns))
        .ok()
        .and_then(|at| at.format(&Rfc3339).ok())
        .unwrap_or_default()
}
