//! A simulated Coinbase on loopback, and what is Coinbase's own: tokens, used client ids, totals on the stream, gaps.

mod harness;
mod orders;
mod stops;
mod streams;
pub(crate) mod tokens;

pub(crate) use harness::Coinbase;
