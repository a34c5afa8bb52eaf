//! The account at a glance.

use axum::{Json, extract::State};
use nija_client::wire;
use nija_core::PageRequest;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{activity, body::StrictQuery, bot};
use crate::{
    auth::CurrentUser,
    openapi::{BadQuery, SignedIn},
    problem::{ApiResult, Problem, kinds},
    state::AppState,
    wire as to_wire,
};

/// Newest lines of activity in the overview.
const RECENT: usize = 8;
/// Days of the curve in one answer.
const MOST_DAYS: usize = 366;

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

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct EquityQuery {
    /// The newest so many days that have fills: 1 to 366, 90 when missing.
    #[param(minimum = 1, maximum = 366)]
    days: Option<usize>,
}

/// What was won and lost on each UTC day, and the total up to then, by quote currency: the realised equity curve, oldest first.
#[utoipa::path(get, path = "/v1/dashboard/equity", tag = "dashboard", params(EquityQuery),
    responses((status = 200, body = [wire::EquityDay]), BadQuery, SignedIn))]
pub(super) async fn equity(
    State(app): State<AppState>,
    user: CurrentUser,
    StrictQuery(query): StrictQuery<EquityQuery>,
) -> ApiResult<Json<Vec<wire::EquityDay>>> {
    let most = query.days.unwrap_or(90);
    if !(1..=MOST_DAYS).contains(&most) {
        return Err(Problem::new(kinds::QUERY_INVALID, format!("days must be 1 to {MOST_DAYS}")));
    }
    let days = app.platform.ledger().realised_by_day(user.id).await?;
    Ok(Json(to_wire::equity_days(&days, most)))
}
