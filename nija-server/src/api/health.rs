//! Whether the server does well.

use axum::{Json, extract::State};
use nija_client::wire::{self, Health, PartHealth};
use std::time::Instant;

use super::venues::how;
use crate::{
    problem::{ApiResult, Problem, kinds},
    state::{App, AppState, Phase},
};

/// Every part and how it is. Always 200 while the process answers: look at `status`.
#[utoipa::path(get, path = "/health", tag = "operations", security(()), responses((status = 200, body = wire::Health)))]
pub(super) async fn health(State(app): State<AppState>) -> Json<Health> {
    Json(assess(&app).await)
}

/// Whether requests should be sent here: 200, or 503 while starting, shutting down or without storage.
#[utoipa::path(get, path = "/ready", tag = "operations", security(()),
    responses((status = 200, body = wire::Health),
              (status = 503, description = "`starting`, `draining`, `degraded`", body = wire::Problem, content_type = "application/problem+json")))]
pub(super) async fn ready(State(app): State<AppState>) -> ApiResult<Json<Health>> {
    match app.phase() {
        Phase::Starting => {
            return Err(
                Problem::new(kinds::STARTING, "orders of the last run are being reconciled").retry_after(1)
            );
        }
        Phase::Draining => {
            return Err(Problem::new(kinds::DRAINING, "the server is shutting down").retry_after(5));
        }
        Phase::Ready => {}
    }
    let health = assess(&app).await;
    let storage = |part: &&PartHealth| !part.name.starts_with("venue:") && part.status == "down";
    match health.parts.iter().find(storage) {
        Some(part) => Err(Problem::new(kinds::DEGRADED, format!("{} is down", part.name)).retry_after(5)),
        None => Ok(Json(health)),
    }
}

async fn assess(app: &App) -> Health {
    // Anybody may ask, as often as they like.
    let mut parts = app.storages.get(Instant::now, storages(app)).await;
    let engine = app.platform.engine();
    parts.extend(engine.venues().iter().chain(&engine.lost_venues()).map(|status| PartHealth {
        name: format!("venue:{}", status.venue),
        status: how(status).to_owned(),
        detail: status.detail.clone(),
    }));
    let status = match app.phase() {
        Phase::Starting => "starting",
        _ if parts.iter().any(|part| part.status != "up") => "degraded",
        _ => "ok",
    };
    Health { status: status.to_owned(), version: env!("CARGO_PKG_VERSION").to_owned(), parts }
}

async fn storages(app: &App) -> Vec<PartHealth> {
    let (ledger, vault) = (app.platform.ledger(), app.platform.vault());
    let (ledger, vault, accounts) =
        tokio::join!(ledger.active_symbols(), vault.sealing_key(), app.accounts.ping());
    vec![
        part("ledger", ledger.err().map(|error| error.to_string())),
        part("vault", vault.err().map(|error| error.to_string())),
        part("accounts", accounts.err().map(|error| error.to_string())),
    ]
}

fn part(name: &str, error: Option<String>) -> PartHealth {
    if let Some(error) = &error {
        tracing::error!(part = name, error, "a part is down");
    }
    // The cause can name files of the server; callers need not know.
    PartHealth {
        name: name.to_owned(),
        status: if error.is_some() { "down" } else { "up" }.to_owned(),
        detail: error.map(|_| "its storage does not answer; the log says why".to_owned()),
    }
}
