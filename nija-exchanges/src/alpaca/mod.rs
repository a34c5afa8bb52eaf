//! Alpaca: US stocks and crypto over the Trading API, prices over the Market Data API.
//!
//! Two hosts: the trading host knows accounts, orders, assets and hours; the data host knows prices. Crypto prices are public by
//! REST. Everything else that concerns no account (the list of assets, the hours of the stock market, stock prices, both price
//! streams) wants a key: the operator's own, [`DataKey`]. Without one, crypto prices are asked for once a second, stocks have no
//! prices but for a user who asks under their own key ([`nija_core::Executor::quote_for`]), and the list of assets is read under the key of
//! the first user who needs it.
//!
//! A user's credential is the key id and its secret, or `oauth` in place of the key id and an OAuth access token as the secret.
//! Alpaca has no way to ask what a key may do, so [`nija_core::KeyRights::can_withdraw`] stays unknown: prefer OAuth tokens of
//! the scope `trading`, which can never move money out.
//!
//! Alpaca does not say what an execution cost, nor whether it rested. Fees are therefore estimates from the rates of the account's
//! tier (or those configured), and
//! a limit order's execution at its own price more than a second after it was sent counts as a maker's.
//!
//! Facts are from Alpaca's public documentation; each is cited where it is used.

mod account;
mod auth;
mod config;
mod contract;
#[cfg(feature = "testing")]
#[doc(hidden)]
pub mod decoders;
mod error;
mod executor;
mod fills;
mod hours;
mod market;
mod orders;
mod pairs;
mod parse;
mod private;
#[cfg(test)]
mod recorded;
mod stated;
mod stream;
mod symbols;
mod wire;

pub use auth::{AlpacaAuthenticator, DataKey, OAUTH};
pub use config::{AlpacaConfig, AlpacaFees};
pub use executor::AlpacaExecutor;
#[doc(hidden)]
pub use stream::book::LocalBook;
#[doc(hidden)]
pub use wire::ws;
