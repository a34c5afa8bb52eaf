//! The outermost layer: request id, time limit, panics, problem bodies, security headers, log and metrics.

use axum::{
    body::Body,
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::FutureExt;
use nija_core::Entropy;
use std::{panic::AssertUnwindSafe, time::Duration};
use tracing::Instrument;

use crate::{
    metrics,
    problem::{Kind, Problem, kinds},
    state::AppState,
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Runs a request and makes its answer presentable.
pub(crate) async fn edge(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let id = request_id(request.headers(), app.platform.entropy().as_ref());
    let method = request.method().clone();
    // The route, not the path: paths and queries hold ids and tickets.
    let route = request.extensions().get::<MatchedPath>().map_or("other", MatchedPath::as_str).to_owned();
    let is_api = request.uri().path().starts_with("/v1");
    let started = std::time::Instant::now();
    let limit = Duration::from_secs(app.config.limits.request_seconds);
    let span = tracing::info_span!("request", %id, %method, route);
    let work = AssertUnwindSafe(next.run(request)).catch_unwind();
    let mut response = match tokio::time::timeout(limit, work.instrument(span.clone())).await {
        Ok(Ok(response)) => response,
        Ok(Err(_panic)) => span.in_scope(|| Problem::internal("a handler panicked")).into_response(),
        Err(_elapsed) => {
            let detail = format!(
                "no answer within {} s; an order may have been taken up: ask for it",
                limit.as_secs()
            );
            Problem::new(kinds::TIMEOUT, detail).retry_after(1).into_response()
        }
    };
    if is_api {
        name_problem(&mut response, &method);
    }
    write_problem(&mut response, &id);
    security_headers(response.headers_mut(), is_api);
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    metrics::request(&method, &route, response.status(), started.elapsed());
    span.in_scope(|| tracing::debug!(status = response.status().as_u16(), "answered"));
    response
}

/// The caller's id where it is harmless, else a new one.
fn request_id(headers: &HeaderMap, entropy: &dyn Entropy) -> String {
    let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok()).filter(|id| {
        (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    });
    given.map_or_else(
        || {
            let mut bytes = [0u8; 12];
            entropy.fill(&mut bytes);
            hex::encode(bytes)
        },
        str::to_owned,
    )
}

/// Errors that axum made by itself become problems like ours.
fn name_problem(response: &mut Response, method: &Method) {
    let status = response.status();
    let failed = status.is_client_error() || status.is_server_error();
    if !failed || response.extensions().get::<Problem>().is_some() {
        return;
    }
    let (kind, detail): (Kind, String) = match status {
        StatusCode::NOT_FOUND => (kinds::NOT_FOUND, "there is no such path; /docs lists them all".into()),
        StatusCode::METHOD_NOT_ALLOWED => {
            let allowed = response
                .headers()
                .get(header::ALLOW)
                .and_then(|value| value.to_str().ok())
                .unwrap_or("others");
            (kinds::METHOD_NOT_ALLOWED, format!("this path does not take {method}; it takes {allowed}"))
        }
        StatusCode::PAYLOAD_TOO_LARGE => (kinds::BODY_TOO_LARGE, "the body is too large".into()),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            (kinds::MEDIA_TYPE, "send Content-Type: application/json".into())
        }
        status if status.is_client_error() => (
            kinds::REQUEST_INVALID,
            format!("the request was refused: {status}; /docs shows what it should look like"),
        ),
        _ => (kinds::INTERNAL, "something failed on our side".into()),
    };
    let allow = response.headers().get(header::ALLOW).cloned();
    *response = Problem::new(kind, detail).into_response();
    if let Some(allow) = allow {
        response.headers_mut().insert(header::ALLOW, allow);
    }
}

/// Gives a problem its body.
fn write_problem(response: &mut Response, id: &str) {
    let Some(problem) = response.extensions_mut().remove::<Problem>() else { return };
    tracing::debug!(code = problem.code(), "refused");
    if let Ok(body) = serde_json::to_vec(&problem.into_wire(id)) {
        response.headers_mut().remove(header::CONTENT_LENGTH);
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        *response.body_mut() = Body::from(body);
    }
}

/// What a browser is told about every answer. The dashboard sets a policy of its own.
fn security_headers(headers: &mut HeaderMap, is_api: bool) {
    let fixed: [(HeaderName, &'static str); 6] = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), geolocation=(), microphone=(), payment=()",
        ),
    ];
    // Room for these and what comes after at once: a map that grows hashes all its names anew.
    headers.reserve(fixed.len() + 3);
    for (name, value) in fixed {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    let nothing = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(nothing);
    if is_api {
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
}
