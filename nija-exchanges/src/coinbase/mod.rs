//! Coinbase Advanced Trade: REST, and its WebSocket for streams.
//!
//! Facts are from Coinbase's public documentation (docs.cdp.coinbase.com, Advanced Trade); each is cited where it is used.
//! Coinbase has no test market: its sandbox answers with fixed texts and has no streams.

mod account;
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
mod kind;
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

pub use auth::CoinbaseAuthenticator;
pub use config::CoinbaseConfig;
pub use executor::CoinbaseExecutor;
#[doc(hidden)]
pub use stream::book::LocalBook;
#[doc(hidden)]
pub use wire::ws;
