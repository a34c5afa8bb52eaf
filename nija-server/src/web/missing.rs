//! What stands in for a dashboard that was not built.

use axum::{
    http::StatusCode,
    response::{Html, IntoResponse, Response},
};

const PAGE: &str = r#"<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>NIJA</title></head>
<body>
<h1>The dashboard is not built yet</h1>
<p>The server works; its web page has not been built. Run <code>make web</code> in the project's folder and load this page
again. The API is described at <a href="/docs/">/docs</a>.</p>
</body>
</html>
"#;

pub(super) fn page() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, Html(PAGE)).into_response()
}
