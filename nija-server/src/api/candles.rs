//! Candles.

use axum::{
    Json,
    extract::{Path, State},
};
use nija_client::wire;
use nija_core::{CandleInterval, VenueId};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{body::StrictQuery, new_order};
use crate::{
    auth::CurrentUser,
    openapi::{BadQuery, SignedIn},
    problem::{ApiResult, Problem, kinds},
    state::AppState,
    wire as to_wire,
};

const MOST: usize = 720;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CandlesQuery {
    /// The venue; the platform chooses one that lists the symbol when missing.
    venue: Option<String>,
    /// `1m`, `5m` (default), `15m`, `1h` or `1d`.
    #[serde(default = "five_minutes")]
    #[param(value_type = Option<String>)]
    interval: CandleInterval,
    /// The newest so many: 1 to 720, 100 when missing.
    #[param(minimum = 1, maximum = 720)]
    limit: Option<usize>,
}

const fn five_minutes() -> CandleInterval {
    CandleInterval::FiveMinutes
}

/// The newest candles of a symbol, oldest first. The last one is still growing.
#[utoipa::path(get, path = "/v1/markets/{symbol}/candles", tag = "markets",
    params(("symbol" = String, Path, description = "Canonical symbol, `BTC-USD`"), CandlesQuery),
    responses((status = 200, body = [wire::Candle]),
              (status = 422, description = "`symbol_unknown`, `venue_unknown`", body = wire::Problem, content_type = "application/problem+json"), BadQuery, SignedIn))]
pub(super) async fn candles(
    State(app): State<AppState>,
    _: CurrentUser,
    Path(symbol): Path<String>,
    StrictQuery(query): StrictQuery<CandlesQuery>,
) -> ApiResult<Json<Vec<wire::Candle>>> {
    let symbol = new_order::symbol(&symbol)?;
    let venue: Option<VenueId> =
        query.venue.as_deref().map(|name| new_order::venue(&app, name)).transpose()?;
    new_order::listed(&app, &symbol, venue.as_ref())?;
    let limit = query.limit.unwrap_or(100);
    if !(1..=MOST).contains(&limit) {
        return Err(Problem::new(kinds::QUERY_INVALID, format!("limit must be 1 to {MOST}")));
    }
    let candles = app.platform.engine().candles(venue.as_ref(), &symbol, query.interval, limit).await?;
    Ok(Json(candles.iter().map(to_wire::candle).collect()))
}
