//! Binance Spot: REST, market streams, and the WebSocket API for a user's own stream. Binance.US and the test network speak the
//! same protocol at other addresses.
//!
//! Facts are from Binance's public documentation (github.com/binance/binance-spot-api-docs); each is cited where it is used.
//! Binance.US documents its own API: what differs there is said at [`BinanceConfig::us`].

mod account;
mod auth;
mod bracket;
mod config;
mod contract;
#[cfg(feature = "testing")]
#[doc(hidden)]
pub mod decoders;
mod error;
mod executor;
mod fills;
mod filters;
mod form;
mod market;
mod orders;
mod parse;
mod private;
#[cfg(test)]
mod recorded;
mod scope;
mod stated;
mod stream;
mod symbols;
mod wire;

pub use auth::BinanceAuthenticator;
pub use config::{BinanceConfig, UserStream};
pub use executor::BinanceExecutor;
#[doc(hidden)]
pub use stream::book::LocalBook;
#[doc(hidden)]
pub use wire::ws;
