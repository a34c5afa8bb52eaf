//! The server under load, and the venue behind it.

use nija_client::wire::CredentialPlaintext;
use serde::Deserialize;
use std::time::Duration;

use super::{
    Outcome,
    http::{Address, Connection},
    process::{Plan, Process},
    reference::Key,
};

/// A server to measure: one that we started, or somebody else's.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) address: Address,
    process: Option<Process>,
}

/// Sign-ups are no part of any row, and limits of rate and risk are there to hold a load back: both are set out of the way.
const SETTINGS: [(&str, &str); 9] = [
    ("NIJA_AUTH_ARGON2_MEMORY_KIB", "8"),
    ("NIJA_AUTH_ARGON2_ITERATIONS", "1"),
    ("NIJA_AUTH_ACCESS_TOKEN_SECONDS", "86400"),
    ("NIJA_LIMITS_BASIC_PER_MINUTE", "100000000"),
    ("NIJA_LIMITS_AUTH_PER_MINUTE", "100000000"),
    ("NIJA_RISK_ENTRY_INTERVAL_MS", "0"),
    ("NIJA_RISK_BASIC_LARGEST_POSITION", "0"),
    ("NIJA_STREAM_PER_USER", "100000"),
    ("NIJA_STREAM_PING_SECONDS", "3600"),
];

impl Target {
    /// Somebody else's server.
    pub(super) fn at(url: &str) -> Outcome<Self> {
        Ok(Self { address: Address::of(url)?, process: None })
    }

    /// `nija serve` as users start it, but for the port and the folder.
    pub(super) async fn plain() -> Outcome<Self> {
        Self::start(serve()?).await
    }

    /// `nija serve` on paper, with limits out of the way.
    pub(super) async fn paper() -> Outcome<Self> {
        Self::start(unlimited(serve()?)).await
    }

    /// The same with its ledger on PostgreSQL.
    pub(super) async fn over_postgres(url: &str) -> Outcome<Self> {
        let plan = unlimited(serve()?);
        let address = plan.folder().join("ledger.address");
        std::fs::write(&address, url)?;
        Self::start(plan.variable("NIJA_LEDGER_POSTGRES_FILE", address)).await
    }

    /// The same, at a simulated venue alone.
    pub(super) async fn trading_at(venue: &Venue) -> Outcome<Self> {
        let plan = unlimited(serve()?).argument("--no-paper").argument("--venue");
        Self::start(plan.argument(format!("kraken={},{},{}", venue.rest, venue.ws_public, venue.ws_private)))
            .await
    }

    async fn start(plan: Plan) -> Outcome<Self> {
        let process = plan.start().await?;
        let target = Self { address: Address::of(process.said("url")?)?, process: Some(process) };
        target.wait_until_ready().await?;
        Ok(target)
    }

    /// Processor time so far; zero where the process is not ours.
    pub(super) fn cpu(&self) -> Outcome<Duration> {
        self.process.as_ref().map_or(Ok(Duration::ZERO), Process::cpu)
    }

    /// Bytes of memory, where the process is ours.
    pub(super) fn resident(&self) -> Outcome<Option<u64>> {
        self.process.as_ref().map(Process::resident).transpose()
    }

    /// From its start to its ready line, where it is ours.
    pub(super) fn start_time(&self) -> Option<Duration> {
        self.process.as_ref().map(|process| process.start)
    }

    /// What it logged last.
    pub(super) fn last_words(&self) -> String {
        self.process.as_ref().map(Process::last_words).unwrap_or_default()
    }

    pub(super) async fn stop(self) -> Outcome<()> {
        match self.process {
            Some(process) => process.stop().await,
            None => Ok(()),
        }
    }

    async fn wait_until_ready(&self) -> Outcome<()> {
        let mut connection = Connection::open(&self.address).await?;
        let mut last = String::new();
        for _ in 0..2000 {
            let answer = connection.get("/ready", None).await?;
            if answer.is_success() {
                return Ok(());
            }
            last = String::from_utf8_lossy(&answer.body).into_owned();
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Err(super::failed(format!("the server is not ready: {last}")))
    }
}

fn serve() -> Outcome<Plan> {
    let plan = Plan::new(&["serve", "--json", "--listen", "127.0.0.1:0", "--data-dir"])?;
    let folder = plan.folder().join("data");
    Ok(plan.argument(folder))
}

fn unlimited(plan: Plan) -> Plan {
    SETTINGS.iter().fold(plan, |plan, (name, value)| plan.variable(name, value))
}

/// A simulated Kraken without rate limits, in a process of its own.
#[derive(Debug)]
pub(super) struct Venue {
    process: Process,
    pub(super) rest: String,
    ws_public: String,
    ws_private: String,
    pub(super) keys: Vec<Key>,
}

#[derive(Deserialize)]
struct Announced {
    rest: String,
    ws_public: String,
    ws_private: String,
    accounts: Vec<Key>,
}

impl Venue {
    /// With so many accounts that may trade.
    pub(super) async fn start(accounts: usize) -> Outcome<Self> {
        // Of the simulator's own accounts the last may withdraw, and such keys are refused.
        let plan = Plan::new(&["sim", "--venue", "kraken", "--tier", "unlimited", "--json", "--accounts"])?
            .argument((accounts + 1).to_string());
        let process = plan.start().await?;
        let announced: Announced = serde_json::from_value(process.ready.clone())?;
        let Announced { rest, ws_public, ws_private, accounts: mut keys } = announced;
        keys.truncate(accounts);
        Ok(Self { process, rest, ws_public, ws_private, keys })
    }

    /// A key as it is sealed.
    pub(super) fn credential(&self, number: usize) -> Option<CredentialPlaintext> {
        let Key { key, secret } = self.keys.get(number)?.clone();
        Some(CredentialPlaintext { key, secret, passphrase: None })
    }

    pub(super) fn cpu(&self) -> Outcome<Duration> {
        self.process.cpu()
    }

    pub(super) async fn stop(self) -> Outcome<()> {
        self.process.stop().await
    }
}
