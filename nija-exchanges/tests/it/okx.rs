//! A simulated OKX on loopback, and what is OKX's own: deadlines and clocks, codes under a 200, fees in what is received, numbered
//! books, executions on the stream.

mod harness;
mod orders;
mod streams;
pub(crate) mod verify;

pub(crate) use harness::Okx;
