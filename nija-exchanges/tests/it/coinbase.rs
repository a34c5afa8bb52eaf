//! A simulated Coinbase on loopback.

mod harness;

pub(crate) use harness::Coinbase;
