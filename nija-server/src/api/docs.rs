//! `/openapi.json` and the page that shows it.

use axum::{
    Router,
    http::{HeaderValue, header},
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::state::AppState;

/// The page writes its styles and an inline font into itself; its scripts are files.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     connect-src 'self'; frame-ancestors 'none'; base-uri 'none'",
);

pub(super) fn router(document: &OpenApi) -> Router<AppState> {
    let json = Bytes::from(document.to_json().unwrap_or_default());
    let page: Router<AppState> =
        SwaggerUi::new("/docs").config(Config::from("/openapi.json").use_base_layout()).into();
    let page = page.layer(middleware::map_response(with_policy));
    let document =
        move || async move { ([(header::CONTENT_TYPE, "application/json")], json.clone()).into_response() };
    Router::new().route("/openapi.json", get(document)).merge(page)
}

async fn with_policy(mut response: Response) -> Response {
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, POLICY);
    response
}
