#![doc = include_str!("../README.md")]

mod bus;
mod config;
mod custody;
mod ending;
mod engine_vault;
mod equity;
mod error;
mod health;
mod ledger_config;
mod platform;
mod replace;
mod session;
mod upkeep;
mod ways_out;
#[cfg(feature = "wire")]
pub mod wire;

pub use bus::LocalBus;
pub use config::PlatformConfig;
pub use custody::{VaultConfig, VaultRoot};
pub use error::PlatformError;
pub use health::{KeyCheck, KeyHealth, KeyProblem};
pub use ledger_config::LedgerConfig;
pub use nija_exchanges::{VenueAddresses, VenueConfig};
pub use platform::Platform;
pub use replace::{KeyRotation, RotationStep};
pub use upkeep::{Upkeep, UpkeepDone, UpkeepMarks};

/// Domain types and traits (the crate `nija-core`).
pub use nija_core as core;
/// Executors (the crate `nija-exchanges`).
pub use nija_exchanges as exchanges;
/// The journal (the crate `nija-ledger`).
pub use nija_ledger as ledger;
/// Router, risk and engine (the crate `nija-router`).
pub use nija_router as router;
/// Custody (the crate `nija-vault`).
pub use nija_vault as vault;
