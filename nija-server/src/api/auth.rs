//! Sign-up, login, refresh, logout.

use axum::{Json, extract::State, http::StatusCode};
use nija_client::wire;
use nija_core::{Tier, UserId};
use std::time::Duration;
use zeroize::Zeroizing;

use super::body::StrictJson;
use crate::{
    accounts::{NewToken, Refreshed, Role, UserRow},
    auth::{Email, RandomSecret, check_password, locked, sha256},
    metrics,
    openapi::{Invalid, Limited},
    problem::{ApiResult, Problem, kinds},
    state::{App, AppState},
};

/// Makes an account and signs it in.
#[utoipa::path(post, path = "/v1/auth/signup", operation_id = "sign_up", tag = "auth", security(()), request_body = wire::PasswordLogin,
    responses((status = 201, body = wire::Session), (status = 403, description = "`signup_closed`", body = wire::Problem, content_type = "application/problem+json"),
              (status = 409, description = "`email_taken`", body = wire::Problem, content_type = "application/problem+json"), Invalid, Limited))]
pub(super) async fn signup(
    State(app): State<AppState>,
    StrictJson(login): StrictJson<wire::PasswordLogin>,
) -> ApiResult<(StatusCode, Json<wire::Session>)> {
    if !app.config.auth.signup {
        return Err(Problem::new(
            kinds::SIGNUP_CLOSED,
            "this server takes no new accounts; ask its operator",
        ));
    }
    let password = Zeroizing::new(login.password);
    let user = add_user(&app, &login.email, password, Tier::Basic).await?;
    Ok((StatusCode::CREATED, Json(begin_session(&app, &user).await?)))
}

/// Signs in.
#[utoipa::path(post, path = "/v1/auth/login", operation_id = "sign_in", tag = "auth", security(()), request_body = wire::PasswordLogin,
    responses((status = 200, body = wire::Session),
              (status = 401, description = "`login_refused`: the address or the password is wrong", body = wire::Problem, content_type = "application/problem+json"),
              Invalid, Limited))]
pub(super) async fn login(
    State(app): State<AppState>,
    StrictJson(login): StrictJson<wire::PasswordLogin>,
) -> ApiResult<Json<wire::Session>> {
    let password = Zeroizing::new(login.password);
    let refused = || Problem::new(kinds::LOGIN_REFUSED, "the address or the password is wrong");
    let email = Email::parse(&login.email).ok_or_else(refused)?;
    let (key, now) = (sha256(email.as_str().as_bytes()), app.now());
    if let Some(until) = app.accounts.locked_until(key, now).await? {
        metrics::login("locked");
        return Err(locked(until, now));
    }
    let user = app.accounts.user_by_email(email.as_str().to_owned()).await?;
    let stored = user.as_ref().map(|user| user.password_hash.clone());
    let matches = app.hasher.verify(password.clone(), stored).await?;
    let Some(user) = user.filter(|_| matches) else {
        metrics::login("refused");
        let until = app.accounts.login_failed(key, now, app.config.auth.lockout_after).await?;
        return Err(until.map_or_else(refused, |until| locked(until, now)));
    };
    app.accounts.login_succeeded(key).await?;
    if app.hasher.is_outdated(&user.password_hash) {
        app.accounts.set_password(user.id, app.hasher.hash(password).await?).await?;
    }
    metrics::login("accepted");
    Ok(Json(begin_session(&app, &user).await?))
}

/// Trades a refresh token for a new session pair. Each works once; one that comes back ends the session.
#[utoipa::path(post, path = "/v1/auth/refresh", operation_id = "refresh_session", tag = "auth", security(()), request_body = wire::RefreshRequest,
    responses((status = 200, body = wire::Session),
              (status = 401, description = "`refresh_token_refused` or `refresh_token_reused`", body = wire::Problem, content_type = "application/problem+json"),
              Invalid, Limited))]
pub(super) async fn refresh(
    State(app): State<AppState>,
    StrictJson(request): StrictJson<wire::RefreshRequest>,
) -> ApiResult<Json<wire::Session>> {
    let old = Zeroizing::new(request.refresh_token);
    let (text, next) = new_refresh_token(&app);
    match app.accounts.rotate(sha256(old.as_bytes()), next).await? {
        Refreshed::Rotated { user, session } => {
            let user =
                app.accounts.user(user).await?.ok_or_else(|| {
                    Problem::new(kinds::REFRESH_REFUSED, "this account is gone; sign up again")
                })?;
            Ok(Json(session_to_wire(&app, &user, &session, &text)?))
        }
        Refreshed::Reused { session } => {
            tracing::warn!(session, "a used refresh token came back; the session was ended");
            app.revoked.add(session, app.now());
            Err(Problem::new(
                kinds::REFRESH_REUSED,
                "this token was used before, so somebody else may have it; the session was ended: sign in again",
            ))
        }
        Refreshed::Refused => {
            Err(Problem::new(kinds::REFRESH_REFUSED, "this token is unknown or has ended; sign in again"))
        }
    }
}

/// Ends the session of a refresh token: its access tokens stop at once. That it is over already is no error.
#[utoipa::path(post, path = "/v1/auth/logout", operation_id = "sign_out", tag = "auth", security(()), request_body = wire::RefreshRequest,
    responses((status = 204, description = "The session is over"), Invalid, Limited))]
pub(super) async fn logout(
    State(app): State<AppState>,
    StrictJson(request): StrictJson<wire::RefreshRequest>,
) -> ApiResult<StatusCode> {
    let (token, now) = (Zeroizing::new(request.refresh_token), app.now());
    if let Some(session) = app.accounts.end_session(sha256(token.as_bytes()), now).await? {
        app.revoked.add(session, now);
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Sets a new password by a token that the server's operator made with `nija admin reset`. It works once, for half an hour, and ends every session
/// of the account.
#[utoipa::path(post, path = "/v1/auth/reset", operation_id = "reset_password", tag = "auth", security(()), request_body = wire::PasswordReset,
    responses((status = 204, description = "The new password holds, and all sessions are over"),
              (status = 403, description = "`reset_refused`: the token is not this account's, was used or has ended", body = wire::Problem, content_type = "application/problem+json"),
              Invalid, Limited))]
pub(super) async fn reset(
    State(app): State<AppState>,
    StrictJson(reset): StrictJson<wire::PasswordReset>,
) -> ApiResult<StatusCode> {
    let (token, password) = (Zeroizing::new(reset.token), Zeroizing::new(reset.password));
    let refused = || {
        let what =
            "this token is not this account's, was used before or has ended; ask the operator for a new one";
        Problem::new(kinds::RESET_REFUSED, what)
    };
    let email = Email::parse(&reset.email).ok_or_else(refused)?;
    let hash = sha256(token.as_bytes());
    let pending = app.accounts.pending_reset(email.as_str().to_owned(), hash, app.now()).await?;
    let Some((user, made_at)) = pending else {
        tracing::warn!("a token for a new password was refused");
        return Err(refused());
    };
    check_password(&password, &email).map_err(|what| Problem::new(kinds::PASSWORD_WEAK, what))?;
    let password_hash = app.hasher.hash(password).await?;
    // On record before it is done: it lets somebody in.
    let detail = format!("by a token that the operator made at {made_at}");
    app.platform.books().record_act(user, "password_reset", None, Some(&detail), false).await?;
    let now = app.now();
    let ended = app.accounts.use_reset(user, hash, password_hash, now).await?.ok_or_else(refused)?;
    ended.into_iter().for_each(|session| app.revoked.add(session, now));
    app.accounts.login_succeeded(sha256(email.as_str().as_bytes())).await?;
    tracing::warn!(%user, "a password was reset by an operator's token");
    Ok(StatusCode::NO_CONTENT)
}

/// Adds an account: also what the demo does for its user.
pub(crate) async fn add_user(
    app: &App,
    email: &str,
    password: Zeroizing<String>,
    tier: Tier,
) -> ApiResult<UserRow> {
    let email = Email::parse(email)
        .ok_or_else(|| Problem::new(kinds::EMAIL_INVALID, "write an address like ada@example.org"))?;
    check_password(&password, &email).map_err(|what| Problem::new(kinds::PASSWORD_WEAK, what))?;
    let now = app.now();
    let user = UserRow {
        id: UserId::generate(now, app.platform.entropy().as_ref()),
        email: email.as_str().to_owned(),
        password_hash: app.hasher.hash(password).await?,
        tier,
        role: Role::User,
        created_at: now,
    };
    if !app.accounts.add_user(user.clone()).await? {
        return Err(Problem::new(
            kinds::EMAIL_TAKEN,
            "there is an account with this address; sign in instead",
        ));
    }
    app.platform.engine().set_tier(user.id, tier);
    Ok(user)
}

/// A user as it crosses the wire.
pub(super) fn user_to_wire(user: &UserRow) -> wire::User {
    wire::User {
        id: user.id.to_string(),
        email: user.email.clone(),
        tier: user.tier.as_str().to_owned(),
        role: user.role.as_str().to_owned(),
        created_at: user.created_at.to_string(),
    }
}

async fn begin_session(app: &App, user: &UserRow) -> ApiResult<wire::Session> {
    let mut bytes = [0u8; 16];
    app.platform.entropy().fill(&mut bytes);
    let session = hex::encode(bytes);
    let (text, token) = new_refresh_token(app);
    app.accounts.begin_session(session.clone(), user.id, token).await?;
    session_to_wire(app, user, &session, &text)
}

fn new_refresh_token(app: &App) -> (Zeroizing<String>, NewToken) {
    let secret = RandomSecret::generate("nrt_", app.platform.entropy().as_ref());
    let now = app.now();
    let life = Duration::from_secs(app.config.auth.refresh_token_days * 24 * 60 * 60);
    (secret.text, NewToken { hash: secret.hash, now, expires_at: now.plus(life) })
}

fn session_to_wire(app: &App, user: &UserRow, session: &str, refresh: &str) -> ApiResult<wire::Session> {
    Ok(wire::Session {
        user: user_to_wire(user),
        access_token: app.tokens.issue(user.id, session, user.tier, app.now())?,
        token_type: "Bearer".to_owned(),
        expires_in: app.tokens.life().as_secs(),
        refresh_token: refresh.to_owned(),
    })
}
