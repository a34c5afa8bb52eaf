//! The fields of a request's JSON, read strictly.

use super::error::{OkxError, Result};
use super::instruments::{self, Instrument};
use rust_decimal::Decimal;
use serde_json::{Map, Value};

/// One JSON object. A field that is empty (`""`, `null`, `[]`) is as if it were not there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a>(&'a Map<String, Value>);

/// A request's body as JSON.
pub(super) fn parse(body: &[u8]) -> Result<Value> {
    if body.is_empty() {
        return Err(OkxError::no_body());
    }
    serde_json::from_slice(body).map_err(|_| OkxError::json())
}

/// The objects of a batch, at most `most`.
pub(super) fn batch(body: &Value, most: usize) -> Result<Vec<Fields<'_>>> {
    let list = body.as_array().filter(|list| !list.is_empty()).ok_or_else(OkxError::json)?;
    if list.len() > most {
        return Err(OkxError::new(51111, format!("Maximum {most} orders can be placed in bulk.")));
    }
    list.iter().map(Fields::of).collect()
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => false,
    }
}

impl<'a> Fields<'a> {
    pub(super) fn of(value: &'a Value) -> Result<Self> {
        value.as_object().map(Self).ok_or_else(OkxError::json)
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !is_empty(value))
    }

    /// Refuses a field that is not among `known`: a stop that was silently ignored would be worse than an error.
    pub(super) fn only(&self, known: &[&str], lenient: bool) -> Result<()> {
        let unknown = self.0.iter().find(|(name, value)| !is_empty(value) && !known.contains(&name.as_str()));
        match unknown {
            Some((name, _)) if !lenient => Err(OkxError::parameter(name)),
            _ => Ok(()),
        }
    }

    /// A text; a number or a flag as it is written.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(value @ (Value::Number(_) | Value::Bool(_))) => Ok(Some(value.to_string())),
            Some(_) => Err(OkxError::parameter(name)),
        }
    }

    pub(super) fn need(&self, name: &str) -> Result<String> {
        self.text(name)?.ok_or_else(|| OkxError::parameter(name))
    }

    /// A plain number, without an exponent where it is a text.
    pub(super) fn decimal(&self, name: &str) -> Result<Option<Decimal>> {
        let bad = || OkxError::parameter(name);
        match self.get(name) {
            None => Ok(None),
            Some(Value::Number(number)) => {
                let text = number.to_string();
                let read = text.parse().or_else(|_| Decimal::from_scientific(&text));
                read.map(Some).map_err(|_| bad())
            }
            Some(Value::String(text)) => plain(text).map(Some).ok_or_else(bad),
            Some(_) => Err(bad()),
        }
    }

    /// A number above zero.
    pub(super) fn positive(&self, name: &str) -> Result<Option<Decimal>> {
        match self.decimal(name)? {
            Some(value) if value <= Decimal::ZERO => Err(OkxError::parameter(name)),
            value => Ok(value),
        }
    }

    /// `true` or `false`, as a flag or a text.
    pub(super) fn flag(&self, name: &str) -> Result<bool> {
        match self.text(name)?.as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(OkxError::parameter(name)),
        }
    }

    /// Letters and digits, at most `most` of them.
    pub(super) fn word(&self, name: &str, most: usize) -> Result<Option<String>> {
        let fits = |text: &String| text.len() <= most && text.bytes().all(|b| b.is_ascii_alphanumeric());
        match self.text(name)? {
            Some(text) if !fits(&text) => Err(OkxError::parameter(name)),
            text => Ok(text),
        }
    }

    pub(super) fn instrument(&self) -> Result<(usize, &'static Instrument)> {
        instruments::find(&self.need("instId")?).ok_or_else(OkxError::instrument)
    }
}

fn plain(text: &str) -> Option<Decimal> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let fits = |part: &str| (1..=28).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    (fits(whole) && fits(fraction)).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_plain_and_empty_fields_are_not_there() {
        let body = json!({ "a": "1.50", "b": "", "c": 0.00001, "d": "1e3", "e": null, "f": [], "g": "∞", "h": "-1",
                           "i": "0.1.2", "j": {}, "k": true });
        let fields = Fields::of(&body).unwrap();
        assert_eq!(fields.decimal("a").unwrap(), Some(Decimal::new(15, 1)));
        assert_eq!(fields.decimal("c").unwrap(), Some(Decimal::new(1, 5)));
        for empty in ["b", "e", "f", "z"] {
            assert_eq!(fields.decimal(empty).unwrap(), None, "{empty}");
        }
        for bad in ["d", "g", "i", "j", "k"] {
            assert_eq!(fields.decimal(bad).unwrap_err().code, 51000, "{bad}");
        }
        assert_eq!(fields.positive("h").unwrap_err().code, 51000);
        assert!(fields.flag("k").unwrap() && !fields.flag("z").unwrap() && fields.flag("a").is_err());
        assert!(fields.only(&["a", "c", "d", "g", "h", "i", "j", "k"], false).is_ok());
        assert!(fields.only(&["a"], false).is_err() && fields.only(&["a"], true).is_ok());
    }

    #[test]
    fn words_have_letters_and_digits_alone() {
        let body = json!({ "a": "Ab9", "b": "a-b", "c": "x".repeat(33), "d": 15 });
        let fields = Fields::of(&body).unwrap();
        assert_eq!(fields.word("a", 32).unwrap().as_deref(), Some("Ab9"));
        assert_eq!(fields.word("d", 32).unwrap().as_deref(), Some("15"));
        assert!(fields.word("b", 32).is_err() && fields.word("c", 32).is_err());
    }
}
