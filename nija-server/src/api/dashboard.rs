//! The account at a glance.

use axum::{Json, extract::State};
use nija_client::wire;
use nija_core::PageRequest;

use super::{activity, bot};
use crate::{auth::CurrentUser, openapi::SignedIn, problem::ApiResult, state::AppState, wire as to_wire};

/// Newest lines of activity in the overview.
const RECENT: usize = 8;

/// Everything that the dashboard's first screen shows, taken at one moment.
#[utoipa::path(get, path = "/v1/dashboard/overview", tag = "dashboard",
    responses((status = 200, body = wire::Overview), SignedIn))]
pub(super) async fn overview(
    State(app): State<AppState>,
    user: CurrentUser,
) -> ApiResult<Json<wire::Overview>> {
    let newest = PageRequest { before: None, limit: RECENT };
    let engine = app.platform.engine();
    let (account, recent) =
        tokio::join!(engine.account(user.id), activity::lines(&app, user.id, None, newest));
    let account = account?;
    let bot = bot::status(&app, user.id, account.paused);
    Ok(Json(to_wire::overview(&account, bot, recent?.items, app.now())))
}
