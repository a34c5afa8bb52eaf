//! Keys that only their owner unlocks (`session`), and keys that stay on the owner's device.

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use nija::vault::Caller;
use nija_client::wire;
use nija_core::{KeyDerivation, OrderId, Timestamp};
use std::time::Duration;

use super::{
    body::StrictJson,
    credentials::{label_of, sealed_of, to_wire, venue_named},
};
use crate::{
    auth::CurrentUser,
    openapi::{Invalid, Keyed, SignedIn},
    problem::{ApiResult, Problem, kinds},
    state::{App, AppState},
};

/// The longest unlock.
const LONGEST: u32 = 24 * 3600;

/// Stores a key that the caller's device locked. The venue is asked what it may do, as for any other; it is unlocked for a first time.
#[utoipa::path(post, path = "/v1/credentials/session", operation_id = "store_session_key", tag = "credentials", request_body = wire::StoreSessionKey,
    responses((status = 201, body = wire::Credential), Keyed, Invalid, SignedIn))]
pub(super) async fn store_session_key(
    State(app): State<AppState>,
    user: CurrentUser,
    StrictJson(request): StrictJson<wire::StoreSessionKey>,
) -> ApiResult<(StatusCode, Json<wire::Credential>)> {
    let (venue, label) = (venue_named(&request.venue)?, label_of(&request.label)?);
    let derivation = derivation_of(request.derivation)?;
    let (sealed, unlock) = (sealed_of(request.sealed)?, sealed_of(request.unlock)?);
    let until = until(&app, request.seconds)?;
    let stored = app
        .platform
        .store_locked_credential(user.id, &venue, &label, &sealed, derivation, &unlock, until)
        .await?;
    Ok((StatusCode::CREATED, Json(to_wire(stored))))
}

/// How the caller's device derives the key that unlocks the exchange key at a venue.
#[utoipa::path(get, path = "/v1/credentials/session/{venue}", operation_id = "key_derivation", tag = "credentials", params(("venue" = String, Path)),
    responses((status = 200, body = wire::KeyDerivation), Keyed,
              (status = 422, description = "`not_connected`: there is no key in this mode", body = wire::Problem, content_type = "application/problem+json"), SignedIn))]
pub(super) async fn derivation(
    State(app): State<AppState>,
    user: CurrentUser,
    Path(venue): Path<String>,
) -> ApiResult<Json<wire::KeyDerivation>> {
    let it = app.platform.keeper().derivation(user.id, &venue_named(&venue)?).await?;
    Ok(Json(wire::KeyDerivation {
        salt: it.salt,
        memory_kib: it.memory_kib,
        passes: it.passes,
        lanes: it.lanes,
    }))
}

/// Lets the signer use the key at a venue for a while. What happened there meanwhile is asked for first.
#[utoipa::path(post, path = "/v1/credentials/session/{venue}/unlock", operation_id = "unlock_key", tag = "credentials", params(("venue" = String, Path)), request_body = wire::UnlockKey,
    responses((status = 200, body = wire::Unlocked), Keyed, Invalid, SignedIn))]
pub(super) async fn unlock(
    State(app): State<AppState>,
    user: CurrentUser,
    Path(venue): Path<String>,
    StrictJson(request): StrictJson<wire::UnlockKey>,
) -> ApiResult<Json<wire::Unlocked>> {
    let (venue, until) = (venue_named(&venue)?, until(&app, request.seconds)?);
    let until = app.platform.unlock_key(user.id, &venue, &sealed_of(request.unlock)?, until).await?;
    Ok(Json(wire::Unlocked { venue: venue.to_string(), until: until.to_string() }))
}

/// Ends an unlock. Entries that rest at the venue are cancelled first and stops on their way have a moment to get there, five seconds at most. What
/// is at the venue then stays there, and nothing here can move it until the next unlock: the answer names it.
#[utoipa::path(post, path = "/v1/credentials/session/{venue}/lock", operation_id = "lock_key", tag = "credentials", params(("venue" = String, Path)),
    responses((status = 200, body = wire::Locked), Keyed, SignedIn))]
pub(super) async fn lock(
    State(app): State<AppState>,
    user: CurrentUser,
    Path(venue): Path<String>,
) -> ApiResult<Json<wire::Locked>> {
    let venue = venue_named(&venue)?;
    let (locking, at) = (app.clone(), venue.clone());
    // A caller that goes away must not leave the key open.
    let lock = async move { locking.platform.lock_key(user.id, &at).await };
    let locked = tokio::spawn(Caller::present().asks(lock));
    let left = locked.await.map_err(|_| Problem::new(kinds::INTERNAL, "the lock was cut off"))??;
    let names = |orders: Vec<OrderId>| orders.iter().map(ToString::to_string).collect();
    Ok(Json(wire::Locked {
        venue: venue.to_string(),
        resting: names(left.resting),
        entries: names(left.entries),
        unguarded: left.unguarded.iter().map(ToString::to_string).collect(),
    }))
}

/// Notes that the caller trades at a venue with a key that stays on the device. Nothing of it is kept, and the server signs nothing there.
#[utoipa::path(post, path = "/v1/credentials/device", operation_id = "register_device_key", tag = "credentials", request_body = wire::RegisterDeviceKey,
    responses((status = 201, body = wire::Credential), Keyed, Invalid, SignedIn))]
pub(super) async fn register_device_key(
    State(app): State<AppState>,
    user: CurrentUser,
    StrictJson(request): StrictJson<wire::RegisterDeviceKey>,
) -> ApiResult<(StatusCode, Json<wire::Credential>)> {
    let (venue, label) = (venue_named(&request.venue)?, label_of(&request.label)?);
    let fingerprint = request.fingerprint;
    let is_digest =
        |text: &String| text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    // Nothing else fits in there: no key of an exchange, by mistake, either.
    if fingerprint.as_ref().is_some_and(|text| !is_digest(text)) {
        let what = "fingerprint must be 32 hexadecimal digits";
        return Err(Problem::new(kinds::CREDENTIAL_INVALID, what));
    }
    let stored = app.platform.register_device_key(user.id, &venue, &label, fingerprint.as_deref()).await?;
    Ok((StatusCode::CREATED, Json(wire::Credential { fingerprint, ..to_wire(stored) })))
}

fn until(app: &App, seconds: u32) -> ApiResult<Timestamp> {
    if !(1..=LONGEST).contains(&seconds) {
        let what = format!("seconds must be 1 to {LONGEST}");
        return Err(Problem::new(kinds::CREDENTIAL_INVALID, what));
    }
    Ok(app.now().plus(Duration::from_secs(seconds.into())))
}

/// A device that derives in a weaker way than ours would make its lock one in name alone.
fn derivation_of(it: wire::KeyDerivation) -> ApiResult<KeyDerivation> {
    let known = nija::vault::UnlockKey::is_known(it.memory_kib, it.passes, it.lanes);
    let is_salt = hex::decode(&it.salt).is_ok_and(|salt| salt.len() == 16);
    if !known || !is_salt {
        let what = "derivation must be Argon2id with 65536 KiB, the passes and lanes of this version and a salt of 16 bytes";
        return Err(Problem::new(kinds::CREDENTIAL_INVALID, what));
    }
    Ok(KeyDerivation { salt: it.salt, memory_kib: it.memory_kib, passes: it.passes, lanes: it.lanes })
}
