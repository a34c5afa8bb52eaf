//! The ledger as its users meet it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)] // helpers of tests count as tests

mod conformance;
mod database;
mod durability;
mod faults;
mod group_commit;
mod postgres_crash;
mod postgres_faults;
mod random;
mod store;
mod upgrade;
