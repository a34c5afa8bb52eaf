//! Alpaca: the Trading API as at `https://paper-api.alpaca.markets`, the Market Data API as at `https://data.alpaca.markets`, the
//! account stream as at `/stream` and the price streams as at `wss://stream.data.alpaca.markets`, all at one address.
//!
//! Facts are from Alpaca's public documentation. Where it is silent, the choice made here is noted beside it. An account's secret
//! serves as its OAuth token too. Money is cash: nothing is lent and nobody sells short.

mod account;
mod assets;
mod auth;
mod bars;
mod data;
mod error;
mod hours;
mod ids;
mod limits;
mod msgpack;
mod new_order;
mod order_json;
mod orders;
mod positions;
mod protocol;
mod query;
mod rest;
mod state;
mod ws;
mod ws_account;
mod ws_data;

pub(crate) use self::protocol::Alpaca;
