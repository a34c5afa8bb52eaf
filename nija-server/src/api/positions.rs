//! Positions.

use axum::{Json, extract::State, http::HeaderMap, response::Response};
use nija_client::wire;
use nija_core::PositionId;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    body::{PathId, StrictQuery},
    new_order, orders,
    page::{self, PageQuery},
};
use crate::{
    auth::CurrentUser,
    openapi::{BadQuery, Missing, SignedIn},
    problem::ApiResult,
    state::AppState,
    wire as to_wire,
};

/// Open positions at their venues' newest prices, largest first.
#[utoipa::path(get, path = "/v1/positions/open", operation_id = "open_positions", tag = "positions",
    responses((status = 200, body = [wire::Position]), SignedIn))]
pub(super) async fn open(
    State(app): State<AppState>,
    user: CurrentUser,
) -> ApiResult<Json<Vec<wire::Position>>> {
    let account = app.platform.engine().account(user.id).await?;
    Ok(Json(to_wire::open_positions(&account)))
}

/// Closed positions, newest first.
#[utoipa::path(get, path = "/v1/positions/closed", operation_id = "closed_positions", tag = "positions", params(PageQuery),
    responses((status = 200, body = wire::Page<wire::Position>), BadQuery, SignedIn))]
pub(super) async fn closed(
    State(app): State<AppState>,
    user: CurrentUser,
    StrictQuery(query): StrictQuery<PageQuery>,
) -> ApiResult<Json<wire::Page<wire::Position>>> {
    let positions = app.platform.ledger().closed_positions(user.id, query.request()?).await?;
    Ok(Json(page::page(positions, |position| to_wire::position(&position, None))))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CloseQuery {
    /// Holds the answer until the order is settled or this many milliseconds are over: at most 10000.
    #[param(maximum = 10000)]
    wait_ms: Option<u64>,
}

/// Closes a whole position at the market. No limit, pause or breaker holds it up.
#[utoipa::path(post, path = "/v1/positions/{id}/close", operation_id = "close_position", tag = "positions",
    params(("id" = String, Path), CloseQuery,
        ("Idempotency-Key" = Option<String>, Header, description = "Names the closing order: the same key answers with the same order")),
    responses((status = 201, body = wire::Order), (status = 200, description = "Seen before", body = wire::Order),
              (status = 422, description = "`no_execution_venue_available`", body = wire::Problem, content_type = "application/problem+json"), BadQuery, Missing, SignedIn))]
pub(super) async fn close(
    State(app): State<AppState>,
    user: CurrentUser,
    PathId(id): PathId<PositionId>,
    StrictQuery(query): StrictQuery<CloseQuery>,
    headers: HeaderMap,
) -> ApiResult<Response> {
    let wait = orders::wait(query.wait_ms)?;
    let name = new_order::client_order_id(&app, &headers, None)?;
    let submitted = app.platform.engine().close_position(user.id, &id, name).await?;
    orders::answer(&app, user.id, submitted, wait, orders::WaitFor::Settled).await
}
