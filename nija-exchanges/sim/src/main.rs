//! `nija-sim`: the simulators alone; `nija sim` is the same.

use clap::Parser;
use std::process::ExitCode;

/// Venue simulators for tests and demos.
#[derive(Debug, Parser)]
#[command(name = "nija-sim", version)]
struct Cli {
    #[command(flatten)]
    args: nija_sim::cli::Args,
}

#[tokio::main]
async fn main() -> ExitCode {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match nija_sim::cli::run(Cli::parse().args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}
