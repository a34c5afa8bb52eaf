//! Dispatching REST requests and writing the envelope.

use super::error::KrakenError;
use super::params::Params;
use super::{private, public};
use crate::faults::{Fault, FaultKind};
use crate::venue::{Answer, Venue};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

/// Carries out one request.
pub(crate) fn handle(venue: &Venue, parts: &Parts, body: &[u8], fault: Option<&Fault>) -> Answer {
    match fault.map(|fault| fault.kind) {
        Some(FaultKind::RateLimit) => {
            let on_order = parts.uri.path().ends_with("/AddOrder");
            return envelope(Err(if on_order { KrakenError::ORDER_RATE } else { KrakenError::API_RATE }));
        }
        Some(FaultKind::Unavailable) => return envelope(Err(KrakenError::UNAVAILABLE)),
        Some(FaultKind::InvalidNonce) => return envelope(Err(KrakenError::INVALID_NONCE)),
        _ => {}
    }
    let path = parts.uri.path();
    if let Some(method) = path.strip_prefix("/0/public/") {
        return envelope(public_params(parts, body).and_then(|params| public::call(venue, method, &params)));
    }
    if let Some(method) = path.strip_prefix("/0/private/") {
        if parts.method != Method::POST {
            return envelope(Err(KrakenError::UNKNOWN_METHOD));
        }
        return envelope(private::call(venue, method, parts, body, fault));
    }
    let mut answer = envelope(Err(KrakenError::UNKNOWN_METHOD));
    answer.status = StatusCode::NOT_FOUND;
    answer
}

fn envelope(result: Result<Value, KrakenError>) -> Answer {
    let body = match result {
        Ok(result) => json!({ "error": [], "result": result }),
        Err(error) => json!({ "error": [error.0] }),
    };
    Answer::new(StatusCode::OK, "application/json", body.to_string())
}

fn public_params(parts: &Parts, body: &[u8]) -> Result<Params, KrakenError> {
    let query = parts.uri.query().unwrap_or_default().as_bytes();
    // Old clients POST public calls too, with the parameters in the body.
    Params::from_form(if query.is_empty() { body } else { query })
}
