//! `nija audit`.

use nija::vault::verify_audit_file;
use nija_server::config;
use std::{error::Error, path::PathBuf};

use super::say;

/// What to do with the audit log.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Walk the chain from its start and say whether it is whole. Reads the file alone; the server may be running.
    Verify {
        /// The server's data folder; its default when missing.
        #[arg(long, value_name = "FOLDER")]
        data_dir: Option<PathBuf>,
    },
}

pub(super) fn run(command: Command) -> Result<(), Box<dyn Error>> {
    let Command::Verify { data_dir } = command;
    let folder = data_dir.map_or_else(config::default_data_dir, Ok)?;
    let database = folder.join("vault.db");
    if !database.is_file() {
        return Err(format!("there is no vault in {}; pass --data-dir", folder.display()).into());
    }
    let report = verify_audit_file(&database, None, &[])?;
    say(&format!("the audit chain is whole: {} entries", report.entries));
    Ok(())
}
