//! Why orders went where they went.

use axum::{Json, extract::State};
use nija_client::wire;

use super::{
    body::StrictQuery,
    page::{self, PageQuery},
};
use crate::{
    auth::CurrentUser,
    openapi::{BadQuery, SignedIn},
    problem::ApiResult,
    state::AppState,
    wire as to_wire,
};

/// The routing decisions of the caller's orders, newest first, with every candidate and its score.
#[utoipa::path(get, path = "/v1/routing/decisions", operation_id = "routing_decisions", tag = "trading", params(PageQuery),
    responses((status = 200, body = wire::Page<wire::RoutingDecision>), BadQuery, SignedIn))]
pub(super) async fn decisions(
    State(app): State<AppState>,
    user: CurrentUser,
    StrictQuery(query): StrictQuery<PageQuery>,
) -> ApiResult<Json<wire::Page<wire::RoutingDecision>>> {
    let decisions = app.platform.ledger().decisions(user.id, query.request()?).await?;
    Ok(Json(page::page(decisions, |(order, decision)| to_wire::decision(Some(order), &decision))))
}
