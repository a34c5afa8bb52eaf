//! The gate in front of everything that needs a signed-in user.

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use nija::vault::Caller;
use nija_core::{Tier, UserId};
use std::net::IpAddr;

use crate::{
    problem::{Problem, kinds},
    proxies::ClientAddress,
    state::AppState,
};

/// Who is calling.
#[derive(Debug, Clone)]
pub(crate) struct CurrentUser {
    pub(crate) id: UserId,
    pub(crate) session: String,
    pub(crate) tier: Tier,
}

/// Lets only signed-in users through, at the pace of their tier. Bad tokens count against the caller's address.
pub(crate) async fn require_user(
    State(app): State<AppState>,
    ClientAddress(address): ClientAddress,
    mut request: Request,
    next: Next,
) -> Response {
    let user = match identify(&app, request.headers()) {
        Ok(user) => user,
        Err(problem) => {
            return app.limits.address(address).map_or_else(|limited| limited, |_| problem).into_response();
        }
    };
    let left = match app.limits.user(user.id, user.tier) {
        Ok(left) => left,
        Err(problem) => return problem.into_response(),
    };
    let caller = from(address).by(&user.id.to_string());
    request.extensions_mut().insert(user);
    let mut response = caller.asks(next.run(request)).await;
    left.write(response.headers_mut());
    response
}

/// Counts a request of somebody who is about to sign in.
pub(crate) async fn limit_address(
    State(app): State<AppState>,
    ClientAddress(address): ClientAddress,
    request: Request,
    next: Next,
) -> Response {
    match app.limits.address(address) {
        Ok(left) => {
            let mut response = from(address).asks(next.run(request)).await;
            left.write(response.headers_mut());
            response
        }
        Err(problem) => problem.into_response(),
    }
}

/// Where the vault's log says that a request came from.
fn from(address: IpAddr) -> Caller {
    Caller::from(&format!("api {address}"))
}

fn identify(app: &AppState, headers: &HeaderMap) -> Result<CurrentUser, Problem> {
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or_else(|| {
            Problem::new(kinds::UNAUTHENTICATED, "send the header Authorization: Bearer <access_token>")
        })?;
    let claims = app.tokens.check(token, app.now()).ok_or_else(|| {
        Problem::new(
            kinds::UNAUTHENTICATED,
            "the access token is wrong or has ended; refresh it or sign in again",
        )
    })?;
    if app.revoked.contains(&claims.sid) {
        return Err(Problem::new(kinds::SESSION_ENDED, "this session was ended; sign in again"));
    }
    Ok(CurrentUser { id: claims.sub, session: claims.sid.clone(), tier: claims.tier })
}

impl FromRequestParts<AppState> for CurrentUser {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Problem> {
        // A route outside the gate is a mistake of ours, and must not let anyone in.
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(|| Problem::internal("a route is not behind the gate"))
    }
}
