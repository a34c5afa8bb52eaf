//! Metrics for Prometheus.

use axum::{
    extract::{ConnectInfo, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use std::net::SocketAddr;

use crate::{
    metrics::VaultState,
    problem::{ApiResult, Problem, kinds},
    state::{App, AppState},
};

/// What proxies say of whom they speak for.
const FORWARDED: [&str; 5] = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"];

/// Metrics in Prometheus' text format, for callers on the same machine. With `metrics_listen` they are served there alone.
#[utoipa::path(get, path = "/metrics", tag = "operations", security(()),
    responses((status = 200, content_type = "text/plain", body = String),
              (status = 403, description = "`forbidden`: not from this machine", body = nija_client::wire::Problem, content_type = "application/problem+json")))]
pub(super) async fn metrics(
    State(app): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    // A proxy on this machine is no caller on this machine: it speaks for somebody else, also where it does not say for whom.
    let forwarded = app.proxies.trust(peer.ip()) || FORWARDED.iter().any(|name| headers.contains_key(*name));
    if app.config.metrics_listen.is_some() || forwarded || !peer.ip().to_canonical().is_loopback() {
        return Err(Problem::new(
            kinds::FORBIDDEN,
            "metrics are for this machine, or at the address of metrics_listen",
        ));
    }
    Ok(text(&app))
}

/// The same, for the private listener: whoever reaches it may read it.
pub(super) async fn private(State(app): State<AppState>) -> Response {
    text(&app)
}

fn text(app: &App) -> Response {
    let books = app.platform.books();
    let vault = VaultState {
        health: books.health(),
        leases: books.leases(),
        keys: app.platform.vault_keys().keys(),
        now: app.now(),
    };
    let engine = app.platform.engine();
    let (venues, lost) = (engine.venues(), engine.lost_venues());
    let body = app.metrics.render(&venues, &lost, app.streams.total(), &vault);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], body).into_response()
}
