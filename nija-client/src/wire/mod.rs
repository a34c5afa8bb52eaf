//! The JSON that crosses the wire: one file a subject, shared by the server, the client, the bindings and the tests.
//!
//! Decimals are strings (`"0.01"`), times are RFC 3339 in UTC, ids are opaque strings. Requests refuse unknown
//! fields; responses may gain fields at any time, so a reader must tolerate ones it does not know.

mod admin;
mod auth;
mod credentials;
mod dashboard;
mod orders;
mod pnl;
mod positions;
mod problem;
mod protection;
mod receipt;
mod routing;
mod settings;
mod stream;

pub use admin::*;
pub use auth::*;
pub use credentials::*;
pub use dashboard::*;
pub use orders::*;
pub use pnl::*;
pub use positions::*;
pub use problem::*;
pub use protection::*;
pub use receipt::*;
pub use routing::*;
pub use settings::*;
pub use stream::*;

use serde::{Deserialize, Serialize};

/// One page of a longer list, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page<T> {
    /// The rows of this page.
    pub items: Vec<T>,
    /// Pass as `cursor` to get the next page; absent on the last one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
