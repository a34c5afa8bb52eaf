//! What a platform is made of.

use nija_core::{Clock, Symbol};
use nija_exchanges::paper::PaperConfig;
use nija_router::{EngineConfig, RoutingConfig};
use std::{path::PathBuf, sync::Arc};

use crate::{LedgerConfig, VaultConfig, VenueConfig};

/// A platform's parts and where its data lives.
#[derive(Debug, Clone)]
pub struct PlatformConfig {
    /// Folder of the databases and the root key; made when missing, readable by its owner alone.
    pub data_dir: PathBuf,
    /// Venues to trade at, each id once.
    pub venues: Vec<VenueConfig>,
    /// Where users' exchange keys are kept.
    pub vault: VaultConfig,
    /// Where the journal is kept.
    pub ledger: LedgerConfig,
    /// Settings of the engine and of risk.
    pub engine: EngineConfig,
    /// Where the time comes from; the machine's clock when missing.
    pub clock: Option<Arc<dyn Clock>>,
    /// How venues are chosen.
    pub routing: RoutingConfig,
}

impl PlatformConfig {
    /// A platform in a folder, with no venue yet and default settings.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            venues: Vec::new(),
            vault: VaultConfig::default(),
            ledger: LedgerConfig::default(),
            engine: EngineConfig::default(),
            clock: None,
            routing: RoutingConfig::default(),
        }
    }

    /// Adds a venue.
    #[must_use]
    pub fn venue(mut self, venue: VenueConfig) -> Self {
        self.venues.push(venue);
        self
    }

    /// Adds the paper venue under the name `paper`, with 10,000 USD for each user.
    #[must_use]
    pub fn paper(self) -> Self {
        self.venue(VenueConfig::Paper(PaperConfig::default()))
    }

    /// Keeps prices of these symbols.
    #[must_use]
    pub fn symbols(mut self, symbols: Vec<Symbol>) -> Self {
        self.engine.symbols = symbols;
        self
    }
}
