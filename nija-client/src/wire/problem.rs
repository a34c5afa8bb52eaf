//! Errors, as RFC 9457 problem details (`application/problem+json`).

use serde::{Deserialize, Serialize};

/// What went wrong and what to do about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// A URI that names the kind: `urn:nija:problem:<code>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// A short summary, the same for every problem of this kind.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// A stable code for programs, for instance `risk_refused`.
    pub code: String,
    /// What happened this time, and what to do.
    pub detail: String,
    /// The request id to tell support.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The order that the problem belongs to, where there is one (a refused order is on record too).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<super::Order>,
    /// Seconds to wait before trying again, where that helps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
}
