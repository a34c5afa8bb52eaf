//! Errors of the API, as RFC 9457 problem details with a stable code.

mod from;
pub(crate) mod kinds;

pub(crate) use kinds::Kind;

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use nija_client::wire;

/// An answer that tells what went wrong. The edge writes it out, with the request's id.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    kind: Kind,
    detail: String,
    order: Option<Box<wire::Order>>,
    retry_after: Option<u64>,
}

/// What handlers answer with.
pub(crate) type ApiResult<T> = Result<T, Problem>;

impl Problem {
    /// `detail` says what happened this time and what to do.
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), order: None, retry_after: None }
    }

    /// Something broke that the caller cannot mend. The log has the cause, the caller the request's id.
    pub(crate) fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(%cause, "a request failed");
        Self::new(
            kinds::INTERNAL,
            "something failed on our side; try again, and tell support the request id if it stays",
        )
    }

    /// Shows the order that the problem is about.
    pub(crate) fn order(mut self, order: wire::Order) -> Self {
        self.order = Some(Box::new(order));
        self
    }

    /// Says when to try again.
    pub(crate) const fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// The stable code.
    pub(crate) const fn code(&self) -> &'static str {
        self.kind.code
    }

    /// The problem as it crosses the wire.
    pub(crate) fn into_wire(self, request_id: &str) -> wire::Problem {
        wire::Problem {
            kind: format!("urn:nija:problem:{}", self.kind.code),
            title: self.kind.title.to_owned(),
            status: self.kind.status,
            code: self.kind.code.to_owned(),
            detail: self.detail,
            request_id: Some(request_id.to_owned()),
            order: self.order.map(|order| *order),
            retry_after: self.retry_after,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.kind.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = status.into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response.extensions_mut().insert(self);
        response
    }
}
