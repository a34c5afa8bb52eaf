//! `nija sim`: simulators from the command line.

use crate::handle::SimHandle;
use crate::kraken::Tier;
use crate::sim::{Sim, SimError};
use crate::tape::{Tape, TapeError};
use crate::venue::VenueKind;
use std::path::PathBuf;

/// Start venue simulators on loopback, for tests and demos.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// Venues to start, by kind (`kraken`), or `NAME=KIND` for another one under a name of its own; one of each kind where none is named.
    #[arg(long, value_delimiter = ',', default_values = VenueKind::ALL.iter().map(|kind| kind.name()))]
    pub venue: Vec<String>,
    /// Where to listen; port 0 lets the system choose.
    #[arg(long, default_value = "127.0.0.1:0")]
    pub listen: String,
    /// Seed of the generated tape and all else that is drawn.
    #[arg(long, default_value_t = 7)]
    pub seed: u64,
    /// A CSV of one-minute candles (time,open,high,low,close,volume), or a folder of them.
    #[arg(long)]
    pub tape: Option<PathBuf>,
    /// Tape minutes per real minute.
    #[arg(long, default_value_t = 1.0)]
    pub speed: f64,
    /// Accounts per venue; the last one may withdraw.
    #[arg(long, default_value_t = 10)]
    pub accounts: usize,
    /// Ignore unknown order fields rather than refuse them.
    #[arg(long)]
    pub lenient: bool,
    /// Rate limits: starter, intermediate, pro or unlimited.
    #[arg(long, default_value = "pro", value_parser = parse_tier)]
    pub tier: Tier,
    /// Serve the venues over TLS, with a certificate and its key (PEM files).
    #[arg(long, num_args = 2, value_names = ["CERT", "KEY"])]
    pub tls: Option<Vec<PathBuf>>,
    /// Print one JSON line per venue instead of a table.
    #[arg(long)]
    pub json: bool,
}

/// Why `nija sim` failed.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// A venue that does not exist.
    #[error("unknown venue {given:?}: write KIND or NAME=KIND, where KIND is one of {}", known())]
    Venue {
        /// What was asked for.
        given: String,
    },
    /// The tape cannot be read.
    #[error(transparent)]
    Tape(#[from] TapeError),
    /// The venues cannot start.
    #[error(transparent)]
    Sim(#[from] SimError),
    /// Signals cannot be watched, or nothing can be printed.
    #[error("cannot run: {0}")]
    Io(#[from] std::io::Error),
}

/// Starts the venues, says where they are, and runs until interrupted or terminated.
///
/// # Errors
/// [`CliError`] when they cannot start.
pub async fn run(args: Args) -> Result<(), CliError> {
    let mut builder = Sim::builder()
        .seed(args.seed)
        .accounts(args.accounts)
        .listen(args.listen)
        .speed(args.speed)
        .lenient(args.lenient)
        .tier(args.tier);
    if let Some([certificate, key]) = args.tls.as_deref() {
        builder = builder.tls(certificate, key);
    }
    for venue in &args.venue {
        let (name, kind) = parse_venue(venue)?;
        builder = builder.venue_named(name, kind);
    }
    let tape = match &args.tape {
        Some(path) => Tape::recorded(path, args.seed)?,
        None => Tape::recorded_or_generated(args.seed),
    };
    let source = tape.source().to_owned();
    let handle = builder.tape(tape).start().await?;
    announce(&handle, args.json, &source)?;
    interrupted().await?;
    handle.shutdown().await;
    Ok(())
}

fn parse_venue(text: &str) -> Result<(&str, VenueKind), CliError> {
    let (name, kind) = text.split_once('=').unwrap_or((text, text));
    match VenueKind::by_name(kind) {
        Some(kind) if !name.is_empty() => Ok((name, kind)),
        _ => Err(CliError::Venue { given: text.to_owned() }),
    }
}

fn known() -> String {
    let names: Vec<_> = VenueKind::ALL.iter().map(|kind| kind.name()).collect();
    names.join(", ")
}

fn parse_tier(text: &str) -> Result<Tier, String> {
    serde_json::from_value(serde_json::Value::String(text.to_owned()))
        .map_err(|_| "expected starter, intermediate, pro or unlimited".to_owned())
}

/// Says where the venues are: a program reads this, so it goes out whole and at once.
fn announce(handle: &SimHandle, json: bool, source: &str) -> Result<(), std::io::Error> {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    for venue in handle.venues() {
        if json {
            writeln!(out, "{}", serde_json::to_string(venue)?)?;
            continue;
        }
        writeln!(out, "{}", venue.name)?;
        writeln!(out, "  REST     {}", venue.rest)?;
        writeln!(out, "  public   {}", venue.ws_public)?;
        writeln!(out, "  private  {}", venue.ws_private)?;
        writeln!(out, "  admin    {}", venue.admin)?;
        writeln!(out, "  accounts {} (dummy keys: use --json to see them)", venue.accounts.len())?;
    }
    if !json {
        writeln!(out, "tape: {source}. Ctrl-C stops.")?;
    }
    out.flush()
}

async fn interrupted() -> Result<(), std::io::Error> {
    #[cfg(unix)]
    {
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            done = tokio::signal::ctrl_c() => done,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn venues_are_named_by_kind_or_by_name_and_kind() {
        assert_eq!(parse_venue("kraken").unwrap(), ("kraken", VenueKind::Kraken));
        assert_eq!(parse_venue("kraken-b=kraken").unwrap(), ("kraken-b", VenueKind::Kraken));
        for bad in ["", "=kraken", "mtgox", "kraken=mtgox"] {
            assert!(parse_venue(bad).is_err(), "{bad}");
        }
    }

    #[derive(clap::Parser)]
    struct Command {
        #[command(flatten)]
        args: Args,
    }

    #[test]
    fn one_of_each_kind_starts_where_none_is_named() {
        let venues = |line: &[&str]| <Command as clap::Parser>::try_parse_from(line).unwrap().args.venue;
        assert_eq!(venues(&["sim"]).len(), VenueKind::ALL.len());
        assert_eq!(venues(&["sim", "--venue", "okx,kraken-b=kraken"]), ["okx", "kraken-b=kraken"]);
    }

    #[test]
    fn tiers_are_spelt_in_lower_case() {
        assert_eq!(parse_tier("starter").unwrap(), Tier::Starter);
        assert!(parse_tier("Gold").is_err());
    }
}
