//! How venues are chosen for a user: the user's own policy and weights, over the platform's.

use axum::{extract::State, http::HeaderMap, response::Response};
use nija_client::wire;
use nija_core::{RoutingPolicy, RoutingPreference, Weights};

use super::{body::StrictJson, settings};
use crate::{
    auth::CurrentUser,
    openapi::{Invalid, SignedIn},
    problem::{ApiResult, Problem, kinds},
    state::{App, AppState},
};

/// How venues are chosen for the caller. The `ETag` goes back as `If-Match` of a change.
#[utoipa::path(get, path = "/v1/settings/routing", operation_id = "routing_settings", tag = "trading",
    responses((status = 200, body = wire::RoutingSettings, headers(("ETag" = String))), SignedIn))]
pub(super) async fn get(State(app): State<AppState>, user: CurrentUser) -> ApiResult<Response> {
    answer(&app, app.platform.engine().routing_preference(user.id).await?)
}

/// Sets how venues are chosen for the caller, from the next order on. What is left out follows the platform again.
#[utoipa::path(put, path = "/v1/settings/routing", operation_id = "change_routing_settings", tag = "trading",
    params(("If-Match" = String, Header, description = "The `ETag` that the change is based on")),
    request_body = wire::ChangeRoutingSettings,
    responses((status = 200, body = wire::RoutingSettings, headers(("ETag" = String))),
              (status = 412, description = "`settings_changed`: read them again", body = wire::Problem, content_type = "application/problem+json"),
              (status = 428, description = "`if_match_needed`", body = wire::Problem, content_type = "application/problem+json"),
              Invalid, SignedIn))]
pub(super) async fn change(
    State(app): State<AppState>,
    user: CurrentUser,
    headers: HeaderMap,
    StrictJson(change): StrictJson<wire::ChangeRoutingSettings>,
) -> ApiResult<Response> {
    let wanted = preference(&change)?;
    let engine = app.platform.engine();
    let seen = engine.routing_preference(user.id).await?;
    settings::based_on(&headers, &seen)?;
    let changed = engine.change_routing_preference(user.id, seen, wanted).await?;
    answer(&app, changed.ok_or_else(settings::changed_meanwhile)?)
}

fn preference(change: &wire::ChangeRoutingSettings) -> ApiResult<RoutingPreference> {
    let refused = |what: String| Problem::new(kinds::ROUTING_INVALID, what);
    let policy = match change.policy.as_deref() {
        None => None,
        Some("weighted_score") => Some(RoutingPolicy::WeightedScore),
        Some("expected_cost") => Some(RoutingPolicy::ExpectedCost),
        Some(_) => return Err(refused("policy must be weighted_score or expected_cost".to_owned())),
    };
    let weights = change.weights.as_ref().map(|weights| Weights {
        fees: weights.fees,
        reliability: weights.reliability,
        latency: weights.latency,
        load: weights.load,
        record: weights.record,
    });
    if let Some(weights) = weights {
        weights.check().map_err(|error| refused(error.to_string()))?;
    }
    Ok(RoutingPreference { policy, weights })
}

fn answer(app: &App, preference: RoutingPreference) -> ApiResult<Response> {
    let standard = &app.config.routing;
    let version = settings::version(&preference)?;
    let body = wire::RoutingSettings {
        policy: preference.policy.map(|policy| policy.as_str().to_owned()),
        weights: preference.weights.as_ref().map(weights),
        effective_policy: preference.policy.unwrap_or(standard.policy).as_str().to_owned(),
        effective_weights: weights(&preference.weights.unwrap_or(standard.weights)),
        version: version.clone(),
    };
    settings::tagged(&version, body)
}

fn weights(weights: &Weights) -> wire::RoutingWeights {
    wire::RoutingWeights {
        fees: weights.fees,
        reliability: weights.reliability,
        latency: weights.latency,
        load: weights.load,
        record: weights.record,
    }
}
