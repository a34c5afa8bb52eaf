//! The facade against simulated venues.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)] // Helpers of tests are tests.

mod soak;
mod withdrawing_keys;
