//! `nija bench`: loads on a server of this program, each measured beside a bare reference in the same run.
//!
//! Server, venue, reference and load are processes of their own. On a machine with few cores they share them, so that absolute
//! figures are what such a machine gives; ratios within one run are what counts.

mod figures;
mod frames;
mod http;
mod load;
mod process;
mod reference;
mod report;
mod rows;
mod target;
mod usage;
mod users;

use nija_server::logging::{self, LogFormat};
use std::time::Duration;

use report::Row;

/// What goes wrong ends the run, with words for whoever started it.
pub(crate) type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn failed(what: impl Into<String>) -> Box<dyn std::error::Error + Send + Sync> {
    what.into().into()
}

/// Flags of `nija bench`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Which rows.
    #[arg(value_enum, default_value_t = What::All)]
    what: What,
    /// Seconds of each measurement.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=3600))]
    seconds: u64,
    /// Seconds of the row `users`.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    users_seconds: u64,
    /// Runs of each row, in turns with its reference's; medians are printed. With many the paper users of `http` and `postgres` spend all they have.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=99))]
    runs: u8,
    /// Connections of the rows `http` and `venue`.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u16).range(1..=256))]
    connections: u16,
    /// Users of the row `users`, an order a second each.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    users: u32,
    /// Streams that the row `idle` connects, as far as the limit of open files allows.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    idle_streams: u32,
    /// Clients of the row `streams`.
    #[arg(long, default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    streams: u32,
    /// Measure the server at this address (rows `http` and `streams`), whose limits of rate and risk apply. It trades!
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Print the rows as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum What {
    /// Everything below.
    All,
    /// Orders to their durable answer.
    Http,
    /// The same with the ledger on the PostgreSQL server that NIJA_BENCH_POSTGRES names.
    Postgres,
    /// Orders to the venue's answer.
    Venue,
    /// One order alone, to the venue's answer.
    Alone,
    /// Users who send an order a second each.
    Users,
    /// One user's events to many streams.
    Streams,
    /// Memory of idle streams and of an idle server, and its start.
    Idle,
    /// A reference, told by standard input which one; for `nija bench` itself.
    #[value(hide = true)]
    Reference,
}

impl Args {
    fn measured(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }

    /// Before each measurement the same load runs unmeasured for this long.
    fn warm_up(&self) -> Duration {
        Duration::from_millis(self.seconds * 200).min(Duration::from_secs(2))
    }
}

/// Runs the rows and prints them.
pub(crate) async fn run(args: Args) -> Outcome<()> {
    if args.what == What::Reference {
        return reference::run().await;
    }
    if args.url.is_some() && !matches!(args.what, What::Http | What::Streams) {
        return Err(failed(
            "--url goes with the rows `http` and `streams`: the others need a venue or a process of their own",
        ));
    }
    let subscriber = logging::subscriber(LogFormat::Text, Some("info"), std::io::stderr)?;
    tracing::subscriber::set_global_default(subscriber)?;
    let all = [What::Http, What::Postgres, What::Venue, What::Alone, What::Users, What::Streams, What::Idle];
    let mut rows: Vec<Row> = Vec::new();
    for what in all.into_iter().filter(|what| args.what == What::All || args.what == *what) {
        tracing::info!(?what, "measuring");
        rows.extend(match what {
            What::Http => rows::http(&args).await?,
            What::Postgres => rows::postgres(&args).await?,
            What::Venue => rows::venue(&args).await?,
            What::Alone => rows::alone(&args).await?,
            What::Users => rows::users(&args).await?,
            What::Streams => rows::streams(&args).await?,
            What::Idle => rows::idle(&args).await?,
            What::All | What::Reference => Vec::new(),
        });
    }
    let text = if args.json { serde_json::to_string(&rows)? } else { report::table(&rows) };
    crate::cli::say(&text);
    Ok(())
}
