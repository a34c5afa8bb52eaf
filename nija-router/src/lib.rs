//! Scoring, risk policies, venue lanes and the order engine.
//!
//! An [`Engine`] takes a signal through risk and routing, journals it before a byte leaves, sends it through its venue's
//! lane, and keeps what the venue answers: a definite answer moves the order, a lost one makes it `Unknown` until the
//! venue itself settles it. The crate knows only the traits of `nija-core`; venues, vault and ledger are handed in.
//!
//! ```
//! use nija_core::RiskChain;
//! use nija_router::{EngineConfig, WeightedScore, default_policies};
//! let config = EngineConfig::default();
//! let risk = RiskChain::new(default_policies(&config.limits))?;
//! let router = WeightedScore::default();
//! assert_eq!(config.symbols[0].as_str(), "BTC-USD");
//! # let _ = (risk, router);
//! # Ok::<(), nija_core::EmptyRiskChain>(())
//! ```

#![deny(clippy::float_arithmetic)]

// The tests' fakes, for the few unit tests that need a whole engine.
#[cfg(test)]
extern crate self as nija_router;
#[cfg(test)]
#[path = "../tests/it/support/mod.rs"]
#[allow(dead_code, unused_imports, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod support;

// The simulation replaces the engine's chance and time, and looks into its memory, so it is built into the tests of the crate itself.
#[cfg(test)]
#[path = "../tests/simulation/mod.rs"]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod simulation;

// The guide's worked example is run with the documentation's other ones.
#[cfg(doctest)]
#[doc = include_str!("../../docs/routing.md")]
pub struct RoutingGuide;

mod balance;
mod engine;
mod lane;
mod planted;
mod risk;
mod score;

pub use balance::{Balance, BalanceError, Balanced};
pub use engine::{
    AccountSummary, CURRENCY, Engine, EngineConfig, EngineError, EngineParts, KillReport, LeftBehind,
    MarkedPosition, Preview, ProtectionConfig, ProtectionStatus, RoutingStats, SlicingConfig, Submitted,
    VenueProof, VenueStatus,
};
pub use lane::LaneConfig;
pub use nija_core::RiskChain;
pub use risk::*;
pub use score::{
    CostConfig, ExpectedCost, Policies, RouteRules, RoutingConfig, ScoreConfig, WeightedScore, Weights,
    WeightsError,
};
