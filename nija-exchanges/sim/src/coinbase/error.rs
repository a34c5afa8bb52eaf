//! Coinbase's refusals.

use crate::venue::Answer;
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::borrow::Cow;

/// A refusal of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    status: StatusCode,
    error: &'static str,
    message: Cow<'static, str>,
}

impl Refusal {
    /// The venue's plain-text 401, whatever is wrong with the token.
    pub(super) const UNAUTHORIZED: Self = Self::fixed(StatusCode::UNAUTHORIZED, "", "Unauthorized\n");
    pub(super) const SCOPES: Self =
        Self::fixed(StatusCode::FORBIDDEN, "PERMISSION_DENIED", "Missing required scopes");
    // The code's name is not documented; the status is.
    pub(super) const RATE: Self =
        Self::fixed(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMIT_EXCEEDED", "too many requests");
    pub(super) const UNAVAILABLE: Self =
        Self::fixed(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", "service unavailable");
    pub(super) const PRODUCT: Self =
        Self::fixed(StatusCode::NOT_FOUND, "NOT_FOUND", "valid product_id is required");
    pub(super) const ORDER: Self =
        Self::fixed(StatusCode::NOT_FOUND, "NOT_FOUND", "order with this orderID was not found");
    pub(super) const PATH: Self = Self::fixed(StatusCode::NOT_FOUND, "NOT_FOUND", "Not Found");
    pub(super) const METHOD: Self =
        Self::fixed(StatusCode::METHOD_NOT_ALLOWED, "UNIMPLEMENTED", "Method Not Allowed");

    const fn fixed(status: StatusCode, error: &'static str, message: &'static str) -> Self {
        Self { status, error, message: Cow::Borrowed(message) }
    }

    /// 400 `INVALID_ARGUMENT`.
    pub(super) fn argument(message: impl Into<Cow<'static, str>>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error: "INVALID_ARGUMENT", message: message.into() }
    }

    /// 400 for a field that is not known, or not simulated.
    pub(super) fn field(name: &str) -> Self {
        let clean: String = name.chars().filter(char::is_ascii_graphic).take(60).collect();
        Self::argument(format!("unknown field \"{clean}\""))
    }

    pub(super) fn answer(&self) -> Answer {
        if self.status == StatusCode::UNAUTHORIZED {
            return Answer::new(self.status, "text/plain; charset=utf-8", self.message.clone());
        }
        let body = json!({ "error": self.error, "error_details": self.message, "message": self.message });
        Answer::json(self.status, &body)
    }
}

/// A refusal of an order, which comes with status 200.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OrderRefusal {
    pub(super) error: &'static str,
    pub(super) preview: &'static str,
    pub(super) message: &'static str,
}

/// Says nothing: the other reason does.
pub(super) const UNKNOWN: &str = "UNKNOWN_FAILURE_REASON";
pub(super) const UNKNOWN_PREVIEW: &str = "UNKNOWN_PREVIEW_FAILURE_REASON";

impl OrderRefusal {
    pub(super) const fn new(error: &'static str, preview: &'static str, message: &'static str) -> Self {
        Self { error, preview, message }
    }

    /// The `error_response` of Create Order.
    pub(super) fn json(&self) -> Value {
        json!({
            "error": self.error,
            "message": self.message,
            "error_details": "",
            "preview_failure_reason": self.preview,
            "new_order_failure_reason": self.error,
        })
    }
}
