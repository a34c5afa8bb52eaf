//! Exchange keys: sealed on the user's device, opened by the signer alone, never returned.

use axum::{Json, extract::State, http::StatusCode};
use base64::{Engine, prelude::BASE64_STANDARD};
use nija::{KeyHealth, PlatformError};
use nija_client::{PublishedKeys, wire};
use nija_core::{
    CredentialId, CredentialMeta, CredentialStatus, CustodyMode, KeyRights, SealedCredential, VaultError,
    VenueId,
};

use super::body::{PathId, StrictJson};
use crate::{
    auth::{CurrentUser, confirm},
    openapi::{Confirmed, Invalid, Missing, SignedIn},
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
    let Sealed { venue, label, sealed } = Sealed::read(request)?;
    let stored = app.platform.store_credential(user.id, &venue, &label, &sealed).await?;
    Ok((StatusCode::CREATED, Json(to_wire(stored))))
}

/// Checks a sealed key with its venue without storing it: what it may do.
#[utoipa::path(post, path = "/v1/credentials/verify", operation_id = "verify_credential", tag = "credentials", request_body = wire::StoreCredential,
    responses((status = 200, body = [String]),
              (status = 404, description = "`venue_not_found`", body = wire::Problem, content_type = "application/problem+json"), Invalid, SignedIn))]
pub(super) async fn verify(
    State(app): State<AppState>,
    user: CurrentUser,
    StrictJson(request): StrictJson<wire::StoreCredential>,
) -> ApiResult<Json<Vec<String>>> {
    let Sealed { venue, sealed, .. } = Sealed::read(request)?;
    Ok(Json(rights_to_wire(app.platform.verify_credential(user.id, &venue, &sealed).await?)))
}

/// The caller's keys, newest first, without their secrets, and how each is doing.
#[utoipa::path(get, path = "/v1/credentials", operation_id = "list_credentials", tag = "credentials",
    responses((status = 200, body = [wire::Credential]), SignedIn))]
pub(super) async fn list(
    State(app): State<AppState>,
    user: CurrentUser,
) -> ApiResult<Json<Vec<wire::Credential>>> {
    let keys = app.platform.key_health(user.id, app.config.upkeep.remind_after).await?;
    Ok(Json(keys.into_iter().map(with_health).collect()))
}

/// Asks the venue now what a key may do, and answers with how it is. A key that may withdraw stops new positions.
#[utoipa::path(post, path = "/v1/credentials/{id}/check", operation_id = "check_credential", tag = "credentials", params(("id" = String, Path)),
    responses((status = 200, body = wire::Credential),
              (status = 409, description = "`credential_locked`, `credential_on_device`", body = wire::Problem, content_type = "application/problem+json"),
              (status = 422, description = "`not_connected`: the key is not in use any more", body = wire::Problem, content_type = "application/problem+json"),
              Missing, SignedIn))]
pub(super) async fn check(
    State(app): State<AppState>,
    user: CurrentUser,
    PathId(id): PathId<CredentialId>,
) -> ApiResult<Json<wire::Credential>> {
    let missing = || Problem::new(kinds::NOT_FOUND, "you have no such credential");
    let known = app.platform.vault().list(user.id).await?.into_iter().find(|it| it.id == id);
    let known = known.ok_or_else(missing)?;
    if known.status != CredentialStatus::Active {
        return Err(Problem::new(kinds::NOT_CONNECTED, "this key is not in use any more"));
    }
    app.platform.check_key(user.id, &known.venue).await?;
    let keys = app.platform.key_health(user.id, app.config.upkeep.remind_after).await?;
    keys.into_iter().find(|key| key.meta.id == id).map(|key| Json(with_health(key))).ok_or_else(missing)
}

/// Makes a key unusable at once. Orders that rest at the venue stay there.
#[utoipa::path(delete, path = "/v1/credentials/{id}", operation_id = "revoke_credential", tag = "credentials", params(("id" = String, Path)),
    responses((status = 204, description = "Revoked"), Missing, SignedIn))]
pub(super) async fn revoke(
    State(app): State<AppState>,
    user: CurrentUser,
    PathId(id): PathId<CredentialId>,
) -> ApiResult<StatusCode> {
    app.platform.revoke_key(user.id, id).await.map_err(unknown)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a key unusable at once, and destroys what is stored of it in all versions: there is no way back. Needs the password. Orders that rest at
/// the venue stay there; the key's record and its lines in the log stay too.
#[utoipa::path(post, path = "/v1/credentials/{id}/destroy", operation_id = "destroy_credential", tag = "credentials", params(("id" = String, Path)),
    request_body = wire::DestroyCredential,
    responses((status = 204, description = "Destroyed"), Missing, Confirmed, Invalid, SignedIn))]
pub(super) async fn destroy(
    State(app): State<AppState>,
    user: CurrentUser,
    PathId(id): PathId<CredentialId>,
    StrictJson(request): StrictJson<wire::DestroyCredential>,
) -> ApiResult<StatusCode> {
    confirm(&app, user.id, Some(request.password)).await?;
    app.platform.destroy_key(user.id, id).await.map_err(unknown)?;
    Ok(StatusCode::NO_CONTENT)
}

fn unknown(error: PlatformError) -> Problem {
    match error {
        PlatformError::Vault(VaultError::NoSuchCredential { .. }) => {
            Problem::new(kinds::NOT_FOUND, "you have no such credential")
        }
        other => other.into(),
    }
}

/// A sealed key as it was sent, in order.
pub(super) struct Sealed {
    pub(super) venue: VenueId,
    pub(super) label: String,
    pub(super) sealed: SealedCredential,
}

impl Sealed {
    pub(super) fn read(request: wire::StoreCredential) -> ApiResult<Self> {
        let wire::StoreCredential { venue, label, key_id, encapsulated_key, ciphertext } = request;
        Ok(Self {
            label: label_of(&label)?,
            venue: venue_named(&venue)?,
            sealed: sealed_of(wire::SealedBlob { key_id, encapsulated_key, ciphertext })?,
        })
    }
}

/// A label that can be shown.
pub(super) fn label_of(text: &str) -> ApiResult<String> {
    let label = text.trim();
    if !(1..=LABEL).contains(&label.chars().count()) || label.chars().any(char::is_control) {
        let what = format!("label must be 1 to {LABEL} characters without control characters");
        return Err(Problem::new(kinds::CREDENTIAL_INVALID, what));
    }
    Ok(label.to_owned())
}

/// What a device sealed, as bytes.
pub(super) fn sealed_of(blob: wire::SealedBlob) -> ApiResult<SealedCredential> {
    Ok(SealedCredential {
        key_id: blob.key_id,
        encapsulated_key: decode("encapsulated_key", &blob.encapsulated_key)?,
        ciphertext: decode("ciphertext", &blob.ciphertext)?,
    })
}

/// A venue's id.
pub(super) fn venue_named(name: &str) -> ApiResult<VenueId> {
    VenueId::new(name).map_err(|_| {
        Problem::new(
            kinds::VENUE_NOT_FOUND,
            "this server does not trade there; GET /v1/venues lists where it does",
        )
    })
}

/// What a key may do, in words.
pub(super) fn rights_to_wire(rights: KeyRights) -> Vec<String> {
    let unknown = rights.can_trade.is_none() && rights.names.is_empty();
    if unknown { vec!["unknown".to_owned()] } else { rights.names }
}

fn decode(field: &str, text: &str) -> ApiResult<Vec<u8>> {
    BASE64_STANDARD
        .decode(text)
        .map_err(|_| Problem::new(kinds::CREDENTIAL_INVALID, format!("{field} must be base64 with padding")))
}

fn with_health(it: KeyHealth) -> wire::Credential {
    let health = wire::KeyHealth {
        problems: it.problems.iter().map(|problem| problem.as_str().to_owned()).collect(),
        stored_at: it.meta.stored_at.to_string(),
        rotate_by: it.rotate_by.to_string(),
        last_used_at: it.last_used_at.map(|at| at.to_string()),
        checked_at: it.check.at.map(|at| at.to_string()),
        expires_at: it.meta.rights.expires_at.map(|at| at.to_string()),
        from_listed_addresses: it.meta.rights.from_listed_addresses,
        unlocked_until: it.unlocked_until.map(|at| at.to_string()),
        rights_gained: it.check.gained,
        rights_lost: it.check.lost,
    };
    wire::Credential { health: Some(health), fingerprint: it.fingerprint, ..to_wire(it.meta) }
}

pub(super) fn to_wire(it: CredentialMeta) -> wire::Credential {
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
        rights: rights_to_wire(it.rights),
        created_at: it.created_at.to_string(),
        fingerprint: None,
        health: None,
    }
}
