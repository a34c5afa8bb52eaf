//! The dashboard: the web build of `examples/mobile-app`, from inside the program.

mod missing;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use rust_embed::{EmbeddedFile, RustEmbed};
use std::path::{Component, Path};

use crate::problem::{Problem, kinds};

/// Debug builds read the folder as it is; others carry it inside.
#[derive(RustEmbed)]
#[folder = "../examples/mobile-app/dist"]
#[allow_missing = true]
struct Dashboard;

/// Scripts and styles from here alone. The hash is that of an empty style element: docs/adr/0004-style-csp.md.
const POLICY: &str = "default-src 'self'; script-src 'self'; \
    style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; img-src 'self' data:; \
    connect-src 'self' ws: wss:; frame-ancestors 'none'; base-uri 'none'";

/// Answers for every path that nothing else answers for.
pub(crate) async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path == "v1" || path.starts_with("v1/") {
        return Problem::new(kinds::NOT_FOUND, "there is no such path; /docs lists them all").into_response();
    }
    if method != Method::GET && method != Method::HEAD {
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")]).into_response();
    }
    match file(path) {
        Some((name, file)) => answer(name, &file, &headers),
        // A file that is gone must not be answered with a page: a browser would take it for the script.
        None if Path::new(path).extension().is_some() => {
            (StatusCode::NOT_FOUND, "There is no such file.\n").into_response()
        }
        None => page(&headers),
    }
}

/// Paths of the app itself: it reads them and shows the right screen.
fn page(headers: &HeaderMap) -> Response {
    match Dashboard::get("index.html") {
        Some(index) => answer("index.html", &index, headers),
        None => with_headers(missing::page(), "text/html; charset=utf-8", "no-store"),
    }
}

fn file(path: &str) -> Option<(&str, EmbeddedFile)> {
    // Only plain names: no `..`, no absolute path, no drive.
    let plain =
        !path.is_empty() && Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    let plain = plain && !path.contains(['%', '\\', '\0']);
    plain.then(|| Dashboard::get(path)).flatten().map(|file| (path, file))
}

fn answer(name: &str, file: &EmbeddedFile, headers: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", hex::encode(&file.metadata.sha256_hash()[..16]));
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let body = if known.split(',').any(|it| it.trim().trim_start_matches("W/") == tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Body::from(file.data.to_vec()).into_response()
    };
    let mut response = with_headers(body, &content_type(name, file), cache(name));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

fn with_headers(mut response: Response, content_type: &str, cache: &'static str) -> Response {
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(content_type) {
        headers.insert(header::CONTENT_TYPE, value);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(HeaderName::from_static("content-security-policy"), HeaderValue::from_static(POLICY));
    response
}

fn content_type(name: &str, file: &EmbeddedFile) -> String {
    let kind = file.metadata.mimetype();
    let text = kind.starts_with("text/")
        || kind == "application/javascript"
        || Path::new(name).extension().is_some_and(|it| it == "svg");
    if text { format!("{kind}; charset=utf-8") } else { kind.to_owned() }
}

/// Files whose name holds the hash of their content never change; the rest is asked for each time (and answered by its tag).
fn cache(name: &str) -> &'static str {
    let stem = Path::new(name).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let hashed = stem
        .rsplit(['-', '.'])
        .next()
        .is_some_and(|part| part.len() >= 16 && part.bytes().all(|b| b.is_ascii_hexdigit()));
    if hashed { "public, max-age=31536000, immutable" } else { "no-cache" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_are_looked_up() {
        for bad in ["../Cargo.toml", "a/../../x", "/etc/passwd", "a\\..\\b", "%2e%2e/x", ""] {
            assert!(file(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn files_named_by_their_content_may_be_kept_for_ever() {
        assert!(cache("_expo/static/js/web/entry-0123456789abcdef0123456789abcdef.js").contains("immutable"));
        assert!(cache("assets/icon.0123456789abcdef0123456789abcdef.png").contains("immutable"));
        for other in ["index.html", "base.css", "favicon.ico", "entry-dashboardlongname.js"] {
            assert_eq!(cache(other), "no-cache", "{other}");
        }
    }
}
