//! Live events for a user's screens.

use futures::stream::BoxStream;
use std::sync::Arc;

use crate::{JournalRecord, Position, Timestamp, UserId};

/// Something that a user's screens should show at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserEvent {
    /// Counts up by one for each user while the bus lives; 0 for marks, which are never resumed.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: UserEventKind,
}

/// What happened. Shared, not copied: a bus keeps each event and hands it to every listener.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum UserEventKind {
    /// The journal grew. Receivers read the projections for the state as it is now.
    Journal(Arc<JournalRecord>),
    /// A position changed through a fill.
    Position(Arc<Position>),
    /// Prices of something that the user holds moved. Coalesced: only the newest matters.
    Marked,
}

/// What a subscriber receives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// The next event.
    Event(Arc<UserEvent>),
    /// The subscriber was too slow and events were lost to it: it must read the state anew.
    Lagged,
}

/// What a new subscriber gets.
pub struct Subscription {
    /// Names this run of the sequence; another name means that old numbers say nothing.
    pub stream: String,
    /// The newest number when the subscription began.
    pub last_seq: u64,
    /// What was missed, in order; `None` when it is no longer kept and the state must be read anew.
    pub missed: Option<Vec<Arc<UserEvent>>>,
    /// What comes.
    pub events: BoxStream<'static, Delivery>,
}

impl std::fmt::Debug for Subscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subscription")
            .field("stream", &self.stream)
            .field("last_seq", &self.last_seq)
            .finish_non_exhaustive()
    }
}

/// Ordered events, for each user apart.
pub trait EventBus: Send + Sync {
    /// Numbers an event and hands it to the user's subscribers. Never blocks.
    fn publish(&self, user: UserId, at: Timestamp, kind: UserEventKind);

    /// Listens to a user. `resume` is the stream's name and the last number seen.
    fn subscribe(&self, user: UserId, resume: Option<(&str, u64)>) -> Subscription;
}
