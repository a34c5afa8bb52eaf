//! The guided rotation of an exchange key: verify beside the old one, switch, retire the old one, or go back.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use nija::{KeyRotation, RotationStep};
use nija_client::wire;

use super::{
    body::StrictJson,
    credentials::{Sealed, rights_to_wire, venue_named},
};
use crate::{
    auth::CurrentUser,
    openapi::{Invalid, Rotating, SignedIn},
    problem::ApiResult,
    state::AppState,
};

/// Verifies a new key beside the one in use: its rights, and that it sees the orders that rest there. Nothing changes yet.
#[utoipa::path(post, path = "/v1/credentials/rotate", operation_id = "rotate_key", tag = "credentials", request_body = wire::StoreCredential,
    responses((status = 201, body = wire::KeyRotation), Invalid, SignedIn))]
pub(super) async fn begin(
    State(app): State<AppState>,
    user: CurrentUser,
    StrictJson(request): StrictJson<wire::StoreCredential>,
) -> ApiResult<(StatusCode, Json<wire::KeyRotation>)> {
    let Sealed { venue, label, sealed } = Sealed::read(request)?;
    let rotation = app.platform.rotate_key(user.id, &venue, &label, &sealed).await?;
    Ok((StatusCode::CREATED, Json(to_wire(rotation))))
}

/// The newest rotation at each venue, those that ended too.
#[utoipa::path(get, path = "/v1/credentials/rotate", operation_id = "list_key_rotations", tag = "credentials",
    responses((status = 200, body = [wire::KeyRotation]), SignedIn))]
pub(super) async fn list(
    State(app): State<AppState>,
    user: CurrentUser,
) -> ApiResult<Json<Vec<wire::KeyRotation>>> {
    let mut rotations = Vec::new();
    for status in app.platform.engine().venues() {
        rotations.extend(app.platform.rotation(user.id, &status.venue).await?.map(to_wire));
    }
    Ok(Json(rotations))
}

/// Puts the verified key in place of the old one and reconnects. When the venue refuses it, the old key is in use again.
#[utoipa::path(post, path = "/v1/credentials/rotate/{venue}/switch", operation_id = "switch_key", tag = "credentials", params(("venue" = String, Path)),
    responses((status = 200, body = wire::KeyRotation), Rotating, Invalid, SignedIn))]
pub(super) async fn switch(
    State(app): State<AppState>,
    user: CurrentUser,
    Path(venue): Path<String>,
) -> ApiResult<Json<wire::KeyRotation>> {
    Ok(Json(to_wire(app.platform.switch_key(user.id, &venue_named(&venue)?).await?)))
}

/// Destroys the old key once leases and audit log prove that nothing used it since the switch; else `problem` says what does.
#[utoipa::path(post, path = "/v1/credentials/rotate/{venue}/retire", operation_id = "retire_key", tag = "credentials", params(("venue" = String, Path)),
    responses((status = 200, body = wire::KeyRotation), Rotating, Invalid, SignedIn))]
pub(super) async fn retire(
    State(app): State<AppState>,
    user: CurrentUser,
    Path(venue): Path<String>,
) -> ApiResult<Json<wire::KeyRotation>> {
    Ok(Json(to_wire(app.platform.retire_key(user.id, &venue_named(&venue)?).await?)))
}

/// Goes back to the old key; before the switch the new one is forgotten.
#[utoipa::path(post, path = "/v1/credentials/rotate/{venue}/rollback", operation_id = "roll_back_key", tag = "credentials", params(("venue" = String, Path)),
    responses((status = 200, body = wire::KeyRotation), Rotating, Invalid, SignedIn))]
pub(super) async fn roll_back(
    State(app): State<AppState>,
    user: CurrentUser,
    Path(venue): Path<String>,
) -> ApiResult<Json<wire::KeyRotation>> {
    Ok(Json(to_wire(app.platform.roll_back_key(user.id, &venue_named(&venue)?).await?)))
}

fn to_wire(it: KeyRotation) -> wire::KeyRotation {
    wire::KeyRotation {
        venue: it.venue.to_string(),
        credential: it.credential.to_string(),
        step: match it.step {
            RotationStep::Verified => "verified",
            RotationStep::Switched => "switched",
            RotationStep::Retired => "retired",
            RotationStep::RolledBack => "rolled_back",
            RotationStep::Cancelled => "cancelled",
            _ => "switching",
        }
        .to_owned(),
        old_version: it.old_version,
        new_version: it.new_version,
        rights: rights_to_wire(it.rights),
        orders_seen: it.orders_seen,
        started_at: it.started_at.to_string(),
        switched_at: it.switched_at.map(|at| at.to_string()),
        ended_at: it.ended_at.map(|at| at.to_string()),
        problem: it.problem,
    }
}
