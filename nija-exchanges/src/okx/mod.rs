//! OKX spot: REST and the WebSocket services of API v5. Its regions and its demo speak the same protocol at other addresses.
//!
//! Facts are from OKX's public documentation (okx.com/docs-v5, "API guide v5"); each is cited by the title of its section.

mod account;
mod algo;
mod auth;
mod call;
mod config;
mod contract;
#[cfg(feature = "testing")]
#[doc(hidden)]
pub mod decoders;
mod error;
mod executor;
mod fills;
mod market;
mod orders;
mod parse;
mod place;
#[cfg(test)]
mod recorded;
mod stated;
mod stream;
mod symbols;
mod wire;

pub use auth::OkxAuthenticator;
pub use config::OkxConfig;
pub use executor::OkxExecutor;
#[doc(hidden)]
pub use stream::book::LocalBook;
#[doc(hidden)]
pub use wire::ws;
