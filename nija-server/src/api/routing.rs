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

/// The routing decisions of the caller's orders, newest first, with every candidate and its score; and how each venue fared lately, over the
/// orders of all users: routes, success, answer time, slippage and fees.
#[utoipa::path(get, path = "/v1/routing/decisions", operation_id = "routing_decisions", tag = "trading", params(PageQuery),
    responses((status = 200, body = wire::RoutingDecisions), BadQuery, SignedIn))]
pub(super) async fn decisions(
    State(app): State<AppState>,
    user: CurrentUser,
    StrictQuery(query): StrictQuery<PageQuery>,
) -> ApiResult<Json<wire::RoutingDecisions>> {
    let decisions = app.platform.ledger().decisions(user.id, query.request()?).await?;
    let wire::Page { items, next_cursor } =
        page::page(decisions, |(order, decision)| to_wire::decision(Some(order), &decision));
    let stats = app.platform.engine().venues().iter().map(to_wire::routing_stats).collect();
    Ok(Json(wire::RoutingDecisions { items, next_cursor, stats }))
}
