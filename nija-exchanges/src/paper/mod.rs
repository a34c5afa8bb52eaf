//! The paper venue: real rules, pretended money, no key.
//!
//! Orders meet a market that is generated from a seed, or that another venue publishes. Market orders walk the book at
//! once; limit orders rest until the market crosses them. Every user has a balance of their own.

mod account;
mod candles;
mod config;
mod executor;
mod generated;
mod matching;
mod order;
mod state;
mod streams;

pub use config::{PaperConfig, PaperMarket};
pub use executor::PaperExecutor;
