//! For those who run the server.

use serde::{Deserialize, Serialize};

/// `POST /v1/admin/claim`: the caller becomes the first administrator.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClaimAdmin {
    /// What the server printed when it started without an administrator. Works once.
    pub token: String,
    /// The caller's password.
    pub password: String,
}

/// `PUT /v1/admin/users/{id}/role`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetRole {
    /// `admin` or `user`.
    pub role: String,
    /// The caller's password.
    pub password: String,
}

/// Which part of the server somebody has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RoleOf {
    /// Whose.
    pub user_id: String,
    /// `admin` or `user`.
    pub role: String,
}

/// `POST /v1/admin/kill`: stops trading in a scope.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ThrowKill {
    /// `platform`, `venue:kraken` or `user:` with a user's id.
    pub scope: String,
    /// Whether positions are closed at market as well.
    #[serde(default)]
    pub flatten: bool,
    /// The caller's password.
    pub password: String,
}

/// `DELETE /v1/admin/kill`: lets trading in a scope go on.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReleaseKill {
    /// As it was thrown.
    pub scope: String,
    /// The caller's password.
    pub password: String,
}

macro_rules! hides_its_secrets {
    ($($name:ident),*) => {
        $(impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        })*
    };
}
hides_its_secrets!(ClaimAdmin, SetRole, ThrowKill, ReleaseKill);
