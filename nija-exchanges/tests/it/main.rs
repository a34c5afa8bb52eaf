//! Tests of the executors through their public API.
// Helpers are outside of `#[test]`, where clippy would otherwise look away.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod alpaca;
mod alpaca_brackets;
mod alpaca_harness;
mod alpaca_streams;
mod alpaca_verify;
mod binance;
mod binance_brackets;
mod binance_streams;
mod binance_verify;
mod brackets;
mod broken_streams;
mod coinbase;
mod conformance;
mod decoders;
mod kraken;
mod kraken_scripted;
mod kraken_streams;
mod okx;
mod paper;
mod signatures;
mod sim_faults;
mod support;
mod transport;
mod unnumbered_streams;
mod unsignable;
mod wire;
