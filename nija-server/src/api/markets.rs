//! What can be traded.

use axum::{Json, extract::State};
use nija_client::wire;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{body::StrictQuery, new_order};
use crate::{
    auth::CurrentUser,
    openapi::{BadQuery, SignedIn},
    problem::ApiResult,
    state::AppState,
    wire as to_wire,
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct MarketsQuery {
    /// Only this canonical symbol, `BTC-USD`.
    symbol: Option<String>,
}

/// What can be traded and where, with the venue's rules, its prices and the caller's fees.
#[utoipa::path(get, path = "/v1/markets", tag = "markets", params(MarketsQuery),
    responses((status = 200, body = [wire::Market]), BadQuery, SignedIn))]
pub(super) async fn markets(
    State(app): State<AppState>,
    user: CurrentUser,
    StrictQuery(query): StrictQuery<MarketsQuery>,
) -> ApiResult<Json<Vec<wire::Market>>> {
    let symbol = query.symbol.as_deref().map(new_order::symbol).transpose()?;
    let engine = app.platform.engine();
    let (instruments, market) = (engine.instruments(), engine.market());
    let wanted = instruments
        .iter()
        .filter(|it| it.tradable && symbol.as_ref().is_none_or(|symbol| it.symbol == *symbol));
    let rows = wanted.map(|it| to_wire::market(it, &market, engine.fees(user.id, &it.venue, &it.symbol)));
    Ok(Json(rows.collect()))
}
