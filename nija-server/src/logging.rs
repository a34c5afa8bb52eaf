//! Logs, on standard error.

use std::io::IsTerminal;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

/// How lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Crates that write what crosses the wire into their trace logs: tokens, tickets, signed requests. Whatever the filter asks for,
/// they are held at `info`.
const HELD: [&str; 12] = [
    "h2",
    "hyper",
    "hyper_util",
    "reqwest",
    "rustls",
    "tokio_tungstenite",
    "tower",
    "tower_http",
    "tungstenite",
    "axum",
    "rusqlite",
    "hickory_resolver",
];

/// A subscriber of this filter (`NIJA_LOG` by default, else `info`) that writes to `writer`.
///
/// # Errors
/// When the filter cannot be read.
pub fn subscriber<W>(
    format: LogFormat,
    filter: Option<&str>,
    writer: W,
) -> Result<Box<dyn tracing::Subscriber + Send + Sync>, tracing_subscriber::filter::ParseError>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let mut filter = EnvFilter::try_new(filter.unwrap_or("info"))?;
    for target in HELD {
        filter = filter.add_directive(format!("{target}=info").parse()?);
    }
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    Ok(match format {
        LogFormat::Text => Box::new(builder.with_ansi(std::io::stderr().is_terminal()).finish()),
        LogFormat::Json => Box::new(builder.json().flatten_event(true).finish()),
    })
}
