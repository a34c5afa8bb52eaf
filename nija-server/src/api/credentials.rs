//! Exchange keys: sealed on the user's device, opened by the signer alone, never returned.

use axum::{Json, extract::State, http::StatusCode};
use base64::{Engine, prelude::BASE64_STANDARD};
use nija_client::{PublishedKeys, wire};
use nija_core::{CredentialId, CredentialMeta, CredentialStatus, CustodyMode, SealedCredential, VenueId};

use super::body::{PathId, StrictJson};
use crate::{
    auth::CurrentUser,
    openapi::{Invalid, Missing, SignedIn},
    problem::{ApiResult, Problem, kinds},
    state::AppState,
};

const SUITE: &str = "DHKEM_X25519_HKDF_SHA256-HKDF_SHA256-AES_256_GCM";
/// Longest label.
const LABEL: usize = 64;

/// The public keys to seal a credential to, signed by the vault: pin its key, and seal to the first that it signed for.
#[utoipa::path(get, path = "/v1/credentials/sealing-key", operation_id = "sealing_key", tag = "credentials",
    responses((status = 200, body = wire::SealingKeys), SignedIn))]
pub(super) async fn sealing_key(
    State(app): State<AppState>,
    _: CurrentUser,
) -> ApiResult<Json<wire::SealingKeys>> {
    let key = app.platform.vault().sealing_key().await?;
    let signed = app.platform.published_keys()?;
    Ok(Json(wire::SealingKeys {
        key_id: key.key_id,
        public_key: BASE64_STANDARD.encode(key.public_key),
        suite: SUITE.to_owned(),
        signed: PublishedKeys { payload: signed.payload, signer: signed.signer, signature: signed.signature },
    }))
}

/// Takes up a sealed key: the venue is asked what it may do, and one that can withdraw is refused.
#[utoipa::path(post, path = "/v1/credentials/store", operation_id = "store_credential", tag = "credentials", request_body = wire::StoreCredential,
    responses((status = 201, body = wire::Credential),
              (status = 404, description = "`venue_not_found`", body = wire::Problem, content_type = "application/problem+json"), Invalid, SignedIn))]
pub(super) async fn store(
    State(app): State<AppState>,
    user: CurrentUser,
    StrictJson(request): StrictJson<wire::StoreCredential>,
) -> ApiResult<(StatusCode, Json<wire::Credential>)> {
    let unknown = |_| {
        Problem::new(
            kinds::VENUE_NOT_FOUND,
            "this server does not trade there; GET /v1/venues lists where it does",
        )
    };
    let venue = VenueId::new(&request.venue).map_err(unknown)?;
    let label = request.label.trim();
    if !(1..=LABEL).contains(&label.chars().count()) || label.chars().any(char::is_control) {
        let what = format!("label must be 1 to {LABEL} characters without control characters");
        return Err(Problem::new(kinds::CREDENTIAL_INVALID, what));
    }
    let sealed = SealedCredential {
        key_id: request.key_id,
        encapsulated_key: decode("encapsulated_key", &request.encapsulated_key)?,
        ciphertext: decode("ciphertext", &request.ciphertext)?,
    };
    let stored = app.platform.store_credential(user.id, &venue, label, &sealed).await?;
    Ok((StatusCode::CREATED, Json(to_wire(stored))))
}

/// The caller's keys, newest first, without their secrets.
#[utoipa::path(get, path = "/v1/credentials", operation_id = "list_credentials", tag = "credentials",
    responses((status = 200, body = [wire::Credential]), SignedIn))]
pub(super) async fn list(
    State(app): State<AppState>,
    user: CurrentUser,
) -> ApiResult<Json<Vec<wire::Credential>>> {
    let credentials = app.platform.vault().list(user.id).await?;
    Ok(Json(credentials.into_iter().map(to_wire).collect()))
}

/// Makes a key unusable at once. Orders that rest at the venue stay there.
#[utoipa::path(delete, path = "/v1/credentials/{id}", operation_id = "revoke_credential", tag = "credentials", params(("id" = String, Path)),
    responses((status = 204, description = "Revoked"), Missing, SignedIn))]
pub(super) async fn revoke(
    State(app): State<AppState>,
    user: CurrentUser,
    PathId(id): PathId<CredentialId>,
) -> ApiResult<StatusCode> {
    let vault = app.platform.vault();
    let known = vault.list(user.id).await?.into_iter().find(|it| it.id == id);
    let known = known.ok_or_else(|| Problem::new(kinds::NOT_FOUND, "you have no such credential"))?;
    if known.status == CredentialStatus::Active {
        vault.revoke(user.id, id).await?;
        app.platform.engine().disconnect(user.id, &known.venue).await;
    }
    Ok(StatusCode::NO_CONTENT)
}

fn decode(field: &str, text: &str) -> ApiResult<Vec<u8>> {
    BASE64_STANDARD
        .decode(text)
        .map_err(|_| Problem::new(kinds::CREDENTIAL_INVALID, format!("{field} must be base64 with padding")))
}

fn to_wire(it: CredentialMeta) -> wire::Credential {
    let unknown = it.rights.can_trade.is_none() && it.rights.names.is_empty();
    wire::Credential {
        id: it.id.to_string(),
        venue: it.venue.to_string(),
        label: it.label,
        version: it.version,
        custody: match it.custody {
            CustodyMode::Delegated => "delegated",
            CustodyMode::Session => "session",
            CustodyMode::Device => "device",
        }
        .to_owned(),
        status: match it.status {
            CredentialStatus::Active => "active",
            CredentialStatus::Revoked => "revoked",
            CredentialStatus::Destroyed => "destroyed",
        }
        .to_owned(),
        rights: if unknown { vec!["unknown".to_owned()] } else { it.rights.names },
        created_at: it.created_at.to_string(),
    }
}
