//! What guards positions, and the caller's own kill switch.

use axum::{Json, extract::State, http::StatusCode};
use nija_client::wire;
use nija_core::{KillScope, PositionId};
use serde::Deserialize;
use std::time::Duration;
use utoipa::IntoParams;

use super::{
    body::{PathId, StrictJson, StrictQuery},
    orders,
};
use crate::{
    auth::{CurrentUser, confirm},
    openapi::{Confirmed, Invalid, Missing, SignedIn},
    problem::{ApiResult, Problem, kinds},
    state::AppState,
    wire as to_wire,
};

/// What guards the caller's open positions; one that nothing guards is not in the list.
#[utoipa::path(get, path = "/v1/positions/protection", operation_id = "list_protections", tag = "positions",
    responses((status = 200, body = [wire::Protection]), SignedIn))]
pub(super) async fn list(
    State(app): State<AppState>,
    user: CurrentUser,
) -> ApiResult<Json<Vec<wire::Protection>>> {
    let all = app.platform.engine().protections(user.id).await?;
    Ok(Json(all.iter().map(to_wire::protection).collect()))
}

/// What guards an open position: 404 where nothing does.
#[utoipa::path(get, path = "/v1/positions/{id}/protection", operation_id = "get_protection", tag = "positions",
    params(("id" = String, Path)), responses((status = 200, body = wire::Protection), Missing, SignedIn))]
pub(super) async fn get(
    State(app): State<AppState>,
    user: CurrentUser,
    PathId(id): PathId<PositionId>,
) -> ApiResult<Json<wire::Protection>> {
    let all = app.platform.engine().protections(user.id).await?;
    let found = all.iter().find(|status| status.position == id).map(to_wire::protection);
    let nothing = || Problem::new(kinds::NOT_FOUND, "nothing guards a position of this id");
    Ok(Json(found.ok_or_else(nothing)?))
}

/// Guards an open position from now on: a stop, a trailing stop, up to three take-profits. It rests at the venue where the venue takes it
/// and is watched otherwise.
#[utoipa::path(put, path = "/v1/positions/{id}/protection", operation_id = "set_protection", tag = "positions",
    params(("id" = String, Path)), request_body = wire::NewProtection,
    responses((status = 200, body = wire::Protection), Invalid, Missing, SignedIn))]
pub(super) async fn set(
    State(app): State<AppState>,
    user: CurrentUser,
    PathId(id): PathId<PositionId>,
    StrictJson(wanted): StrictJson<wire::NewProtection>,
) -> ApiResult<Json<wire::Protection>> {
    let plan = to_wire::plan(&wanted)?;
    let status = app.platform.engine().protect(user.id, &id, plan).await?;
    Ok(Json(to_wire::protection(&status)))
}

/// Takes a position's protection away.
#[utoipa::path(delete, path = "/v1/positions/{id}/protection", operation_id = "remove_protection", tag = "positions",
    params(("id" = String, Path)),
    responses((status = 204, description = "Nothing guards it any more"),
        (status = 422, description = "This position must keep its stop", body = wire::Problem, content_type = "application/problem+json"), Missing, SignedIn))]
pub(super) async fn remove(
    State(app): State<AppState>,
    user: CurrentUser,
    PathId(id): PathId<PositionId>,
) -> ApiResult<StatusCode> {
    app.platform.engine().unprotect(user.id, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The kill switches that concern the caller: their own, and those of the platform and of venues.
#[utoipa::path(get, path = "/v1/kill-switch", operation_id = "kill_switches", tag = "trading",
    responses((status = 200, body = [wire::KillSwitch]), SignedIn))]
pub(super) async fn switches(
    State(app): State<AppState>,
    user: CurrentUser,
) -> ApiResult<Json<Vec<wire::KillSwitch>>> {
    let all = app.platform.engine().kill_switches(Some(user.id));
    Ok(Json(all.iter().map(to_wire::kill_switch).collect()))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct KillQuery {
    /// Holds the answer until everything is confirmed or this many milliseconds are over: at most 10000.
    #[param(maximum = 10000)]
    wait_ms: Option<u64>,
}

/// Throws the caller's kill switch or takes it off, which needs the password. Thrown, nothing is opened any more; every working order is cancelled and, with
/// `flatten`, every position closed at market. The answer names what is not confirmed; the work goes on after it.
#[utoipa::path(post, path = "/v1/kill-switch", operation_id = "set_kill_switch", tag = "trading", params(KillQuery),
    request_body = wire::SetKillSwitch,
    responses((status = 200, body = [wire::KillSwitch]), Confirmed, Invalid, SignedIn))]
pub(super) async fn set_switch(
    State(app): State<AppState>,
    user: CurrentUser,
    StrictQuery(query): StrictQuery<KillQuery>,
    StrictJson(wanted): StrictJson<wire::SetKillSwitch>,
) -> ApiResult<Json<Vec<wire::KillSwitch>>> {
    let wait = orders::wait(query.wait_ms)?.unwrap_or(Duration::ZERO);
    let engine = app.platform.engine();
    if wanted.on {
        engine.kill(user.id, KillScope::User, wanted.flatten, wait).await?;
    } else {
        confirm(&app, user.id, wanted.password).await?;
        engine.release_kill(user.id, KillScope::User).await?;
    }
    let all = engine.kill_switches(Some(user.id));
    Ok(Json(all.iter().map(to_wire::kill_switch).collect()))
}
