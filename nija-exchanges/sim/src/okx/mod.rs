//! OKX, spot: REST as at `https://www.okx.com/api/v5`, WebSocket as at `wss://ws.okx.com:8443/ws/v5/{public,private,business}`.
//!
//! Facts are from OKX's public V5 documentation. What it leaves open, and could not be tried at the live venue, is chosen here so
//! and said again in `docs/okx-simulator.md`: which of the codes answers an order with a bad field (here always inside `data`, as
//! `sCode`), what becomes of a price off the grid (refused, 51150), how wide the band of allowed prices is (a tenth), in which
//! order headers are checked, where the windows of the rate limits begin, and the fees beyond the first level.

mod account;
mod algo;
mod algo_calls;
mod algo_parse;
mod algo_trigger;
mod attached;
mod auth;
mod bars;
mod body;
mod error;
mod history;
mod ids;
mod instruments;
mod limits;
mod manage;
mod market;
mod new_order;
mod notes;
mod order_json;
mod place;
mod protocol;
mod public;
mod query;
mod rest;
mod routes;
mod watchers;
mod ws;
mod ws_account;
mod ws_book;
mod ws_login;
mod ws_market;
mod ws_trade;

pub(crate) use self::protocol::Okx;
