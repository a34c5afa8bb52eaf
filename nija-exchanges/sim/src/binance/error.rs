//! Binance's errors: a code, a message, and the status that they travel with.

use crate::engine::Reject;
use axum::http::StatusCode;

/// `{"code": ..., "msg": ...}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BinanceError {
    pub(crate) status: StatusCode,
    pub(crate) code: i64,
    pub(crate) msg: String,
    /// Seconds to wait, for a `Retry-After`.
    pub(crate) retry_after: Option<i64>,
}

impl BinanceError {
    pub(crate) fn new(code: i64, msg: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code, msg: msg.into(), retry_after: None }
    }

    pub(crate) fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    pub(crate) fn mandatory(name: &str) -> Self {
        Self::new(-1102, format!("Mandatory parameter '{name}' was not sent, was empty/null, or malformed."))
    }

    pub(crate) fn illegal(name: &str, range: &str) -> Self {
        Self::new(-1100, format!("Illegal characters found in parameter '{name}'; legal range is '{range}'."))
    }

    pub(crate) fn not_required(name: &str) -> Self {
        Self::new(-1106, format!("Parameter '{name}' sent when not required."))
    }

    pub(crate) fn combination() -> Self {
        Self::new(-1128, "Combination of optional parameters invalid.")
    }

    pub(crate) fn symbol() -> Self {
        Self::new(-1121, "Invalid symbol.")
    }

    pub(crate) fn filter(name: &str) -> Self {
        Self::new(-1013, format!("Filter failure: {name}"))
    }

    pub(crate) fn rejected(msg: &str) -> Self {
        Self::new(-2010, msg)
    }

    pub(crate) fn no_such_order() -> Self {
        Self::new(-2013, "Order does not exist.")
    }

    pub(crate) fn cancel_rejected() -> Self {
        Self::new(-2011, "Unknown order sent.")
    }

    pub(crate) fn list_cancel_rejected() -> Self {
        Self::new(-2011, "Unknown order list sent.")
    }

    pub(crate) fn bad_key_format() -> Self {
        Self::new(-2014, "API-key format invalid.").status(StatusCode::UNAUTHORIZED)
    }

    pub(crate) fn key_refused() -> Self {
        Self::new(-2015, "Invalid API-key, IP, or permissions for action.").status(StatusCode::UNAUTHORIZED)
    }

    pub(crate) fn signature() -> Self {
        Self::new(-1022, "Signature for this request is not valid.")
    }

    pub(crate) fn late() -> Self {
        Self::new(-1021, "Timestamp for this request is outside of the recvWindow.")
    }

    pub(crate) fn ahead() -> Self {
        Self::new(-1021, "Timestamp for this request was 1000ms ahead of the server's time.")
    }

    pub(crate) fn unsupported() -> Self {
        Self::new(-1020, "This operation is not supported.")
    }

    /// What the venue's outage looks like; nothing was carried out, and the client cannot know.
    pub(crate) fn outage() -> Self {
        Self::new(-1001, "Internal error; unable to process your request. Please try again.")
            .status(StatusCode::SERVICE_UNAVAILABLE)
    }

    /// The answer of the engine did not come in time: the request may have been carried out.
    pub(crate) fn timeout() -> Self {
        let msg = "Timeout waiting for response from backend server. Send status unknown; execution status unknown.";
        Self::new(-1007, msg).status(StatusCode::GATEWAY_TIMEOUT)
    }

    /// The words for an engine's refusal.
    pub(crate) fn from_reject(reject: &Reject) -> Self {
        match reject {
            Reject::InsufficientFunds => {
                Self::rejected("Account has insufficient balance for requested action.")
            }
            Reject::UnknownOrder => Self::cancel_rejected(),
            Reject::MinQty | Reject::Quantity => Self::filter("LOT_SIZE"),
            Reject::MinCost => Self::filter("NOTIONAL"),
            Reject::PriceDecimals | Reject::Tick | Reject::Price => Self::filter("PRICE_FILTER"),
            Reject::PostOnly => Self::rejected("Order would immediately match and take."),
            Reject::DuplicateClientId => Self::rejected("Duplicate order sent."),
            // A FOK order that cannot be filled is accepted and expires; the caller sees to that.
            Reject::FillOrKill => Self::rejected("Order would not fill."),
            Reject::Expiry => Self::combination(),
            Reject::TooManyOrders => Self::filter("MAX_NUM_ORDERS"),
        }
    }
}
