//! What a server is made of: defaults, then `nija.toml`, then `NIJA_...`, then flags.

mod env;
mod equity;
mod file;
mod ledger;
mod path;
mod proxy;
mod risk;
mod routing;
mod vault;
mod venue;

pub use equity::EquityConfig;
pub use file::load;
pub use path::default_data_dir;
pub use proxy::{ForwardedHeader, ProxyConfig};
pub use venue::parse_venue;

use nija::{
    LedgerConfig, Upkeep, VaultConfig, VenueConfig,
    router::{EngineConfig, RoutingConfig},
};
use serde::Deserialize;
use std::{net::SocketAddr, path::PathBuf};

/// A configuration that cannot be used. The text names the key and says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(pub String);

/// Everything that `nija serve` needs to know.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// Where the API and the dashboard listen.
    pub listen: SocketAddr,
    /// Where `/metrics` listens. Without it, the main listener answers `/metrics` to callers on this machine alone.
    pub metrics_listen: Option<SocketAddr>,
    /// Folder of the databases and the vault's root key. Without one: [`default_data_dir`], or a temporary folder for a demo.
    pub data_dir: Option<PathBuf>,
    /// Venues to trade at.
    pub venues: Vec<VenueConfig>,
    /// Where users' exchange keys are kept.
    pub vault: VaultConfig,
    /// Where the journal is kept.
    pub ledger: LedgerConfig,
    /// How often the vault's keys are rotated and users' keys checked.
    pub upkeep: Upkeep,
    /// Starts simulated venues, a demo user and a small strategy beside the configured venues.
    pub demo: bool,
    /// Browser origins that may call the API from other sites.
    pub cors_origins: Vec<String>,
    /// The reverse proxies in front, and how they say whom they speak for.
    pub proxy: ProxyConfig,
    /// Sign-up and login.
    pub auth: AuthConfig,
    /// Limits of every kind.
    pub limits: LimitsConfig,
    /// The live stream.
    pub stream: StreamConfig,
    /// The equity curve.
    pub equity: EquityConfig,
    /// Settings of the engine and of risk.
    pub engine: EngineConfig,
    /// How venues are chosen.
    pub routing: RoutingConfig,
}

impl ServerConfig {
    /// The defaults in a folder, with the paper venue.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            metrics_listen: None,
            data_dir: Some(data_dir.into()),
            venues: vec![VenueConfig::Paper(nija::exchanges::paper::PaperConfig::default())],
            vault: VaultConfig::default(),
            ledger: LedgerConfig::default(),
            upkeep: Upkeep::default(),
            demo: false,
            cors_origins: Vec::new(),
            proxy: ProxyConfig::default(),
            auth: AuthConfig::default(),
            limits: LimitsConfig::default(),
            stream: StreamConfig::default(),
            equity: EquityConfig::default(),
            engine: EngineConfig::default(),
            routing: RoutingConfig::default(),
        }
    }
}

/// Sign-up and login.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuthConfig {
    /// Argon2id memory in KiB.
    pub argon2_memory_kib: u32,
    /// Argon2id passes.
    pub argon2_iterations: u32,
    /// Argon2id lanes.
    pub argon2_parallelism: u32,
    /// Passwords hashed at the same time at most; more wait.
    pub hashing_concurrency: usize,
    /// Life of an access token, seconds.
    pub access_token_seconds: u64,
    /// Life of an unused refresh token, days.
    pub refresh_token_days: u64,
    /// Wrong passwords in a row before an account is locked for a while; each further one doubles the wait.
    pub lockout_after: u32,
    /// Whether anyone may sign up.
    pub signup: bool,
}

impl Default for AuthConfig {
    fn default() -> Self {
        Self {
            argon2_memory_kib: 19 * 1024,
            argon2_iterations: 2,
            argon2_parallelism: 1,
            hashing_concurrency: 2,
            access_token_seconds: 15 * 60,
            refresh_token_days: 30,
            lockout_after: 5,
            signup: true,
        }
    }
}

/// Limits of every kind.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// Requests a minute of a basic user.
    pub basic_per_minute: u32,
    /// Requests a minute of a pro user.
    pub pro_per_minute: u32,
    /// Requests a minute of an enterprise user.
    pub enterprise_per_minute: u32,
    /// Sign-ups, logins, refreshes and requests with a bad token, a minute and address.
    pub auth_per_minute: u32,
    /// Bytes of a request's body.
    pub body_bytes: usize,
    /// Seconds until a request is given up.
    pub request_seconds: u64,
    /// Seconds that a client may take to send its next request's head, idle time included.
    pub header_seconds: u64,
    /// Connections at the same time.
    pub connections: usize,
    /// Seconds that a shutdown waits for requests.
    pub drain_seconds: u64,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            basic_per_minute: 60,
            pro_per_minute: 300,
            enterprise_per_minute: 1000,
            auth_per_minute: 30,
            body_bytes: 64 * 1024,
            request_seconds: 30,
            header_seconds: 60,
            connections: 20_000,
            drain_seconds: 10,
        }
    }
}

/// The live stream.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StreamConfig {
    /// Seconds between pings.
    pub ping_seconds: u64,
    /// Milliseconds between two `pnl.update` frames at least.
    pub pnl_interval_ms: u64,
    /// Milliseconds that one write may wait for a slow reader.
    pub write_ms: u64,
    /// Seconds until a ticket ends.
    pub ticket_seconds: u64,
    /// Streams of one user at the same time, and tickets for them.
    pub per_user: usize,
}

impl Default for StreamConfig {
    fn default() -> Self {
        Self { ping_seconds: 20, pnl_interval_ms: 250, write_ms: 10_000, ticket_seconds: 60, per_user: 20 }
    }
}
