//! A user's own limits: tightening holds at once, loosening after a while and with the password once more.

use axum::{extract::State, http::HeaderMap, response::Response};
use nija_client::wire;
use nija_core::{RiskSettings, RiskStanding, UserId};
use zeroize::Zeroizing;

use super::{body::StrictJson, settings};
use crate::{
    auth::{CurrentUser, is_password},
    openapi::{Invalid, SignedIn},
    problem::{ApiResult, Problem, kinds},
    state::{App, AppState},
    wire as to_wire,
};

/// The caller's limits as they hold now, and a loosening that waits. The `ETag` goes back as `If-Match` of a change.
#[utoipa::path(get, path = "/v1/settings/risk", operation_id = "risk_settings", tag = "settings",
    responses((status = 200, body = wire::RiskSettings, headers(("ETag" = String))), SignedIn))]
pub(super) async fn get(State(app): State<AppState>, user: CurrentUser) -> ApiResult<Response> {
    let standing = app.platform.engine().risk_settings(user.id).await?;
    answer(&app, user.id, &standing).await
}

/// Sets the caller's limits. Field by field: what becomes tighter holds at once; what becomes looser needs the password in the body, and holds
/// after the platform's delay unless it is taken back before. A change replaces a loosening that waits.
#[utoipa::path(put, path = "/v1/settings/risk", operation_id = "change_risk_settings", tag = "settings",
    params(("If-Match" = String, Header, description = "The `ETag` that the change is based on")),
    request_body = wire::ChangeRiskSettings,
    responses((status = 200, body = wire::RiskSettings, headers(("ETag" = String))),
              (status = 403, description = "`password_needed` or `password_refused`", body = wire::Problem, content_type = "application/problem+json"),
              (status = 412, description = "`settings_changed`: read them again", body = wire::Problem, content_type = "application/problem+json"),
              (status = 428, description = "`if_match_needed`", body = wire::Problem, content_type = "application/problem+json"),
              Invalid, SignedIn))]
pub(super) async fn change(
    State(app): State<AppState>,
    user: CurrentUser,
    headers: HeaderMap,
    StrictJson(mut change): StrictJson<wire::ChangeRiskSettings>,
) -> ApiResult<Response> {
    let password = change.password.take().map(Zeroizing::new);
    let wanted = to_wire::wanted_limits(&change).map_err(|what| Problem::new(kinds::LIMITS_INVALID, what))?;
    let seen = seen(&app, user.id, &headers).await?;
    if loosens(&app, &seen, &wanted) {
        let password = password.ok_or_else(|| {
            Problem::new(kinds::PASSWORD_NEEDED, "a limit becomes looser: send your password with the change")
        })?;
        if !is_password(&app, user.id, password).await? {
            let what = "the password is wrong; nothing was changed";
            return Err(Problem::new(kinds::PASSWORD_REFUSED, what));
        }
    }
    let changed = app.platform.engine().change_risk_settings(user.id, &seen, wanted).await;
    let changed = changed.map_err(|error| match error {
        nija::router::EngineError::Invalid(what) => Problem::new(kinds::LIMITS_INVALID, what),
        other => other.into(),
    })?;
    answer(&app, user.id, &changed.ok_or_else(settings::changed_meanwhile)?).await
}

/// Takes back a loosening that waits; that there is none is no error.
#[utoipa::path(delete, path = "/v1/settings/risk/pending", operation_id = "keep_risk_settings", tag = "settings",
    responses((status = 200, body = wire::RiskSettings, headers(("ETag" = String))), SignedIn))]
pub(super) async fn keep(State(app): State<AppState>, user: CurrentUser) -> ApiResult<Response> {
    let engine = app.platform.engine();
    let seen = engine.risk_settings(user.id).await?;
    let kept = engine.keep_risk_settings(user.id, &seen).await?.ok_or_else(settings::changed_meanwhile)?;
    answer(&app, user.id, &kept).await
}

/// Whether a change allows anything that does not hold now.
fn loosens(app: &App, seen: &RiskStanding, wanted: &RiskSettings) -> bool {
    !wanted.is_within(seen.at(app.now()))
}

async fn seen(app: &App, user: UserId, headers: &HeaderMap) -> ApiResult<RiskStanding> {
    let standing = app.platform.engine().risk_settings(user).await?;
    settings::based_on(headers, &standing)?;
    Ok(standing)
}

async fn answer(app: &App, user: UserId, standing: &RiskStanding) -> ApiResult<Response> {
    let effective = app.platform.engine().effective_limits(user).await?;
    // The loosening that waits is part of what stands.
    let version = settings::version(standing)?;
    let delay = app.config.engine.limits.loosening_delay;
    let body = to_wire::risk_settings(standing, &effective, delay, app.now(), version.clone());
    settings::tagged(&version, body)
}
