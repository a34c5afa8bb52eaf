//! Kraken Spot: REST, and WebSocket v2 for streams.
//!
//! Facts are from Kraken's public documentation; each is cited where it is used.

mod account;
mod auth;
mod config;
mod contract;
mod counter;
#[cfg(feature = "testing")]
#[doc(hidden)]
pub mod decoders;
mod error;
mod executor;
mod market;
mod orders;
mod parse;
mod private;
#[cfg(test)]
mod recorded;
mod stated;
mod stream;
mod symbols;
mod wire;

pub use auth::KrakenAuthenticator;
pub use config::KrakenConfig;
pub use counter::KrakenTier;
pub use executor::KrakenExecutor;
#[doc(hidden)]
pub use stream::book::{LocalBook, Precision};
#[doc(hidden)]
pub use wire::ws;
