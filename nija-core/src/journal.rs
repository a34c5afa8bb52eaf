//! The journal: every change of every state, in order. Replaying it gives the same state.

use serde::{Deserialize, Serialize};

use crate::{
    ExecutionReport, Fill, OrderId, OrderIntent, OrderLeg, OrderState, Reason, RouteDecision, Timestamp,
    UserId, VenueOrderId,
};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum JournalEvent {
    /// An intent was taken up; from here on (user, client order id) names it.
    IntentAccepted {
        /// The intent.
        intent: OrderIntent,
    },
    /// Risk let it through and the router chose a venue; durable before a byte leaves. Again at each failover.
    Routed {
        /// The order.
        order: OrderId,
        /// All candidates and why.
        decision: RouteDecision,
        /// What will be sent.
        leg: OrderLeg,
    },
    /// The router found no venue; the order's end follows as a `StateChanged`.
    NotRouted {
        /// The order.
        order: OrderId,
        /// All candidates and why not.
        decision: RouteDecision,
    },
    /// An order changed state.
    StateChanged {
        /// The order.
        order: OrderId,
        /// Its new state.
        state: OrderState,
        /// Why, where there is something to say.
        reason: Option<Reason>,
        /// The venue's id, once known.
        venue_order_id: Option<VenueOrderId>,
    },
    /// An execution at a venue; recorded once for each execution id.
    Filled(Fill),
    /// An order that was found at the venue and that the journal did not know: external, left alone.
    ExternalOrder {
        /// What the venue says of it.
        report: ExecutionReport,
    },
    /// The user paused (`true`) or resumed (`false`) trading.
    Paused {
        /// Whether entries are refused from now on.
        paused: bool,
    },
}

impl JournalEvent {
    /// Its name in the journal: what `type` says in its JSON.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::IntentAccepted { .. } => "intent_accepted",
            Self::Routed { .. } => "routed",
            Self::NotRouted { .. } => "not_routed",
            Self::StateChanged { .. } => "state_changed",
            Self::Filled(_) => "filled",
            Self::ExternalOrder { .. } => "external_order",
            Self::Paused { .. } => "paused",
        }
    }

    /// The order that the event is about.
    #[must_use]
    pub const fn order(&self) -> Option<OrderId> {
        match self {
            Self::IntentAccepted { intent } => Some(intent.id),
            Self::Routed { order, .. } | Self::NotRouted { order, .. } | Self::StateChanged { order, .. } => {
                Some(*order)
            }
            Self::Filled(fill) => fill.order,
            Self::ExternalOrder { .. } | Self::Paused { .. } => None,
        }
    }
}

/// An event with its place in the journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalRecord {
    /// Its place: grows by one over the whole journal.
    pub seq: u64,
    /// Whose.
    pub user: UserId,
    /// When it was recorded.
    pub at: Timestamp,
    /// What happened.
    pub event: JournalEvent,
}
