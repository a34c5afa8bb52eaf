//! Coinbase Advanced Trade: REST as at `https://api.coinbase.com/api/v3/brokerage`, WebSocket as at
//! `wss://advanced-trade-ws.coinbase.com` and `wss://advanced-trade-ws-user.coinbase.com`, both at the root of one address here.
//!
//! Facts are from Coinbase's public documentation and recorded answers. Where they are silent, the choice made here is noted
//! beside it.

mod account;
mod auth;
mod create;
mod error;
mod form;
mod history;
mod ids;
mod key;
mod limits;
mod manage;
mod order_json;
mod products;
mod protocol;
mod public;
mod query;
mod rest;
mod ws;
mod ws_market;
mod ws_user;

pub(crate) use self::protocol::Coinbase;
