//! What all settings have in common: a version that is read as `ETag` and sent back as `If-Match`, so that nobody overwrites what they did not see.

use axum::{
    Json,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::{
    auth::sha256,
    problem::{ApiResult, Problem, kinds},
};

/// Names what stands.
pub(super) fn version(standing: &impl Serialize) -> ApiResult<String> {
    let text = serde_json::to_vec(standing).map_err(Problem::internal)?;
    Ok(format!("\"{}\"", hex::encode(&sha256(&text)[..16])))
}

/// Refuses a change that is based on other settings than these, or that does not say on which.
pub(super) fn based_on(headers: &HeaderMap, standing: &impl Serialize) -> ApiResult<()> {
    let tag = headers.get(header::IF_MATCH).and_then(|value| value.to_str().ok()).ok_or_else(|| {
        Problem::new(kinds::IF_MATCH_NEEDED, "send the ETag of the settings that you change as If-Match")
    })?;
    if version(standing)? == tag { Ok(()) } else { Err(changed_meanwhile()) }
}

/// Somebody else was faster.
pub(super) fn changed_meanwhile() -> Problem {
    Problem::new(kinds::SETTINGS_CHANGED, "the settings were changed meanwhile; read them again")
}

/// Settings with their version as `ETag`.
pub(super) fn tagged(version: &str, body: impl Serialize) -> ApiResult<Response> {
    let tag = HeaderValue::try_from(version).map_err(Problem::internal)?;
    Ok(([(header::ETAG, tag)], Json(body)).into_response())
}
