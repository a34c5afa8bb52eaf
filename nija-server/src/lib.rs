//! The reference host of NIJA: HTTP API, live stream, accounts, dashboard. The `nija` command is a thin shell over it.
//!
//! ```no_run
//! # async fn run() -> Result<(), nija_server::StartError> {
//! let mut config = nija_server::ServerConfig::new("/var/lib/nija");
//! config.listen = ([127, 0, 0, 1], 0).into();
//! let server = nija_server::start(config).await?;
//! println!("{}", server.url);
//! server.shutdown().await;
//! # Ok(())
//! # }
//! ```

mod accounts;
mod api;
mod auth;
pub mod config;
mod demo;
mod dumps;
mod edge;
mod limits;
pub mod logging;
mod metrics;
mod openapi;
mod problem;
mod proxies;
mod recent;
mod reset;
mod serve;
mod state;
mod stream;
mod web;
mod wire;

pub use config::{ConfigError, ServerConfig};
pub use dumps::forbid_dumps;
pub use reset::{ResetError, ResetToken, reset_token};
pub use serve::{DemoLogin, RunningServer, StartError, give_share, start};

/// The OpenAPI document of the API, as JSON.
///
/// # Errors
/// [`serde_json::Error`], which only a document that is no JSON has.
pub fn openapi_document() -> Result<String, serde_json::Error> {
    api::document().to_pretty_json()
}
