//! The venues that a command asks, without keys and without a server.

use nija_core::{Clock, Executor, SystemClock};
use nija_server::config::{self, ConfigError};
use std::{error::Error, path::PathBuf, sync::Arc, time::Duration};

/// Which venues.
#[derive(Debug, clap::Args)]
pub(super) struct Reach {
    /// The configuration file whose venues are asked; `./nija.toml` where there is one.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Ask this venue instead: KIND or ID:KIND for the real one, or KIND=REST_URL,WS_PUBLIC_URL,WS_PRIVATE_URL. Repeatable.
    #[arg(long, value_name = "VENUE", value_parser = config::parse_venue)]
    venue: Vec<nija::VenueConfig>,
    /// Seconds that a venue has to answer.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=300))]
    timeout: u64,
}

impl Reach {
    pub(super) fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout)
    }

    /// Executors of the venues; none is connected yet.
    pub(super) fn executors(&self) -> Result<Vec<Arc<dyn Executor>>, Box<dyn Error>> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let environment =
            std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
        let venues = if self.venue.is_empty() {
            config::load(self.config.as_deref(), environment)?.venues
        } else {
            self.venue.clone()
        };
        if venues.is_empty() {
            let what = "no venue to ask; name one with --venue, or add [[venue]] to nija.toml";
            return Err(ConfigError(what.into()).into());
        }
        Ok(venues.iter().map(|venue| venue.executor(&clock)).collect::<Result<_, _>>()?)
    }
}
