//! The signed-in user.

use axum::{Json, extract::State};
use nija_client::wire;

use super::auth::user_to_wire;
use crate::{
    auth::CurrentUser,
    openapi::SignedIn,
    problem::{ApiResult, Problem, kinds},
    state::AppState,
};

/// Who is signed in.
#[utoipa::path(get, path = "/v1/me", tag = "auth", responses((status = 200, body = wire::User), SignedIn))]
pub(super) async fn me(State(app): State<AppState>, user: CurrentUser) -> ApiResult<Json<wire::User>> {
    let row = app.accounts.user(user.id).await?;
    row.map(|row| Json(user_to_wire(&row)))
        .ok_or_else(|| Problem::new(kinds::SESSION_ENDED, "this account is gone; sign up again"))
}
