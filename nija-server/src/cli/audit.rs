//! `nija audit`.

use nija::{
    core::{LedgerError, NonceSource, OsEntropy, SystemClock, Vault},
    vault::{LocalVault, LocalVaultConfig, RootKey},
};
use nija_server::config;
use std::{error::Error, path::PathBuf, sync::Arc};

use super::say;

/// What to do with the audit log.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Walk the chain from its start and say whether it is whole.
    Verify {
        /// The server's data folder; its default when missing.
        #[arg(long, value_name = "FOLDER")]
        data_dir: Option<PathBuf>,
    },
}

pub(super) async fn run(command: Command) -> Result<(), Box<dyn Error>> {
    let Command::Verify { data_dir } = command;
    let folder = data_dir.map_or_else(config::default_data_dir, Ok)?;
    let database = folder.join("vault.db");
    if !database.is_file() {
        return Err(format!("there is no vault in {}; pass --data-dir", folder.display()).into());
    }
    let vault = LocalVault::open(LocalVaultConfig {
        database,
        root: RootKey::File(folder.join("vault.key")),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(OsEntropy::new()?),
        nonces: Arc::new(NoNonces),
        authenticators: Vec::new(),
    })?;
    let entries = vault.verify_audit().await?;
    say(&format!("the audit chain is whole: {entries} entries"));
    Ok(())
}

/// Nothing is signed here.
struct NoNonces;

#[async_trait::async_trait]
impl NonceSource for NoNonces {
    async fn reserve(&self, _: nija::core::CredentialId, _: u64, _: u64) -> Result<u64, LedgerError> {
        Err(LedgerError::Closed)
    }
}
