//! The server as a process of its own, to be killed.

use nija_sim::VenueHandle;
use nija_test_services::Database;
use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

pub(crate) struct Server {
    pub(crate) url: String,
    dir: PathBuf,
    child: Child,
}

impl Server {
    pub(crate) async fn start(dir: &Path, venue: &VenueHandle) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nija"));
        if dir.join(ADDRESS).exists() {
            command.env("NIJA_LEDGER_POSTGRES_FILE", dir.join(ADDRESS));
            command.env("NIJA_VAULT_POSTGRES_FILE", dir.join(ADDRESS));
        }
        let mut child = command
            .args(["serve", "--json", "--no-paper", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(dir)
            .arg("--venue")
            .arg(format!("kraken={},{},{}", venue.rest, venue.ws_public, venue.ws_private))
            .env("NIJA_LIMITS_BASIC_PER_MINUTE", "1000000")
            .env("NIJA_LIMITS_AUTH_PER_MINUTE", "1000000")
            .env("NIJA_RISK_ENTRY_INTERVAL_MS", "0")
            .env("NIJA_RISK_BASIC_LARGEST_POSITION", "100000")
            .env("RUST_LOG", "warn")
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(dir.join("stderr.log")).unwrap())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = tokio::time::timeout(Duration::from_secs(60), lines.next_line()).await;
        let Ok(Ok(Some(line))) = line else {
            panic!("the server did not start: {}", std::fs::read_to_string(dir.join("stderr.log")).unwrap())
        };
        let ready: serde_json::Value = serde_json::from_str(&line).unwrap();
        Self { url: ready["url"].as_str().unwrap().to_owned(), dir: dir.to_owned(), child }
    }

    /// `kill -9`.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    pub(crate) async fn stop(mut self) {
        let pid = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().await.unwrap().success());
        let status = tokio::time::timeout(Duration::from_secs(60), self.child.wait()).await;
        assert!(status.expect("it drains in time").unwrap().success());
    }

    /// Stops the server after a look at its tables as they are at this moment, where they can be looked at then: rebuilds the projections from
    /// the journal and compares them.
    pub(crate) async fn stop_and_verify(self) -> bool {
        let dir = self.dir.clone();
        if let Ok(url) = std::fs::read_to_string(dir.join(ADDRESS)) {
            // The ledger is the server's alone as long as it lives.
            self.stop().await;
            let ledger = nija::ledger::PostgresLedger::open(&url).unwrap();
            return agree(&ledger).await;
        }
        let copy = tempfile::tempdir().unwrap();
        // The tables first: they are never ahead of the journal.
        for name in ["ledger.tables.db", "ledger.tables.db-wal", "ledger.db", "ledger.db-wal"] {
            if dir.join(name).exists() {
                std::fs::copy(dir.join(name), copy.path().join(name)).unwrap();
            }
        }
        let ledger = nija::ledger::SqliteLedger::open(&copy.path().join("ledger.db")).unwrap();
        let agrees = agree(&ledger).await;
        self.stop().await;
        agrees
    }
}

async fn agree(ledger: &dyn nija_core::Ledger) -> bool {
    let differences = ledger.verify_projections().await.unwrap();
    for difference in &differences {
        println!("{difference}");
    }
    differences.is_empty()
}

/// The file in a server's folder that holds the address of its database, where it has one.
const ADDRESS: &str = "postgres";

/// Gives the server in a folder a database for its ledger and its vault.
pub(crate) fn use_database(dir: &Path, database: &Database) {
    std::fs::write(dir.join(ADDRESS), database.url()).unwrap();
}
