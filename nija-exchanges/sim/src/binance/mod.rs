//! Binance Spot: REST as at `https://api.binance.com`, streams as at `wss://stream.binance.com`, and the WebSocket API as at
//! `wss://ws-api.binance.com/ws-api/v3`; Binance.US and the test network speak the same.
//!
//! Facts are from Binance's public documentation. Where it is silent, the choice made here is noted beside it.

mod auth;
mod error;
mod exchange_info;
mod filters;
mod format;
mod limits;
mod listen_keys;
mod new_order;
mod oco;
mod orders;
mod params;
mod private;
mod protocol;
mod public;
mod rest;
mod routes;
mod symbols;
mod ws;
mod ws_api;
mod ws_market;
mod ws_user;

pub(crate) use self::protocol::Binance;
