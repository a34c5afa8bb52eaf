//! Venues.

use axum::{Json, extract::State};
use nija::router::VenueStatus;
use nija_client::wire;
use nija_core::{BreakerState, CredentialStatus};

use crate::{auth::CurrentUser, openapi::SignedIn, problem::ApiResult, state::AppState};

/// Every venue of this server, and whether the caller is connected to it.
#[utoipa::path(get, path = "/v1/venues", tag = "markets", responses((status = 200, body = [wire::Venue]), SignedIn))]
pub(super) async fn venues(
    State(app): State<AppState>,
    user: CurrentUser,
) -> ApiResult<Json<Vec<wire::Venue>>> {
    let credentials = app.platform.vault().list(user.id).await?;
    let has_key = |status: &VenueStatus| {
        credentials.iter().any(|it| it.venue == status.venue && it.status == CredentialStatus::Active)
    };
    let venues = app.platform.engine().venues();
    let wire = venues.iter().map(|status| wire::Venue {
        id: status.venue.to_string(),
        name: status.name.to_string(),
        status: how(status).to_owned(),
        latency_ms: status.health.latency.and_then(|latency| u64::try_from(latency.as_millis()).ok()),
        connected: !status.needs_credential || has_key(status),
        needs_credential: status.needs_credential,
    });
    Ok(Json(wire.collect()))
}

/// `up`, `degraded` or `down`.
pub(super) fn how(status: &VenueStatus) -> &'static str {
    match (status.up, status.health.breaker) {
        (false, _) | (_, BreakerState::Open) => "down",
        (true, BreakerState::HalfOpen) => "degraded",
        (true, BreakerState::Closed) => "up",
    }
}
