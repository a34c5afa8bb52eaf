//! Strict bodies and queries: unknown fields, wrong types and other media are refused with words that help.

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Query, Request, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use serde::de::DeserializeOwned;
use std::str::FromStr;

use crate::problem::{Problem, kinds};

/// A JSON body.
pub(crate) struct StrictJson<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for StrictJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::new(
                kinds::MEDIA_TYPE,
                "send the body as JSON with Content-Type: application/json",
            ));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(|rejection| unread(&rejection))?;
        let mut json = serde_json::Deserializer::from_slice(&bytes);
        let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
            let path = error.path().to_string();
            invalid(&path, error.inner())
        })?;
        json.end().map_err(|error| invalid(".", &error))?;
        Ok(Self(value))
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

fn unread(rejection: &BytesRejection) -> Problem {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Problem::new(kinds::BODY_TOO_LARGE, "the body is too large; no call needs that much")
    } else {
        Problem::new(kinds::REQUEST_INVALID, "the body ended before it was whole")
    }
}

/// serde's words name what is wrong. Its texts can quote the value, which could be a password: only where and what kind is passed on.
fn invalid(path: &str, error: &serde_json::Error) -> Problem {
    use serde_json::error::Category;
    let text = error.to_string();
    let place = if path == "." { String::new() } else { format!("{path}: ") };
    let what = match error.classify() {
        Category::Eof => "the JSON ends too early".to_owned(),
        Category::Syntax | Category::Io => {
            format!("not JSON at line {} column {}", error.line(), error.column())
        }
        Category::Data if text.contains("Decimal") => {
            "must be a decimal in quotes, for instance \"0.01\"".to_owned()
        }
        Category::Data => data_error(&text),
    };
    Problem::new(kinds::JSON_INVALID, format!("{place}{what}"))
}

fn data_error(text: &str) -> String {
    let text = text.split(" at line ").next().unwrap_or(text);
    let names_fields =
        ["unknown field", "missing field", "duplicate field"].iter().any(|start| text.starts_with(start));
    match text.split_once(", expected ") {
        _ if names_fields => text.chars().take(300).collect(),
        Some((_, expected)) => format!("expected {expected}"),
        None => "is not what this field takes".to_owned(),
    }
}

/// A query.
pub(crate) struct StrictQuery<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for StrictQuery<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Query::from_request_parts(parts, state).await.map(|Query(value)| Self(value)).map_err(|rejection| {
            let text: String = rejection.body_text().chars().take(300).collect();
            let text = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(&text).to_owned();
            Problem::new(kinds::QUERY_INVALID, text)
        })
    }
}

/// An id in the path. One that has not even the form of an id names nothing.
pub(crate) struct PathId<T>(pub(crate) T);

impl<T: FromStr, S: Send + Sync> FromRequestParts<S> for PathId<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let nothing = || Problem::new(kinds::NOT_FOUND, "you have nothing of this id");
        let Path(text) = Path::<String>::from_request_parts(parts, state).await.map_err(|_| nothing())?;
        text.parse().map(Self).map_err(|_| nothing())
    }
}
