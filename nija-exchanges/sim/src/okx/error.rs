//! OKX's refusals: a code, a message, and the status that they travel with.

use crate::venue::Answer;
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::borrow::Cow;

/// `{"code": ..., "msg": ...}`, or inside `data` `{"sCode": ..., "sMsg": ...}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OkxError {
    pub(super) status: StatusCode,
    pub(super) code: u32,
    pub(super) msg: Cow<'static, str>,
}

/// What a call comes to.
pub(super) type Result<T> = std::result::Result<T, OkxError>;

impl OkxError {
    /// With status 200, as most.
    pub(super) fn new(code: u32, msg: impl Into<Cow<'static, str>>) -> Self {
        Self { status: StatusCode::OK, code, msg: msg.into() }
    }

    pub(super) fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    fn unauthorized(code: u32, msg: impl Into<Cow<'static, str>>) -> Self {
        Self::new(code, msg).status(StatusCode::UNAUTHORIZED)
    }

    fn bad(code: u32, msg: impl Into<Cow<'static, str>>) -> Self {
        Self::new(code, msg).status(StatusCode::BAD_REQUEST)
    }

    pub(super) fn empty_header(code: u32, name: &str) -> Self {
        Self::unauthorized(code, format!("Request header \"{name}\" cannot be empty."))
    }

    pub(super) fn passphrase() -> Self {
        Self::unauthorized(50105, "Request header \"OK-ACCESS-PASSPHRASE\" incorrect.")
    }

    pub(super) fn key() -> Self {
        Self::unauthorized(50111, "Invalid OK-ACCESS-KEY.")
    }

    pub(super) fn timestamp() -> Self {
        Self::unauthorized(50112, "Invalid OK-ACCESS-TIMESTAMP.")
    }

    pub(super) fn late() -> Self {
        Self::unauthorized(50102, "Timestamp request expired.")
    }

    pub(super) fn signature() -> Self {
        Self::unauthorized(50113, "Invalid signature.")
    }

    pub(super) fn permission() -> Self {
        Self::new(50120, "This API key doesn't have permission to use this function")
    }

    pub(super) fn method() -> Self {
        Self::new(50115, "Invalid request method.").status(StatusCode::METHOD_NOT_ALLOWED)
    }

    /// The documentation does not show this one.
    pub(super) fn path() -> Self {
        Self::new(404, "Not Found").status(StatusCode::NOT_FOUND)
    }

    pub(super) fn no_body() -> Self {
        Self::bad(50000, "Body for POST request cannot be empty.")
    }

    pub(super) fn json() -> Self {
        Self::bad(50002, "JSON syntax error")
    }

    pub(super) fn content_type() -> Self {
        Self::bad(50006, "Invalid Content-Type. Please use \"application/JSON\".")
    }

    pub(super) fn empty(name: &str) -> Self {
        Self::bad(50014, format!("Parameter {name} can not be empty."))
    }

    pub(super) fn either(one: &str, other: &str) -> Self {
        Self::bad(50015, format!("Either parameter {one} or {other} is required"))
    }

    /// A parameter that cannot be read, is not known, or is not simulated.
    pub(super) fn parameter(name: &str) -> Self {
        let clean: String = name.chars().filter(char::is_ascii_graphic).take(60).collect();
        Self::bad(51000, format!("Parameter {clean} error"))
    }

    pub(super) fn instrument() -> Self {
        Self::new(51001, "Instrument ID, Instrument ID code or Spread ID doesn't exist.")
    }

    pub(super) fn insufficient(ccy: &str) -> Self {
        Self::new(51008, format!("Order failed. Insufficient {ccy} balance in account"))
    }

    pub(super) fn no_order() -> Self {
        Self::new(51603, "Order does not exist")
    }

    pub(super) fn rate(status: StatusCode) -> Self {
        let msg = match status {
            StatusCode::OK => {
                "Rate limit reached. Please refer to API documentation and throttle requests accordingly."
            }
            _ => "Too Many Requests",
        };
        Self::new(50011, msg).status(status)
    }

    /// Maintenance: nothing is carried out.
    pub(super) fn unavailable() -> Self {
        Self::new(50001, "Service temporarily unavailable. Please try again later.")
            .status(StatusCode::SERVICE_UNAVAILABLE)
    }

    /// It may have been carried out or not.
    pub(super) fn timeout() -> Self {
        let msg = "API endpoint request timeout. (does not mean that the request was successful or failed, please check \
                   the request result).";
        Self::bad(50004, msg)
    }

    pub(super) fn answer(&self) -> Answer {
        let body = json!({ "code": self.code.to_string(), "data": [], "msg": self.msg });
        Answer::json(self.status, &body)
    }

    /// What failed as one of several results.
    pub(super) fn item(&self, mut with: Value) -> Value {
        with["sCode"] = json!(self.code.to_string());
        with["sMsg"] = json!(self.msg);
        with
    }
}
