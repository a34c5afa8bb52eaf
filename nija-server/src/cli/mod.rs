//! Commands and their flags.

mod admin;
mod audit;
mod key;
mod kill;
mod markets;
mod reach;
mod root;
mod seal;
mod serve;
mod table;
mod vault;
mod venues;

use clap::{Parser, Subcommand};
use nija::vault::Caller;
use std::{error::Error, io, num::NonZero, process::ExitCode};
use tokio::runtime::{Builder, Runtime};

/// Trade for many users, each with their own exchange account.
#[derive(Debug, Parser)]
#[command(name = "nija", version, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server: API, live stream and dashboard.
    Serve(serve::Args),
    /// Run simulated exchanges.
    Sim(nija_sim::cli::Args),
    /// Seal an exchange key (JSON on standard input) for `POST /v1/credentials/store`.
    Seal(seal::Args),
    /// Your exchange keys at a server: list, check, replace.
    #[command(subcommand)]
    Key(key::Command),
    /// Stop trading on the platform, at a venue or of a user, and see what could not be confirmed. For administrators.
    #[command(subcommand)]
    Kill(kill::Command),
    /// Let somebody whose password is lost set a new one.
    #[command(subcommand)]
    Admin(admin::Command),
    /// Look at the vault's audit log.
    #[command(subcommand)]
    Audit(audit::Command),
    /// Keep the vault: keys, backups, drills.
    #[command(subcommand)]
    Vault(vault::Command),
    /// Ask every configured venue how it is: status, latency, fees, limits used.
    Venues(venues::Args),
    /// Show one symbol's book over all configured venues.
    Markets(markets::Args),
    /// Load a server of this program and print what it does, each row beside a bare reference.
    Bench(crate::bench::Args),
    /// Print the OpenAPI document of the API, as JSON.
    Openapi,
    /// Print the version.
    Version,
}

impl Command {
    /// Whether exchange keys, or what opens them, come into this process's memory.
    const fn holds_keys(&self) -> bool {
        matches!(self, Self::Serve(_) | Self::Seal(_) | Self::Key(_) | Self::Vault(_))
    }
}

/// Who the vault's log says that a command was given by.
fn operator() -> Caller {
    Caller::from("cli").by(&format!("uid {}", rustix::process::getuid().as_raw()))
}

/// A server's threads leave one processor to the ledger's writers, which have threads of their own, or to a database beside it (ADR 40). Tokio's own
/// variable says otherwise.
fn runtime(command: &Command) -> io::Result<Runtime> {
    let mut builder = Builder::new_multi_thread();
    if matches!(command, Command::Serve(_)) && std::env::var_os("TOKIO_WORKER_THREADS").is_none() {
        let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
        builder.worker_threads(processors.saturating_sub(1).max(1));
    }
    builder.enable_all().build()
}

/// Runs the command line of this process.
pub(crate) fn run() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match runtime(&cli.command) {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    if cli.command.holds_keys()
        && let Err(error) = nija_server::forbid_dumps()
    {
        warn(&format!("core dumps could not be turned off ({error}); turn them off for this machine"));
    }
    let outcome: Result<(), Box<dyn Error>> = runtime.block_on(async {
        match cli.command {
            Command::Serve(args) => serve::run(args).await,
            Command::Sim(args) => nija_sim::cli::run(args).await.map_err(Into::into),
            Command::Seal(args) => seal::run(&args),
            Command::Key(command) => key::run(command).await,
            Command::Kill(command) => kill::run(command).await,
            Command::Admin(command) => admin::run(command).await,
            Command::Audit(command) => audit::run(command),
            Command::Vault(command) => operator().asks(Box::pin(vault::run(command))).await,
            Command::Venues(args) => venues::run(args).await,
            Command::Markets(args) => markets::run(args).await,
            Command::Bench(args) => crate::bench::run(args).await.map_err(|error| error as Box<dyn Error>),
            Command::Openapi => {
                say(&nija_server::openapi_document()?);
                Ok(())
            }
            Command::Version => {
                say(concat!("nija ", env!("CARGO_PKG_VERSION")));
                Ok(())
            }
        }
    });
    outcome.map_or_else(|error| failed(error.as_ref()), |()| ExitCode::SUCCESS)
}

/// One line on standard output.
#[allow(clippy::print_stdout)]
pub(crate) fn say(line: &str) {
    println!("{line}");
}

#[allow(clippy::print_stderr)]
fn warn(line: &str) {
    eprintln!("nija: {line}");
}

#[allow(clippy::print_stderr)]
fn failed(error: &dyn Error) -> ExitCode {
    eprintln!("nija: {error}");
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
