//! Pause and resume: while paused nothing new is opened; exits always go through.

use axum::{Json, extract::State};
use nija_client::wire;
use nija_core::{Timestamp, UserId};

use crate::{
    auth::CurrentUser,
    openapi::SignedIn,
    problem::ApiResult,
    state::{App, AppState},
};

/// Pauses: entries are refused until resumed, exits go through.
#[utoipa::path(post, path = "/v1/bot/pause", operation_id = "pause_bot", tag = "dashboard", responses((status = 200, body = wire::BotStatus), SignedIn))]
pub(super) async fn pause(
    State(app): State<AppState>,
    user: CurrentUser,
) -> ApiResult<Json<wire::BotStatus>> {
    set(&app, user.id, true).await
}

/// Resumes.
#[utoipa::path(post, path = "/v1/bot/resume", operation_id = "resume_bot", tag = "dashboard", responses((status = 200, body = wire::BotStatus), SignedIn))]
pub(super) async fn resume(
    State(app): State<AppState>,
    user: CurrentUser,
) -> ApiResult<Json<wire::BotStatus>> {
    set(&app, user.id, false).await
}

async fn set(app: &App, user: UserId, paused: bool) -> ApiResult<Json<wire::BotStatus>> {
    let was_paused = app.platform.ledger().paused(user).await?.is_some();
    let since = app.platform.engine().set_paused(user, paused).await?;
    if was_paused && !paused {
        app.resumed.lock().insert(user, app.now());
    }
    Ok(Json(status(app, user, since)))
}

/// The bot's state as it crosses the wire. It runs since it was resumed, or since the server started.
pub(crate) fn status(app: &App, user: UserId, paused: Option<Timestamp>) -> wire::BotStatus {
    let running_since = || app.resumed.lock().get(&user).copied().unwrap_or(app.started_at);
    wire::BotStatus {
        state: if paused.is_some() { "paused" } else { "running" }.to_owned(),
        since: paused.unwrap_or_else(running_since).to_string(),
    }
}
