//! The simulated exchanges.

use nija::{VenueAddresses, VenueConfig};
use nija_core::{Clock, Symbol, SystemClock, VenueId};
use nija_sim::{Sim, SimHandle, Tape, VenueKind};

use std::sync::Arc;

use crate::{config::ServerConfig, serve::StartError};

/// Those that trade dollars, each under the name of its kind.
const VENUES: [VenueKind; 2] = [VenueKind::Kraken, VenueKind::Coinbase];
/// What the strategy trades.
pub(super) const SYMBOLS: [&str; 3] = ["BTC-USD", "ETH-USD", "SOL-USD"];
const SEED: u64 = 7;

pub(super) async fn start(config: &mut ServerConfig) -> Result<SimHandle, StartError> {
    // Somebody who tries it looks for minutes.
    config.equity.every_seconds = config.equity.every_seconds.min(15);
    if let Some(taken) =
        config.venues.iter().find(|venue| VENUES.iter().any(|kind| kind.name() == venue.venue().as_str()))
    {
        let what =
            format!("the demo brings its own venue {}; configure yours under another name", taken.venue());
        return Err(StartError::demo(what));
    }
    let builder = Sim::builder().seed(SEED).accounts(0).tape(Tape::recorded_or_generated(SEED));
    let sim = builder.venues(VENUES).start().await.map_err(StartError::demo)?;
    for venue in sim.venues() {
        let id = VenueId::new(&venue.name).map_err(StartError::demo)?;
        let addresses = VenueAddresses {
            rest: venue.rest.clone(),
            ws_public: venue.ws_public.clone(),
            ws_private: venue.ws_private.clone(),
        };
        let at = VenueConfig::at(venue.kind.name(), id, addresses);
        config.venues.push(at.ok_or_else(|| StartError::demo("a simulated venue of an unknown kind"))?);
    }
    // A user who has no key yet sees the same market.
    let is_paper =
        |venue: &VenueConfig| matches!(venue, VenueConfig::Paper(paper) if paper.venue.as_str() == "paper");
    if let Some(first) = config.venues.iter().find(|venue| venue.venue().as_str() == VENUES[0].name())
        && let Some(place) = config.venues.iter().position(is_paper)
    {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        config.venues[place] = VenueConfig::paper_over(first, &clock).map_err(StartError::demo)?;
    }
    for text in SYMBOLS {
        let symbol = Symbol::new(text).map_err(StartError::demo)?;
        if !config.engine.symbols.contains(&symbol) {
            config.engine.symbols.push(symbol);
        }
    }
    Ok(sim)
}
