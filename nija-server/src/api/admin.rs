//! What is an administrator's: kill switches of venues, of the platform and of users, and who is an administrator.

use axum::{Json, extract::State};
use nija_client::wire;
use nija_core::{KillScope, UserId, VenueId};
use serde::Deserialize;
use std::time::Duration;
use utoipa::IntoParams;
use zeroize::Zeroizing;

use super::{
    body::{PathId, StrictJson, StrictQuery},
    new_order, orders,
};
use crate::{
    accounts::{Role, RoleChange},
    auth::{Admin, CurrentUser, confirm},
    metrics,
    openapi::{Administrators, Invalid, Missing, SignedIn},
    problem::{ApiResult, Problem, kinds},
    state::{App, AppState},
    wire as to_wire,
};

/// Makes the caller the first administrator, by the token that the server printed when it started without one. The token works once.
#[utoipa::path(post, path = "/v1/admin/claim", operation_id = "claim_admin", tag = "admin", request_body = wire::ClaimAdmin,
    responses((status = 200, body = wire::RoleOf),
              (status = 403, description = "`admin_token_refused`, `confirmation_needed`", body = wire::Problem, content_type = "application/problem+json"),
              Invalid, SignedIn))]
pub(super) async fn claim(
    State(app): State<AppState>,
    user: CurrentUser,
    StrictJson(claim): StrictJson<wire::ClaimAdmin>,
) -> ApiResult<Json<wire::RoleOf>> {
    let (token, password) = (Zeroizing::new(claim.token), claim.password);
    confirm(&app, user.id, Some(password)).await?;
    let refused = || {
        Problem::new(
            kinds::ADMIN_TOKEN_REFUSED,
            "this is not the token that the server printed, or it was used",
        )
    };
    if !app.admin_token.is(&token) {
        audit(&app, user.id, Act::new("admin_claim").refused("a wrong token")).await?;
        return Err(refused());
    }
    audit(&app, user.id, Act::new("admin_claim")).await?;
    if !app.accounts.claim_admin(user.id).await? {
        return Err(refused());
    }
    app.admin_token.use_up();
    tracing::warn!(user = %user.id, "somebody is the first administrator");
    Ok(Json(role_of(user.id, Role::Admin)))
}

/// Makes a user an administrator, or no longer one. One must be left.
#[utoipa::path(put, path = "/v1/admin/users/{id}/role", operation_id = "set_role", tag = "admin", params(("id" = String, Path)),
    request_body = wire::SetRole,
    responses((status = 200, body = wire::RoleOf),
              (status = 409, description = "`last_admin`", body = wire::Problem, content_type = "application/problem+json"),
              Administrators, Missing, Invalid, SignedIn))]
pub(super) async fn set_role(
    State(app): State<AppState>,
    Admin(admin): Admin,
    PathId(user): PathId<UserId>,
    StrictJson(set): StrictJson<wire::SetRole>,
) -> ApiResult<Json<wire::RoleOf>> {
    let role = [Role::Admin, Role::User].into_iter().find(|role| role.as_str() == set.role);
    let role = role.ok_or_else(|| Problem::new(kinds::ROLE_INVALID, "role must be admin or user"))?;
    confirm(&app, admin.id, Some(set.password)).await?;
    audit(&app, admin.id, Act::new("admin_role").detail(&format!("{user} is {}", role.as_str()))).await?;
    match app.accounts.set_role(user, role).await? {
        RoleChange::Done => Ok(Json(role_of(user, role))),
        RoleChange::NoSuchUser => Err(Problem::new(kinds::NOT_FOUND, "there is no user of this id")),
        RoleChange::LastAdmin => {
            Err(Problem::new(kinds::LAST_ADMIN, "make somebody else an administrator first"))
        }
    }
}

/// Every kill switch that is on, and how far each has come: the platform's, venues' and users' own.
#[utoipa::path(get, path = "/v1/admin/kill", operation_id = "all_kill_switches", tag = "admin",
    responses((status = 200, body = [wire::KillSwitch]), Administrators, SignedIn))]
pub(super) async fn switches(
    State(app): State<AppState>,
    _: Admin,
) -> ApiResult<Json<Vec<wire::KillSwitch>>> {
    Ok(Json(all(&app)))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct KillQuery {
    /// Holds the answer until everything is confirmed or this many milliseconds are over: at most 10000.
    #[param(maximum = 10000)]
    wait_ms: Option<u64>,
}

/// Throws the kill switch of the platform, of a venue or of a user. From now on nothing in its scope is opened; every working order is
/// cancelled and, with `flatten`, every position closed at market. The answer names what is not confirmed; the work goes on after it, and
/// through restarts. Thrown again it starts over.
#[utoipa::path(post, path = "/v1/admin/kill", operation_id = "throw_kill_switch", tag = "admin", params(KillQuery),
    request_body = wire::ThrowKill,
    responses((status = 200, body = wire::KillSwitch), Administrators, Missing, Invalid, SignedIn))]
pub(super) async fn throw(
    State(app): State<AppState>,
    Admin(admin): Admin,
    StrictQuery(query): StrictQuery<KillQuery>,
    StrictJson(wanted): StrictJson<wire::ThrowKill>,
) -> ApiResult<Json<wire::KillSwitch>> {
    let wait = orders::wait(query.wait_ms)?.unwrap_or(Duration::ZERO);
    confirm(&app, admin.id, Some(wanted.password)).await?;
    let (user, scope) = scope(&app, &wanted.scope).await?;
    let act = Act::new("kill_switch_on").scope(&wanted.scope, &scope);
    let act = if wanted.flatten { act.detail(&format!("{}, flatten", wanted.scope)) } else { act };
    // An audit log that takes nothing does not keep trading from being stopped.
    let (report, audited) = tokio::join!(
        app.platform.engine().kill(user, scope, wanted.flatten, wait),
        audit(&app, admin.id, act)
    );
    if audited.is_err() {
        metrics::unaudited();
        tracing::error!(admin = %admin.id, scope = wanted.scope, "a kill switch was thrown and could not be audited");
    }
    Ok(Json(to_wire::kill_switch_of_all(&report?)))
}

/// Takes a kill switch off: trading in its scope may go on. Answers with those that are on still.
#[utoipa::path(delete, path = "/v1/admin/kill", operation_id = "release_kill_switch", tag = "admin", request_body = wire::ReleaseKill,
    responses((status = 200, body = [wire::KillSwitch]), Administrators, Missing, Invalid, SignedIn))]
pub(super) async fn release(
    State(app): State<AppState>,
    Admin(admin): Admin,
    StrictJson(wanted): StrictJson<wire::ReleaseKill>,
) -> ApiResult<Json<Vec<wire::KillSwitch>>> {
    confirm(&app, admin.id, Some(wanted.password)).await?;
    let (user, scope) = scope(&app, &wanted.scope).await?;
    // On record before it is done: it allows more than before.
    audit(&app, admin.id, Act::new("kill_switch_off").scope(&wanted.scope, &scope)).await?;
    if app.platform.engine().release_kill(user, scope).await? {
        Ok(Json(all(&app)))
    } else {
        Err(Problem::new(kinds::NOT_FOUND, format!("the kill switch {} is not on", wanted.scope)))
    }
}

fn all(app: &App) -> Vec<wire::KillSwitch> {
    app.platform.engine().kill_switches(None).iter().map(to_wire::kill_switch_of_all).collect()
}

/// Whose switch, and what it stops; the platform's belongs to nobody.
async fn scope(app: &App, text: &str) -> ApiResult<(UserId, KillScope)> {
    let wrong = || Problem::new(kinds::SCOPE_INVALID, "scope must be platform, venue:NAME or user:ID");
    match text.split_once(':') {
        None if text == "platform" => Ok((UserId::PLATFORM, KillScope::Platform)),
        Some(("venue", name)) => Ok((UserId::PLATFORM, KillScope::Venue(new_order::venue(app, name)?))),
        Some(("user", id)) => {
            let id: UserId = id.parse().map_err(|_| wrong())?;
            let known = app.accounts.user(id).await?;
            known.ok_or_else(|| Problem::new(kinds::NOT_FOUND, "there is no user of this id"))?;
            Ok((id, KillScope::User))
        }
        _ => Err(wrong()),
    }
}

/// What an administrator did, for the audit log.
struct Act<'a> {
    action: &'a str,
    venue: Option<VenueId>,
    detail: Option<String>,
    refused: bool,
}

impl<'a> Act<'a> {
    const fn new(action: &'a str) -> Self {
        Self { action, venue: None, detail: None, refused: false }
    }

    fn scope(self, text: &str, scope: &KillScope) -> Self {
        let venue = match scope {
            KillScope::Venue(venue) => Some(venue.clone()),
            _ => None,
        };
        Self { venue, ..self.detail(text) }
    }

    fn detail(self, detail: &str) -> Self {
        Self { detail: Some(detail.to_owned()), ..self }
    }

    fn refused(self, why: &str) -> Self {
        Self { refused: true, ..self.detail(why) }
    }
}

/// Durable when it returns.
async fn audit(app: &App, who: UserId, act: Act<'_>) -> ApiResult<()> {
    let (venue, detail) = (act.venue.as_ref(), act.detail.as_deref());
    Ok(app.platform.books().record_act(who, act.action, venue, detail, act.refused).await?)
}

fn role_of(user: UserId, role: Role) -> wire::RoleOf {
    wire::RoleOf { user_id: user.to_string(), role: role.as_str().to_owned() }
}
