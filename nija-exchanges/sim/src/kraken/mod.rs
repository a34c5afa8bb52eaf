//! Kraken Spot: REST as at `https://api.kraken.com/0`, WebSocket v2 as at `wss://ws.kraken.com/v2` and `ws-auth`.
//!
//! Facts are from Kraken's public documentation. Where it is silent, the choice made here is noted beside it.

mod add_order;
mod auth;
mod error;
mod format;
mod limits;
mod orders;
mod pairs;
mod params;
mod private;
mod protocol;
mod public;
mod rest;
mod txid;
mod ws;
mod ws_book;
mod ws_private;
mod ws_public;
mod ws_wire;

pub(crate) use self::limits::KeyLimits;
pub use self::limits::Tier;
pub(crate) use self::protocol::Kraken;
