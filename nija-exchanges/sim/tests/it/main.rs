//! The simulators seen from outside: over the wire, and through the library.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "all of it is tests"
)]

mod admin;
mod alpaca;
mod auth;
mod engine;
mod faults;
mod garbage;
mod limits;
mod okx;
mod orders;
mod public;
mod streams;
mod support;
mod venues;
