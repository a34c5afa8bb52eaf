//! `nija serve`.

use nija_server::{
    DemoLogin, RunningServer, ServerConfig,
    config::{self, ConfigError},
    logging::{self, LogFormat},
};
use std::{error::Error, net::SocketAddr, path::PathBuf};
use tokio::signal::unix::{SignalKind, signal};

use super::say;

/// Flags win over `NIJA_...` variables, variables over `nija.toml`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The configuration file; `./nija.toml` where there is one.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where the API and the dashboard listen.
    #[arg(long, value_name = "HOST:PORT")]
    listen: Option<SocketAddr>,
    /// Where /metrics listens, apart from the API.
    #[arg(long, value_name = "HOST:PORT")]
    metrics_listen: Option<SocketAddr>,
    /// Folder of the databases and the vault's root key. Default: $XDG_DATA_HOME/nija, else ~/.local/share/nija;
    /// for a demo a temporary folder.
    #[arg(long, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    /// A venue: KIND or ID:KIND for the real one, or KIND=REST_URL,WS_PUBLIC_URL,WS_PRIVATE_URL. Repeatable.
    #[arg(long, value_name = "VENUE", value_parser = config::parse_venue)]
    venue: Vec<nija::VenueConfig>,
    /// Leave the paper venue out.
    #[arg(long)]
    no_paper: bool,
    /// Start two simulated exchanges, a demo user and a small strategy.
    #[arg(long)]
    demo: bool,
    /// Print one line of JSON on standard output when ready.
    #[arg(long)]
    json: bool,
    /// How logs are written, on standard error. NIJA_LOG (else RUST_LOG) filters them, `info` by default.
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
}

/// Serves until interrupted or terminated, then drains.
pub(super) async fn run(args: Args) -> Result<(), Box<dyn Error>> {
    let filter = std::env::var("NIJA_LOG").or_else(|_| std::env::var("RUST_LOG")).ok();
    let subscriber = logging::subscriber(args.log_format, filter.as_deref(), std::io::stderr)
        .map_err(|error| ConfigError(format!("the log filter in NIJA_LOG or RUST_LOG: {error}")))?;
    tracing::subscriber::set_global_default(subscriber)?;
    // Listened for from here on, so that a signal during start-up is not lost.
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let json = args.json;
    let server = nija_server::start(configure(args)?).await?;
    announce(&server, json);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    tracing::info!("shutting down");
    tokio::select! {
        () = server.shutdown() => Ok(()),
        // A second signal does not wait for the drain.
        _ = interrupt.recv() => Err("interrupted while draining".into()),
    }
}

fn configure(args: Args) -> Result<ServerConfig, ConfigError> {
    let environment =
        std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
    let mut config = config::load(args.config.as_deref(), environment)?;
    config.listen = args.listen.unwrap_or(config.listen);
    config.metrics_listen = args.metrics_listen.or(config.metrics_listen);
    config.data_dir = args.data_dir.or(config.data_dir);
    config.demo |= args.demo;
    if args.no_paper {
        config.venues.retain(|venue| !matches!(venue, nija::VenueConfig::Paper(_)));
    }
    for venue in args.venue {
        // A flag stands for the venue of that name in the file.
        config.venues.retain(|known| known.venue() != venue.venue());
        config.venues.push(venue);
    }
    Ok(config)
}

fn announce(server: &RunningServer, json: bool) {
    if json {
        return say(&ready_line(&server.url, server.demo.as_ref(), server.admin_token.as_deref()));
    }
    say(&format!("NIJA is at {}  (API: {}/docs)", server.url, server.url));
    say(&format!("Data: {}", server.data_dir.display()));
    if let Some(DemoLogin { email, password }) = &server.demo {
        say(&format!("Demo login: {email}  password: {password}"));
    }
    if let Some(token) = &server.admin_token {
        say(&format!("Nobody is an administrator. Sign up, then: NIJA_ADMIN_TOKEN={token} nija kill claim"));
    }
    say("Ctrl-C stops.");
}

fn ready_line(url: &str, demo: Option<&DemoLogin>, admin_token: Option<&str>) -> String {
    let mut line = serde_json::json!({ "url": url });
    if let Some(DemoLogin { email, password }) = demo {
        line["demo"] = serde_json::json!({ "email": email, "password": password });
    }
    if let Some(token) = admin_token {
        line["admin_token"] = token.into();
    }
    line.to_string()
}
