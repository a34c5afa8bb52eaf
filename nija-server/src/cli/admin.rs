//! `nija admin`: what whoever runs the machine does for its accounts.

use nija_server::{config, reset_token};
use std::{error::Error, path::PathBuf};

use super::say;

/// What to do with accounts.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Make a token by which somebody whose password is lost sets a new one, administrators too: once, within half an hour. The server may be
    /// running.
    Reset {
        /// The account's address.
        email: String,
        /// The server's data folder; that of its configuration, or its default, when missing.
        #[arg(long, value_name = "FOLDER")]
        data_dir: Option<PathBuf>,
        /// The server's configuration; `./nija.toml` where there is one.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
}

pub(super) async fn run(command: Command) -> Result<(), Box<dyn Error>> {
    let Command::Reset { email, data_dir, config } = command;
    let environment =
        std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
    let config = config::load(config.as_deref(), environment)?;
    let folder = data_dir.or(config.data_dir).map_or_else(config::default_data_dir, Ok)?;
    let reset = reset_token(&folder, &email).await?;
    say(&format!("Token: {}", *reset.token));
    say(&format!(
        "It sets a new password of {email} (user {}) once, within {} minutes: on the sign-in page under \"I have a reset token\".",
        reset.user,
        reset.life.as_secs() / 60
    ));
    say("Setting it ends every session of the account and is in the audit log (nija audit export).");
    Ok(())
}
