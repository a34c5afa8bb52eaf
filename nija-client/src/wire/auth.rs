//! Sign-up, login and the session.

use serde::{Deserialize, Serialize};

/// `POST /v1/auth/signup` and `POST /v1/auth/login`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PasswordLogin {
    /// The account's address; compared without regard to case.
    pub email: String,
    /// At least 12 characters, and not a common password.
    pub password: String,
}

/// `POST /v1/auth/refresh` and `POST /v1/auth/logout`. Each refresh token works once.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RefreshRequest {
    /// The newest refresh token of this session.
    pub refresh_token: String,
}

/// A signed-in session.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Session {
    /// Who signed in.
    pub user: User,
    /// Send as `Authorization: Bearer <access_token>`.
    pub access_token: String,
    /// Always `Bearer`.
    pub token_type: String,
    /// Seconds until the access token ends.
    pub expires_in: u64,
    /// Buys the next access token; rotates at each use.
    pub refresh_token: String,
}

/// An account of the platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct User {
    /// Opaque id.
    pub id: String,
    /// Address the account was made with.
    pub email: String,
    /// `basic`, `pro` or `enterprise`.
    pub tier: String,
    /// `user` or `admin`: whether what concerns all may be shown. What an administrator does is checked anew each time.
    #[serde(default = "ordinary")]
    pub role: String,
    /// RFC 3339, UTC.
    pub created_at: String,
}

/// A server of before administrators says nothing.
fn ordinary() -> String {
    "user".to_owned()
}

/// `POST /v1/auth/reset`: a new password by the operator's token.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PasswordReset {
    /// The account's address.
    pub email: String,
    /// What `nija admin reset` printed. Works once.
    pub token: String,
    /// The new password: at least 12 characters, and not a common one.
    pub password: String,
}

impl std::fmt::Debug for PasswordReset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PasswordReset").field("email", &self.email).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for PasswordLogin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PasswordLogin").field("email", &self.email).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for RefreshRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RefreshRequest { .. }")
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("user", &self.user).finish_non_exhaustive()
    }
}
