//! `nija.toml`.

use nija::{VenueConfig, exchanges::alpaca::DataKey};
use nija_core::Symbol;
use serde::Deserialize;
use std::path::{Path, PathBuf};

use super::{
    AuthConfig, ConfigError, EquityConfig, LimitsConfig, ServerConfig, StreamConfig, env, ledger::FileLedger,
    proxy::FileProxy, risk::RiskConfig, routing::FileRouting, vault::FileVault, venue,
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct FileConfig {
    listen: String,
    metrics_listen: Option<String>,
    data_dir: Option<PathBuf>,
    paper: bool,
    paper_prices: Option<String>,
    demo: bool,
    cors_origins: Vec<String>,
    symbols: Vec<String>,
    venue: Vec<FileVenue>,
    proxy: FileProxy,
    auth: AuthConfig,
    limits: LimitsConfig,
    risk: RiskConfig,
    routing: FileRouting,
    vault: FileVault,
    ledger: FileLedger,
    stream: StreamConfig,
    equity: EquityConfig,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileVenue {
    id: String,
    kind: String,
    rest: Option<String>,
    ws_public: Option<String>,
    ws_private: Option<String>,
    /// Of Alpaca alone: where market data is, the operator's own key for it, and the file that holds the key's secret.
    data: Option<String>,
    data_key: Option<String>,
    data_secret_file: Option<PathBuf>,
    stock_feed: Option<String>,
}

impl FileVenue {
    fn into_config(self) -> Result<VenueConfig, ConfigError> {
        let addresses = match (self.rest, self.ws_public, self.ws_private) {
            (None, None, None) => None,
            (Some(rest), Some(public), Some(private)) => Some(venue::addresses(&rest, &public, &private)),
            _ => {
                let what = "give rest, ws_public and ws_private, or none of them for the real venue";
                return Err(ConfigError(what.into()));
            }
        };
        let mut made = venue::venue(&self.id, &self.kind, addresses)?;
        let VenueConfig::Alpaca(config) = &mut made else {
            let alpacas = [&self.data, &self.data_key, &self.stock_feed].iter().any(|one| one.is_some());
            if alpacas || self.data_secret_file.is_some() {
                let what = "data, data_key, data_secret_file and stock_feed are settings of alpaca alone";
                return Err(ConfigError(what.into()));
            }
            return Ok(made);
        };
        if let Some(data) = self.data {
            config.data = data;
        }
        if let Some(feed) = self.stock_feed {
            config.stock_feed = feed;
        }
        config.data_key = match (self.data_key, self.data_secret_file) {
            (Some(key), Some(path)) => {
                let secret = std::fs::read_to_string(&path)
                    .map_err(|error| ConfigError(format!("data_secret_file {}: {error}", path.display())))?;
                Some(DataKey::new(key, secret.trim().to_owned()))
            }
            (None, None) => None,
            _ => return Err(ConfigError("give data_key and data_secret_file, or neither".into())),
        };
        Ok(made)
    }
}

impl Default for FileConfig {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".into(),
            metrics_listen: None,
            data_dir: None,
            paper: true,
            paper_prices: None,
            demo: false,
            cors_origins: Vec::new(),
            symbols: Vec::new(),
            venue: Vec::new(),
            proxy: FileProxy::default(),
            auth: AuthConfig::default(),
            limits: LimitsConfig::default(),
            risk: RiskConfig::default(),
            routing: FileRouting::default(),
            vault: FileVault::default(),
            ledger: FileLedger::default(),
            stream: StreamConfig::default(),
            equity: EquityConfig::default(),
        }
    }
}

/// Reads the file (none is fine when no path is given and there is no `nija.toml` here), then `NIJA_...` from `environment`.
///
/// # Errors
/// [`ConfigError`] names the file, the key and what to do.
pub fn load(
    path: Option<&Path>,
    environment: impl Iterator<Item = (String, String)>,
) -> Result<ServerConfig, ConfigError> {
    let (path, optional) = path.map_or((Path::new("nija.toml"), true), |path| (path, false));
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if optional && error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(ConfigError(format!("{} cannot be read: {error}", path.display()))),
    };
    parse(&text, environment).map_err(|ConfigError(what)| ConfigError(format!("{}: {what}", path.display())))
}

fn parse(
    text: &str,
    environment: impl Iterator<Item = (String, String)>,
) -> Result<ServerConfig, ConfigError> {
    let mut table: toml::Table =
        text.parse().map_err(|error: toml::de::Error| ConfigError(error.to_string()))?;
    env::overlay(&mut table, environment)?;
    let file = FileConfig::deserialize(table).map_err(|error| ConfigError(error.to_string()))?;
    let address = |key: &str, text: &str| {
        text.parse()
            .map_err(|_| ConfigError(format!("{key}: {text:?} is not an address like 127.0.0.1:8080")))
    };
    let mut config = ServerConfig::new("");
    config.data_dir = file.data_dir;
    config.listen = address("listen", &file.listen)?;
    config.metrics_listen = file.metrics_listen.map(|text| address("metrics_listen", &text)).transpose()?;
    if !file.paper {
        config.venues.clear();
    } else if let Some(text) = &file.paper_prices {
        config.venues =
            vec![venue::paper_over(text).map_err(|error| ConfigError(format!("paper_prices: {error}")))?];
    }
    for it in file.venue {
        let id = it.id.clone();
        let one = it.into_config().map_err(|error| ConfigError(format!("[[venue]] {id}: {error}")))?;
        config.venues.push(one);
    }
    if !file.symbols.is_empty() {
        config.engine.symbols = file
            .symbols
            .iter()
            .map(|text| Symbol::new(text).map_err(|error| ConfigError(format!("symbols: {text:?}: {error}"))))
            .collect::<Result<_, _>>()?;
    }
    for (key, percent) in [
        ("risk.max_equity_share_percent", file.risk.max_equity_share_percent),
        ("risk.max_daily_loss_percent", file.risk.max_daily_loss_percent),
    ] {
        if !(1..=100).contains(&percent) {
            return Err(ConfigError(format!("{key} is {percent}; it must be 1 to 100")));
        }
    }
    for (key, percent) in [
        ("risk.max_drawdown_percent", file.risk.max_drawdown_percent),
        ("risk.min_equity_share_percent", file.risk.min_equity_share_percent),
    ] {
        if percent > 100 {
            return Err(ConfigError(format!("{key} is {percent}; it must be 0 to 100")));
        }
    }
    if let Some((key, name)) = file.risk.wrong_currency() {
        return Err(ConfigError(format!("{key}: {name:?} is not a currency such as USDT")));
    }
    let allowed: Result<std::collections::BTreeSet<_>, _> =
        file.risk.allowed_symbols.iter().map(|text| nija_core::Symbol::new(text)).collect();
    let allowed = allowed.map_err(|error| ConfigError(format!("risk.allowed_symbols: {error}")))?;
    config.engine.limits.allowed_symbols = (!allowed.is_empty()).then_some(allowed);
    file.risk.apply(&mut config.engine.limits);
    config.upkeep = file.vault.upkeep()?;
    (config.routing, config.engine.slicing, config.engine.feedback_half_life) = file.routing.into_config()?;
    config.vault = file.vault.into_config()?;
    config.ledger = file.ledger.into_config()?;
    config.demo = file.demo;
    config.cors_origins = file.cors_origins;
    config.proxy = file.proxy.into_config()?;
    config.auth = file.auth;
    config.limits = file.limits;
    config.stream = file.stream;
    config.equity = file.equity;
    Ok(config)
}

impl ServerConfig {
    /// Checks what can be checked before anything starts.
    ///
    /// # Errors
    /// [`ConfigError`] names the key and its limits.
    pub fn check(&self) -> Result<(), ConfigError> {
        let bounds = [
            ("auth.argon2_memory_kib", u64::from(self.auth.argon2_memory_kib), 8, 4 << 20),
            ("auth.argon2_iterations", u64::from(self.auth.argon2_iterations), 1, 100),
            ("auth.argon2_parallelism", u64::from(self.auth.argon2_parallelism), 1, 64),
            ("auth.hashing_concurrency", self.auth.hashing_concurrency as u64, 1, 1024),
            ("auth.access_token_seconds", self.auth.access_token_seconds, 30, 86_400),
            ("auth.refresh_token_days", self.auth.refresh_token_days, 1, 365),
            ("auth.lockout_after", u64::from(self.auth.lockout_after), 1, 1000),
            ("limits.basic_per_minute", u64::from(self.limits.basic_per_minute), 1, u64::from(u32::MAX)),
            ("limits.pro_per_minute", u64::from(self.limits.pro_per_minute), 1, u64::from(u32::MAX)),
            (
                "limits.enterprise_per_minute",
                u64::from(self.limits.enterprise_per_minute),
                1,
                u64::from(u32::MAX),
            ),
            ("limits.auth_per_minute", u64::from(self.limits.auth_per_minute), 1, u64::from(u32::MAX)),
            ("limits.body_bytes", self.limits.body_bytes as u64, 1024, 64 << 20),
            ("limits.request_seconds", self.limits.request_seconds, 12, 3600),
            ("limits.header_seconds", self.limits.header_seconds, 1, 3600),
            ("limits.connections", self.limits.connections as u64, 1, 1 << 20),
            ("limits.drain_seconds", self.limits.drain_seconds, 0, 3600),
            ("stream.ping_seconds", self.stream.ping_seconds, 1, 3600),
            ("stream.pnl_interval_ms", self.stream.pnl_interval_ms, 10, 60_000),
            ("stream.write_ms", self.stream.write_ms, 10, 600_000),
            ("stream.ticket_seconds", self.stream.ticket_seconds, 1, 3600),
            ("stream.per_user", self.stream.per_user as u64, 1, 1 << 20),
            ("equity.every_seconds", self.equity.every_seconds, 1, 86_400),
            ("equity.all_days", u64::from(self.equity.all_days), 1, 366),
            ("equity.days", u64::from(self.equity.days), 1, 36_600),
            ("equity.all_days over equity.every_seconds in samples", self.equity.samples(), 1, 100_000),
        ];
        for (key, value, least, most) in bounds {
            if !(least..=most).contains(&value) {
                return Err(ConfigError(format!("{key} is {value}; it must be {least} to {most}")));
            }
        }
        if u64::from(self.auth.argon2_memory_kib) < 8 * u64::from(self.auth.argon2_parallelism) {
            return Err(ConfigError(
                "auth.argon2_memory_kib must be at least 8 times auth.argon2_parallelism".into(),
            ));
        }
        if self.venues.is_empty() && !self.demo {
            return Err(ConfigError("no venue is configured: leave out --no-paper or add --venue".into()));
        }
        for origin in &self.cors_origins {
            if !(origin.starts_with("https://") || origin.starts_with("http://")) || origin.ends_with('/') {
                return Err(ConfigError(format!(
                    "cors_origins: {origin:?} is not an origin like https://app.example.org (no '/' at the end)"
                )));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nija::VaultRoot;

    fn env(pairs: &[(&str, &str)]) -> std::vec::IntoIter<(String, String)> {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect::<Vec<_>>().into_iter()
    }

    #[test]
    fn the_environment_overrides_the_file() {
        let text = "data_dir = \"/tmp/x\"\n[limits]\nbasic_per_minute = 7\npro_per_minute = 8";
        let config =
            parse(text, env(&[("NIJA_LIMITS_PRO_PER_MINUTE", "99"), ("NIJA_LISTEN", "[::1]:0")])).unwrap();
        assert_eq!((config.limits.basic_per_minute, config.limits.pro_per_minute), (7, 99));
        assert_eq!(config.listen.to_string(), "[::1]:0");
        assert!(config.check().is_ok());
    }

    #[test]
    fn unknown_keys_and_bad_values_are_refused_by_name() {
        for (text, says) in [
            ("lisen = 1", "lisen"),
            ("[limits]\nbasic = 1", "basic"),
            ("listen = \"nowhere\"", "127.0.0.1:8080"),
            ("[[venue]]\nid=\"x\"\nkind=\"kraken\"\nrest=\"http://h\"", "none of them"),
            ("[[venue]]\nid=\"x\"\nkind=\"kraken\"\ndata_key=\"k\"", "alpaca alone"),
            ("[[venue]]\nid=\"x\"\nkind=\"alpaca\"\ndata_key=\"k\"", "or neither"),
            (
                "[[venue]]\nid=\"x\"\nkind=\"alpaca\"\ndata_key=\"k\"\ndata_secret_file=\"/nowhere/at/all\"",
                "/nowhere/at/all",
            ),
            ("[vault]\npostgres = \"x\"", "postgres"),
            ("[vault]\nopenbao = [\"http://127.0.0.1:8200\"]", "openbao_role_id"),
            ("[vault]\npostgres_file = \"/nowhere/at/all\"", "/nowhere/at/all"),
            ("[vault]\ntransit = [\"http://127.0.0.1:8200\"]", "transit_token_file"),
            ("[vault]\ntransit_token_file = \"/a/token\"", "give transit"),
            (
                "[vault]\ntransit = [\"http://127.0.0.1:8200\"]\ntransit_role_id = \"r\"\ntransit_token_file = \"/a/token\"",
                "either transit_role_id",
            ),
            (
                "[vault]\ntransit = [\"http://h\"]\ntransit_role_id = \"r\"\ntransit_secret_id_file = \"/nowhere/at/all\"",
                "vault.transit_secret_id_file /nowhere/at/all",
            ),
            ("[ledger]\npostgres_file = \"/nowhere/at/all\"", "ledger.postgres_file /nowhere/at/all"),
            ("[ledger]\npostgres = \"x\"", "postgres"),
            ("[[venue]]\nid=\"x\"\nkind=\"nasdaq\"\nrest=\"\"\nws_public=\"\"\nws_private=\"\"", "nasdaq"),
            ("[routing]\nfees_percent = 40", "sum to 1.10"),
            ("[routing]\npolicy = \"cheapest\"", "expected_cost"),
            ("paper_prices = \"nasdaq\"", "paper_prices"),
            ("symbols = [\"btc\"]", "BTC-USD"),
            ("[proxy]\ntrusted = [\"proxy.internal\"]", "proxy.trusted: \"proxy.internal\""),
            ("[proxy]\ntrusted = [\"10.0.0.5/8\"]", "10.0.0.0/8"),
            ("[proxy]\ntrusted = [\"::/0\"]", "everybody"),
            ("[proxy]\nheader = \"x-real-ip\"", "x-forwarded-for"),
        ] {
            let error = parse(text, env(&[("NIJA_DATA_DIR", "/tmp/x")])).unwrap_err().to_string();
            assert!(error.contains(says), "{text}: {error}");
        }
        let error = parse("", env(&[("NIJA_LIMITS_BASIC_PER_MINUT", "3")])).unwrap_err().to_string();
        assert!(error.contains("NIJA_LIMITS_BASIC_PER_MINUT"), "{error}");
        let error = parse("", env(&[("NIJA_LIMITS_BODY_BYTES", "many")])).unwrap_err().to_string();
        assert!(error.contains("NIJA_LIMITS_BODY_BYTES"), "{error}");
    }

    #[test]
    fn a_root_under_transit_has_a_key_of_its_own() {
        let text = "[vault]\ntransit = [\"https://a:8200\", \"https://b:8200\"]\ntransit_token_file = \"/run/token\"";
        let config = parse(text, env(&[("NIJA_VAULT_TRANSIT_MOUNT", "crypt")])).unwrap();
        let VaultRoot::Transit(server) = config.vault.root else { panic!("{:?}", config.vault.root) };
        assert_eq!(server.nodes, ["https://a:8200", "https://b:8200"]);
        assert_eq!((server.transit_mount.as_str(), server.transit_key.as_str()), ("crypt", "nija-root"));
        assert!(matches!(parse("", env(&[])).unwrap().vault.root, VaultRoot::KeyFile));
    }

    #[test]
    fn alpaca_takes_its_data_address_and_the_operators_key() {
        let file = std::env::temp_dir().join(format!("nija-data-secret-{}", std::process::id()));
        std::fs::write(&file, "made here\n").unwrap();
        let text = format!(
            "[[venue]]\nid=\"a\"\nkind=\"alpaca-paper\"\ndata=\"https://data.example\"\nstock_feed=\"sip\"\n\
             data_key=\"PK1\"\ndata_secret_file={file:?}"
        );
        let config = parse(&text, env(&[("NIJA_DATA_DIR", "/tmp/x")])).unwrap();
        std::fs::remove_file(&file).unwrap();
        let Some(VenueConfig::Alpaca(alpaca)) = config.venues.last() else { panic!("{:?}", config.venues) };
        assert_eq!((alpaca.data.as_str(), alpaca.stock_feed.as_str()), ("https://data.example", "sip"));
        assert_eq!(alpaca.rest, "https://paper-api.alpaca.markets");
        assert!(alpaca.data_key.is_some() && !format!("{alpaca:?}").contains("made here"));
    }

    #[test]
    fn the_example_file_parses_and_names_every_key() {
        let text = include_str!("../../nija.example.toml");
        let config = parse(text, env(&[])).unwrap();
        assert!(config.check().is_ok());
        for (key, _) in env::KEYS {
            let name = key.rsplit('.').next().unwrap();
            assert!(
                text.lines().any(|line| line.trim_start_matches("# ").starts_with(&format!("{name} = "))),
                "{key} is not in nija.example.toml"
            );
        }
    }
}
