//! WebSocket v2 messages: numbers keep their digits, since a book's checksum is made of them.

use super::format::fixed;
use crate::clock::rfc3339;
use rust_decimal::Decimal;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// A decimal written as a JSON number with exactly these digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Num(pub(crate) String);

impl Num {
    pub(crate) fn fixed(value: Decimal, decimals: u32) -> Self {
        Self(fixed(value, decimals))
    }

    /// The shortest form.
    pub(crate) fn plain(value: Decimal) -> Self {
        Self(value.normalize().to_string())
    }
}

impl Serialize for Num {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match RawValue::from_string(self.0.clone()) {
            Ok(raw) => raw.serialize(serializer),
            Err(error) => Err(serde::ser::Error::custom(error)),
        }
    }
}

/// A channel's message.
#[derive(Debug, Serialize)]
pub(crate) struct Message<T> {
    pub(crate) channel: &'static str,
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) timestamp: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sequence: Option<u64>,
    pub(crate) data: T,
}

impl<T: Serialize> Message<T> {
    pub(crate) fn new(channel: &'static str, snapshot: bool, data: T) -> Self {
        Self {
            channel,
            kind: if snapshot { "snapshot" } else { "update" },
            timestamp: None,
            sequence: None,
            data,
        }
    }

    pub(crate) fn at(mut self, now_ns: i64) -> Self {
        self.timestamp = Some(rfc3339(now_ns));
        self
    }

    pub(crate) fn numbered(mut self, sequence: u64) -> Self {
        self.sequence = Some(sequence);
        self
    }

    pub(crate) fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The answer to a request that was carried out.
pub(crate) fn success(method: &str, result: &Value, req_id: Option<&Value>, now_ns: i64) -> String {
    reply(json!({ "method": method, "success": true, "result": result }), req_id, now_ns)
}

/// The answer to a request that was refused.
pub(crate) fn failure(method: &str, error: &str, req_id: Option<&Value>, now_ns: i64) -> String {
    reply(json!({ "method": method, "success": false, "error": error }), req_id, now_ns)
}

fn reply(mut body: Value, req_id: Option<&Value>, now_ns: i64) -> String {
    body["time_in"] = json!(rfc3339(now_ns));
    body["time_out"] = json!(rfc3339(now_ns));
    if let Some(req_id) = req_id {
        body["req_id"] = req_id.clone();
    }
    body.to_string()
}
