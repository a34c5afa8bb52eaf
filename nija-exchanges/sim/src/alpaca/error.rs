//! Alpaca's refusals.

use crate::engine::Reject;
use crate::venue::Answer;
use axum::http::StatusCode;
use serde_json::{Value, json};

/// A status with `{"code": ..., "message": ...}`.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    code: Option<u64>,
    message: String,
    more: Vec<(&'static str, String)>,
}

pub(crate) type Result<T> = std::result::Result<T, Refusal>;

impl Refusal {
    fn new(status: StatusCode, code: Option<u64>, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), more: Vec::new() }
    }

    /// The key is wrong.
    pub(crate) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, None, "unauthorized.")
    }

    /// The key is right and may not do this.
    pub(crate) fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, None, "forbidden.")
    }

    /// 40310000 covers all that an account may not do.
    pub(crate) fn not_allowed(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, Some(40_310_000), message)
    }

    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, Some(40_410_000), what)
    }

    pub(crate) fn no_endpoint() -> Self {
        Self::new(StatusCode::NOT_FOUND, None, "endpoint not found.")
    }

    /// A parameter is wrong.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, Some(40_010_001), message)
    }

    /// It cannot be done as things are.
    pub(crate) fn unprocessable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, Some(42_210_000), message)
    }

    pub(crate) fn bad_json() -> Self {
        Self::new(StatusCode::BAD_REQUEST, Some(40_010_000), "request body format is invalid")
    }

    pub(crate) fn too_many() -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, None, "too many requests.")
    }

    /// The gateway's own word for an outage.
    pub(crate) fn unavailable() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, Some(50_310_000), "service unavailable")
    }

    /// Adds a field.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.more.push((name, value.into()));
        self
    }

    /// The words for an engine's refusal. Funds are told by the caller, who knows the amounts.
    pub(crate) fn from_reject(reject: &Reject, min_cost: rust_decimal::Decimal) -> Self {
        match reject {
            Reject::InsufficientFunds => Self::not_allowed("insufficient balance"),
            Reject::UnknownOrder => Self::not_found("order not found"),
            Reject::MinQty => Self::not_allowed("qty must be >= the asset's min_order_size"),
            Reject::MinCost => Self::not_allowed(format!(
                "cost basis must be >= minimal amount of order {}",
                min_cost.normalize()
            )),
            Reject::PriceDecimals | Reject::Tick => Self::unprocessable(
                "invalid price: sub-penny increment does not fulfill minimum pricing criteria",
            ),
            Reject::Quantity => Self::unprocessable("qty increment does not fulfill the asset's rules"),
            Reject::Price => Self::invalid("invalid price"),
            Reject::PostOnly => Self::invalid("post only is not supported"),
            Reject::DuplicateClientId => Self::invalid("client_order_id must be unique"),
            Reject::FillOrKill => Self::unprocessable("order cannot be filled whole"),
            Reject::Expiry => Self::unprocessable("the order's session is over"),
            Reject::TooManyOrders => Self::not_allowed("too many open orders"),
        }
    }

    pub(crate) fn json(&self) -> Value {
        let mut out = json!({ "message": self.message });
        if let Some(code) = self.code {
            out["code"] = json!(code);
        }
        for (name, value) in &self.more {
            out[*name] = json!(value);
        }
        out
    }

    pub(crate) fn answer(&self) -> Answer {
        Answer::json(self.status, &self.json())
    }
}
