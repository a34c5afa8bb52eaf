//! The ledger as its users meet it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)] // helpers of tests count as tests

mod both;
mod conformance;
mod durability;
mod faults;
mod postgres_crash;
mod postgres_faults;
mod postgres_tls;
mod random;
mod store;
mod upgrade;
