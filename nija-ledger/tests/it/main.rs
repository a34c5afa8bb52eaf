//! The ledger as its users meet it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers of tests count as tests

mod conformance;
mod durability;
mod faults;
mod group_commit;
mod random;
mod store;
mod upgrade;
