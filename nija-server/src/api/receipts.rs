//! What orders really cost.

use axum::{Json, extract::State};
use nija_client::wire;
use nija_core::OrderId;

use super::body::PathId;
use crate::{
    auth::CurrentUser,
    openapi::{Missing, SignedIn},
    problem::{ApiResult, Problem, kinds},
    state::AppState,
    wire as to_wire,
};

/// An order's receipt: expected against realised price, fees, slippage and times, attempt by attempt and venue by venue; of an order
/// that never filled, why. Slippage and costs are positive where they are worse for the user.
#[utoipa::path(get, path = "/v1/orders/{id}/receipt", operation_id = "order_receipt", tag = "trading", params(("id" = String, Path)),
    responses((status = 200, body = wire::OrderReceipt), Missing, SignedIn))]
pub(super) async fn receipt(
    State(app): State<AppState>,
    user: CurrentUser,
    PathId(id): PathId<OrderId>,
) -> ApiResult<Json<wire::OrderReceipt>> {
    let receipt = app.platform.engine().receipt(user.id, id).await?;
    let receipt = receipt.ok_or_else(|| Problem::new(kinds::NOT_FOUND, "you have no such order"))?;
    Ok(Json(to_wire::receipt(&receipt)))
}
