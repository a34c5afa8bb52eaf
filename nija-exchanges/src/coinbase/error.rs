//! Coinbase's refusals in our words.
//!
//! Refusals come in three forms (Advanced Trade, "Errors" and the answers of Create Order): a plain-text 401; a 4xx with
//! `error`, `message` and `error_details`; and a 200 with `success: false` and a reason. A reason that says nothing
//! (`UNKNOWN_...`) or speaks of an inner failure leaves an order in doubt: looking it up is cheap, buying twice is not.

use nija_core::{LimitScope, VenueError, VenueId};
use reqwest::StatusCode;

use super::wire::Failure;
use crate::transport::HttpAnswer;

/// The error of an answer by its status, if it is one.
pub(super) fn refused(venue: &VenueId, answer: &HttpAnswer) -> Option<VenueError> {
    if !answer.status.is_client_error() {
        return None;
    }
    let failure: Failure = serde_json::from_str(&answer.body)
        .unwrap_or_else(|_| Failure { message: Some(answer.body.clone()), ..Failure::default() });
    let venue = venue.clone();
    let message = words(&failure);
    Some(match answer.status {
        // One text for a wrong key, a wrong signature, an address that the key does not allow, and a clock that is off.
        StatusCode::UNAUTHORIZED => VenueError::KeyRefused {
            venue,
            message: format!(
                "{message}: the key or its secret is wrong, expired, or not allowed from this address"
            ),
        },
        StatusCode::FORBIDDEN => VenueError::KeyRefused { venue, message },
        _ => classify(venue, &failure, message, answer.status.as_str()),
    })
}

/// A refused order.
pub(super) fn order_refused(venue: &VenueId, failure: &Failure) -> VenueError {
    classify(venue.clone(), failure, words(failure), "UNKNOWN_FAILURE_REASON")
}

fn classify(venue: VenueId, failure: &Failure, message: String, otherwise: &str) -> VenueError {
    let code = code(failure).unwrap_or(otherwise);
    let code: String = code.chars().filter(|c| c.is_ascii_graphic()).take(80).collect();
    let upper = code.to_ascii_uppercase();
    match upper.as_str() {
        "INSUFFICIENT_FUND"
        | "INSUFFICIENT_FUNDS"
        | "PREVIEW_INSUFFICIENT_FUND"
        | "PREVIEW_INSUFFICIENT_FUNDS"
        | "INVALID_LEDGER_BALANCE"
        | "PREVIEW_INVALID_LEDGER_BALANCE"
        | "PREVIEW_INSUFFICIENT_LEDGER_BALANCE" => VenueError::InsufficientFunds { venue, message },
        "PERMISSION_DENIED" | "UNAUTHENTICATED" | "UNAUTHORIZED" => VenueError::KeyRefused { venue, message },
        "ORDER_ENTRY_DISABLED" | "PREVIEW_ORDER_ENTRY_DISABLED" => VenueError::Unavailable { venue, message },
        "RESOURCE_EXHAUSTED" | "RATE_LIMIT" | "RATE_LIMIT_EXCEEDED" => {
            VenueError::RateLimited { venue, scope: LimitScope::Account, banned: false, retry_after: None }
        }
        unclear if doubtful(unclear) => {
            VenueError::AnswerLost { venue, message: format!("{message} ({code})") }
        }
        _ => VenueError::Rejected { venue, code, message },
    }
}

/// The most telling of a failure's codes.
fn code(failure: &Failure) -> Option<&str> {
    let codes =
        [&failure.new_order_failure_reason, &failure.error, &failure.preview_failure_reason].into_iter();
    let mut codes = codes.filter_map(|code| code.as_deref()).filter(|code| !code.is_empty());
    let first = codes.clone().next();
    codes.find(|code| !code.to_ascii_uppercase().starts_with("UNKNOWN")).or(first)
}

/// What leaves open whether the engine has the order.
fn doubtful(code: &str) -> bool {
    [
        "UNKNOWN",
        "INTERNAL",
        "DEADLINE_EXCEEDED",
        "UNAVAILABLE",
        "ABORTED",
        "CANCELLED",
        "DATA_LOSS",
        "TIMEOUT",
    ]
    .iter()
    .any(|sign| code.starts_with(sign))
}

/// What the venue says, at a sane length and without line breaks: it goes to users and logs.
fn words(failure: &Failure) -> String {
    let said = [&failure.message, &failure.error_details, &failure.error];
    let mut said = said.into_iter().filter_map(|text| text.as_deref()).map(str::trim);
    let said = said.find(|text| !text.is_empty()).unwrap_or("no reason given");
    said.chars().filter(|c| !c.is_control()).take(300).collect()
}

/// Whether a refusal says that there is no such order or product.
pub(super) fn is_not_found(error: &VenueError) -> bool {
    matches!(error, VenueError::Rejected { code, .. } if matches!(code.as_str(), "NOT_FOUND" | "404"))
}

/// Whether a refused order named a product that there is not.
pub(super) fn is_unknown_product(error: &VenueError) -> bool {
    matches!(error, VenueError::Rejected { code, .. }
        if matches!(code.as_str(), "INVALID_PRODUCT_ID" | "PREVIEW_INVALID_PRODUCT_ID"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija_core::Effect;

    fn venue() -> VenueId {
        VenueId::new("coinbase").unwrap()
    }

    fn order(json: &str) -> VenueError {
        order_refused(&venue(), &serde_json::from_str(json).unwrap())
    }

    fn answer(status: u16, body: &str) -> Option<VenueError> {
        let status = StatusCode::from_u16(status).unwrap();
        refused(&venue(), &HttpAnswer { status, body: body.to_owned(), retry_after: None })
    }

    #[test]
    fn each_refusal_of_an_order_has_its_kind() {
        let poor = order(
            r#"{"error":"INSUFFICIENT_FUND","message":"Insufficient balance in source account","error_details":"","preview_failure_reason":"PREVIEW_INSUFFICIENT_FUND"}"#,
        );
        assert!(matches!(poor, VenueError::InsufficientFunds { .. }), "{poor}");
        let preview = order(
            r#"{"error":"UNKNOWN_FAILURE_REASON","message":"","preview_failure_reason":"PREVIEW_INVALID_BASE_SIZE_TOO_SMALL","new_order_failure_reason":"UNKNOWN_FAILURE_REASON"}"#,
        );
        assert!(
            matches!(&preview, VenueError::Rejected { code, .. } if code == "PREVIEW_INVALID_BASE_SIZE_TOO_SMALL"),
            "{preview}"
        );
        assert!(is_unknown_product(&order(r#"{"error":"INVALID_PRODUCT_ID"}"#)));
        assert!(matches!(order(r#"{"error":"ORDER_ENTRY_DISABLED"}"#), VenueError::Unavailable { .. }));
    }

    #[test]
    fn each_status_has_its_kind() {
        assert!(matches!(answer(401, "Unauthorized\n"), Some(VenueError::KeyRefused { .. })));
        let scopes = r#"{"error":"PERMISSION_DENIED","error_details":"Missing required scopes","message":"Missing required scopes"}"#;
        assert!(matches!(answer(403, scopes), Some(VenueError::KeyRefused { .. })));
        let unknown = answer(404, r#"{"error":"NOT_FOUND","message":"order not found"}"#).unwrap();
        assert!(is_not_found(&unknown) && is_not_found(&answer(404, "").unwrap()));
        let invalid =
            answer(400, r#"{"error":"INVALID_ARGUMENT","message":"account_id is required"}"#).unwrap();
        assert!(
            matches!(&invalid, VenueError::Rejected { code, .. } if code == "INVALID_ARGUMENT"),
            "{invalid}"
        );
        assert_eq!(answer(200, "{}"), None);
    }

    #[test]
    fn what_says_nothing_or_failed_within_is_in_doubt_and_the_rest_is_not() {
        for json in [
            r#"{"error":"UNKNOWN_FAILURE_REASON"}"#,
            r#"{"error":"INTERNAL"}"#,
            r#"{"error":"unknown","error_details":"?"}"#,
            r#"{"new_order_failure_reason":"UNKNOWN_FAILURE_REASON","preview_failure_reason":"UNKNOWN_PREVIEW_FAILURE_REASON"}"#,
            "{}",
        ] {
            assert_eq!(order(json).effect(), Effect::Unknown, "{json}");
        }
        for json in [
            r#"{"error":"INVALID_LIMIT_PRICE_POST_ONLY"}"#,
            r#"{"error":"SOMETHING_NEW"}"#,
            r#"{"new_order_failure_reason":"COMMANDER_REJECTED_NEW_ORDER"}"#,
        ] {
            assert_eq!(order(json).effect(), Effect::None, "{json}");
        }
        for status in [400, 401, 403, 404, 422] {
            assert_eq!(answer(status, "<html></html>").unwrap().effect(), Effect::None, "{status}");
        }
    }

    #[test]
    fn words_are_cut_to_size() {
        let long = "x".repeat(100_000);
        assert!(answer(400, &long).unwrap().to_string().len() < 1000);
        assert!(order(&format!(r#"{{"error":"{long}"}}"#)).to_string().len() < 1000);
    }
}
