//! What a venue's streams ask over HTTP by themselves. It goes through the venue's lane as every question does: it counts in the budgets, waits
//! while the venue wants nothing sent, and a limit or a ban that it meets holds up orders as well.

use async_trait::async_trait;
use nija_core::{StreamLane, StreamPass, UserId, VenueError};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

use super::venue::Venue;
use crate::lane::Sending;

/// The lane of a venue, for its streams.
struct Calls(Arc<Venue>);

#[async_trait]
impl StreamLane for Calls {
    async fn enter(&self, user: Option<UserId>) -> Result<StreamPass, VenueError> {
        let venue = self.0.clone();
        // Each of its requests enters by itself, so that none has another to give up.
        drop(venue.lane.read_token(user, Sending::Stream).await.map_err(|wait| venue.silent_for(wait))?);
        let began = Instant::now();
        Ok(StreamPass::new(move |error| {
            let outcome = error.map_or(Ok(()), |error| Err(error.clone()));
            // The figures of what is used up come with the engine's own calls; what streams used is in them.
            venue.lane.note_read(user, venue.heard(&outcome), began, &[]);
        }))
    }

    fn held(&self, user: Option<UserId>) -> Option<Duration> {
        self.0.lane.held_reading(user)
    }
}

impl Venue {
    /// The way of its streams to its HTTP.
    pub(super) fn stream_lane(self: &Arc<Self>) -> Arc<dyn StreamLane> {
        Arc::new(Calls(self.clone()))
    }
}
