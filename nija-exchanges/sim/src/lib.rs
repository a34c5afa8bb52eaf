//! Wire-level simulators of trading venues.
#![allow(missing_docs)]
pub mod engine;
