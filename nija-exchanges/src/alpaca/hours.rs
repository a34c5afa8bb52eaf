//! When the stock market is open, as the venue says it.

use nija_core::{Clock, Timestamp, VenueAccount, VenueError, VenueId};
use std::{sync::Arc, time::Duration};

use super::{market::Market, parse, wire};

/// What the venue said counts this long at most: markets can halt.
const FRESH: Duration = Duration::from_secs(30);

/// The newest answer of `/v2/clock`.
#[derive(Debug, Default)]
pub(super) struct Hours(tokio::sync::Mutex<Option<Known>>);

#[derive(Debug, Clone, Copy)]
struct Known {
    asked_at: Timestamp,
    open: bool,
    next_open: Timestamp,
    next_close: Timestamp,
}

impl Known {
    fn holds(&self, now: Timestamp) -> bool {
        let turns = if self.open { self.next_close } else { self.next_open };
        now >= self.asked_at && now.since(self.asked_at) < FRESH && now < turns
    }
}

impl Market {
    /// Refuses, in words, what must not be sent while the stock market is closed.
    pub(super) async fn must_be_open(&self, account: &VenueAccount, name: &str) -> Result<(), VenueError> {
        let mut known = self.hours.0.lock().await;
        let now = self.clock.now();
        let hours = match *known {
            Some(hours) if hours.holds(now) => hours,
            _ => {
                let answer = self.reference(Some(account), "/v2/clock", Vec::new()).await?;
                let clock: wire::Clock = parse::answer(&self.venue, "clock", &answer)?;
                *known.insert(Known {
                    asked_at: now,
                    open: clock.is_open,
                    next_open: parse::time(&self.venue, "clock.next_open", &clock.next_open)?,
                    next_close: parse::time(&self.venue, "clock.next_close", &clock.next_close)?,
                })
            }
        };
        if hours.open {
            return Ok(());
        }
        Err(closed(&self.venue, name, hours.next_open))
    }
}

fn closed(venue: &VenueId, name: &str, opens: Timestamp) -> VenueError {
    VenueError::Rejected {
        venue: venue.clone(),
        code: "market_closed".to_owned(),
        message: format!(
            "the stock market is closed and opens at {opens}: an order for {name} that is to fill at once would wait and be filled at \
             whatever price it opens with; send it then, or a limit order now"
        ),
    }
}

/// For [`Market`]: the clock that hours are judged by.
pub(super) type SharedClock = Arc<dyn Clock>;
