//! Alpaca's refusals in our words: an HTTP status and `{"code": 40310000, "message": "..."}`.
//!
//! The codes' first three digits are the status (docs.alpaca.markets, "Placing Orders" and the Trading API reference); what a
//! refusal is about stands in the message alone. 429 and everything from 500 on is told apart by the transport: the first was not
//! taken up, of the others nobody knows.

use nija_core::{VenueError, VenueId};
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use crate::transport::HttpAnswer;

#[derive(Debug, Default, Deserialize)]
struct Refusal {
    #[serde(default)]
    code: Option<Value>,
    #[serde(default)]
    message: Option<Value>,
}

/// The refusal in an answer, if it is one.
pub(super) fn refused(venue: &VenueId, answer: &HttpAnswer) -> Option<VenueError> {
    if answer.status.is_success() {
        return None;
    }
    let refusal: Refusal = serde_json::from_str(&answer.body).unwrap_or_default();
    let text = |value: Option<Value>| match value {
        Some(Value::String(text)) => text,
        Some(other) => other.to_string(),
        None => String::new(),
    };
    let (code, message) = (text(refusal.code), text(refusal.message));
    // What a venue says goes to users and logs: a sane length, and no line breaks.
    let clean = |text: &str| text.chars().filter(|c| !c.is_control()).take(300).collect::<String>();
    Some(classify(venue, answer.status, &clean(&code), clean(&message)))
}

fn classify(venue: &VenueId, status: StatusCode, code: &str, message: String) -> VenueError {
    let venue = venue.clone();
    let code = if code.is_empty() { status.as_u16().to_string() } else { code.to_owned() };
    let message = if message.is_empty() { format!("HTTP {status}") } else { message };
    let says = |signs: &[&str]| {
        let message = message.to_ascii_lowercase();
        signs.iter().any(|sign| message.contains(sign))
    };
    match status.as_u16() {
        401 => VenueError::KeyRefused { venue, message },
        // 40110000: "request is not authorized", "access key verification failed".
        403 if code.starts_with("401")
            || says(&["forbidden", "not authorized", "unauthorized", "verification failed", "scope"]) =>
        {
            VenueError::KeyRefused { venue, message }
        }
        403 | 422 if says(&["insufficient"]) => VenueError::InsufficientFunds { venue, message },
        // A client id is sent once: where it is in use, the order that was just sent is there, however often it arrived.
        422 if says(&["client_order_id must be unique"]) => VenueError::AnswerLost { venue, message },
        400..=499 if status != StatusCode::REQUEST_TIMEOUT => VenueError::Rejected { venue, code, message },
        // A redirect, or a proxy that gave up waiting: whoever answered, it was not the one who decides.
        _ => VenueError::AnswerLost { venue, message },
    }
}

/// Whether a refusal says that there is no such order.
pub(super) fn is_not_found(error: &VenueError) -> bool {
    matches!(error, VenueError::Rejected { code, .. } if code.starts_with("404"))
}

/// Whether a refusal says that an order can no longer be cancelled.
pub(super) fn is_not_cancelable(error: &VenueError) -> bool {
    matches!(error, VenueError::Rejected { code, .. } if code.starts_with("422"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija_core::Effect;

    fn of(status: u16, body: &str) -> VenueError {
        let status = StatusCode::from_u16(status).unwrap();
        let answer = HttpAnswer { status, body: body.to_owned(), retry_after: None };
        refused(&VenueId::new("alpaca").unwrap(), &answer).unwrap()
    }

    #[test]
    fn each_refusal_has_its_kind() {
        let funds = [
            r#"{"code":40310000,"message":"insufficient buying power","buying_power":"0","cost_basis":"180.5"}"#,
            r#"{"code":40310000,"message":"insufficient balance for BTC (requested: 1, available: 0)"}"#,
            r#"{"available":"0","code":40310000,"message":"insufficient qty available for order (requested: 1000, available: 0)"}"#,
        ];
        for body in funds {
            assert!(matches!(of(403, body), VenueError::InsufficientFunds { .. }), "{body}");
        }
        for (status, body) in [
            (401, r#"{"message":"unauthorized."}"#),
            (403, r#"{"message":"forbidden."}"#),
            (403, r#"{"code":40110000,"message":"access key verification failed"}"#),
        ] {
            assert!(matches!(of(status, body), VenueError::KeyRefused { .. }), "{body}");
        }
        let repeat = of(422, r#"{"code":40010001,"message":"client_order_id must be unique"}"#);
        assert_eq!(repeat.effect(), Effect::Unknown, "{repeat}");
        let short = of(403, r#"{"code":40310000,"message":"account is not allowed to short"}"#);
        assert!(matches!(short, VenueError::Rejected { .. }));
        assert!(is_not_found(&of(404, r#"{"code":40410000,"message":"order not found for x"}"#)));
        assert!(is_not_cancelable(&of(422, r#"{"code":42210000,"message":"order is not cancelable"}"#)));
        assert!(!is_not_cancelable(&repeat));
    }

    #[test]
    fn what_the_engine_never_answered_is_in_doubt_and_the_rest_is_not() {
        for status in [301, 302, 408] {
            assert_eq!(of(status, "").effect(), Effect::Unknown, "{status}");
        }
        for status in [400, 401, 403, 404, 405, 409, 410, 422, 451] {
            for body in ["", "{}", "[]", "{\"code\":[1],\"message\":null}", "<html>"] {
                assert_eq!(of(status, body).effect(), Effect::None, "{status} {body}");
            }
        }
        assert!(of(403, &format!("{{\"message\":\"{}\\n\"}}", "x".repeat(100_000))).to_string().len() < 1000);
    }
}
