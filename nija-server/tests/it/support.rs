//! A server with two simulated exchanges.

use nija::{VenueConfig, exchanges::kraken::KrakenConfig};
use nija_core::VenueId;
use nija_server::{RunningServer, ServerConfig};
use nija_sim::{Account, NewAccount, Sim, SimHandle, Tape, VenueHandle, VenueKind};
use serde_json::Value;
use std::{future::Future, path::PathBuf, time::Duration};
use tempfile::TempDir;

use crate::api::Api;

/// A wait for something that must happen ends here.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// A good password, made at run time.
pub(crate) fn password() -> String {
    format!("lamp-{}-river", uuid::Uuid::new_v4())
}

/// A server, its exchanges, and its data.
pub(crate) struct Host {
    server: Option<RunningServer>,
    pub(crate) config: ServerConfig,
    pub(crate) sim: SimHandle,
    pub(crate) dir: TempDir,
}

impl Host {
    /// With generous limits, cheap hashing, and exchanges whose prices stand still: BTC at 60,000.
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// The same, after a change to the configuration.
    pub(crate) async fn with(change: impl FnOnce(&mut ServerConfig)) -> Self {
        let sim = Sim::builder()
            .venue_named("kraken", VenueKind::Kraken)
            .venue_named("kraken-b", VenueKind::Kraken)
            .tape(Tape::generated(7))
            .accounts(0)
            .no_limits()
            .paused(true)
            .start()
            .await
            .expect("the simulators start");
        assert!(sim.set_price("BTC-USD", 60_000.into()));
        let dir = TempDir::new().expect("a folder");
        let mut config = config(dir.path().join("data"));
        config.venues = sim.venues().iter().map(venue).collect();
        change(&mut config);
        let mut host = Self { server: None, config, sim, dir };
        host.boot().await;
        host
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    pub(crate) fn server(&self) -> &RunningServer {
        self.server.as_ref().expect("it runs")
    }

    pub(crate) fn url(&self) -> String {
        self.server().url.clone()
    }

    /// Somebody who has not signed in.
    pub(crate) fn anyone(&self) -> Api {
        Api::new(self.url())
    }

    /// A new user.
    pub(crate) async fn user(&self, name: &str) -> Api {
        self.anyone().sign_up(&format!("{name}@example.org"), &password()).await
    }

    /// A new user with a key at both exchanges.
    pub(crate) async fn trader(&self, name: &str) -> (Api, Vec<Account>) {
        let user = self.user(name).await;
        let mut accounts = Vec::new();
        for venue in self.sim.venues() {
            let account = venue.add_account(NewAccount::default());
            user.connect(&venue.name, &account).await;
            accounts.push(account);
        }
        (user, accounts)
    }

    pub(crate) fn venue(&self, name: &str) -> &VenueHandle {
        self.sim.venue_named(name).expect("it was started")
    }

    /// Stops the server and starts another on the same data.
    pub(crate) async fn restart(&mut self) {
        self.stop().await;
        self.boot().await;
    }

    pub(crate) async fn stop(&mut self) {
        if let Some(server) = self.server.take() {
            server.shutdown().await;
        }
    }

    async fn boot(&mut self) {
        let server = nija_server::start(self.config.clone()).await.expect("the server starts");
        let url = server.url.clone();
        self.server = Some(server);
        eventually("the server is ready", || async {
            let ready = reqwest::get(format!("{url}/ready")).await.ok()?;
            ready.status().is_success().then_some(())
        })
        .await;
    }
}

/// Generous limits and cheap hashing.
pub(crate) fn config(data_dir: PathBuf) -> ServerConfig {
    let mut config = ServerConfig::new(data_dir);
    config.listen = ([127, 0, 0, 1], 0).into();
    config.auth.argon2_memory_kib = 64;
    config.auth.argon2_iterations = 1;
    config.limits.basic_per_minute = 1_000_000;
    config.limits.auth_per_minute = 1_000_000;
    config.engine.limits.entry_interval = Duration::ZERO;
    config.engine.limits.basic.largest_position = None;
    config.stream.pnl_interval_ms = 20;
    config
}

fn venue(handle: &VenueHandle) -> VenueConfig {
    let id = VenueId::new(&handle.name).expect("a plain name");
    VenueConfig::Kraken(KrakenConfig::new(
        id,
        handle.rest.clone(),
        handle.ws_public.clone(),
        handle.ws_private.clone(),
    ))
}

/// Asks until there is an answer.
pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, ask: impl Fn() -> F) -> T {
    let asking = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(15)).await;
        }
    };
    tokio::time::timeout(DEADLINE, asking).await.unwrap_or_else(|_| panic!("never: {what}"))
}

/// A market buy for this many dollars.
pub(crate) fn buy(dollars: &str) -> Value {
    serde_json::json!({ "symbol": "BTC-USD", "side": "buy", "size": dollars })
}

/// Buys, and sells all of it but what no exchange takes as an order: 60 cents' worth. The quantity that is left.
pub(crate) async fn leave_dust(user: &Api) -> rust_decimal::Decimal {
    user.place(&buy("50")).await.ok();
    let positions = user.get("/v1/positions/open").await.ok();
    let held: rust_decimal::Decimal = positions[0]["quantity"].as_str().unwrap().parse().unwrap();
    let left = rust_decimal::Decimal::new(1, 5);
    let most = serde_json::json!({
        "symbol": "BTC-USD", "side": "sell", "size": held - left, "size_type": "base", "signal_type": "exit"
    });
    assert_eq!(user.place(&most).await.ok()["state"], "filled");
    left
}
