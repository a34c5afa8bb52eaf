//! The journal: every change of every state, in order. Replaying it gives the same state.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    Dust, ExecutionMethod, ExecutionReport, Fill, HitCause, KillId, KillScope, OrderId, OrderIntent,
    OrderLeg, OrderSize, OrderState, Price, ProtectionId, ProtectionPart, ProtectionPlan, Reason,
    RiskStanding, RouteDecision, RoutingPreference, Symbol, Timestamp, Unconfirmed, UserId, VenueId,
    VenueOrderId,
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
    /// An order is carried out by others from now on: each is an intent of its own with this order as its parent.
    Scheduled {
        /// The order.
        order: OrderId,
        /// How.
        method: ExecutionMethod,
        /// How much of what was wanted risk let through; all of it where it is missing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        size: Option<OrderSize>,
        /// All candidates and why, where the venues were chosen at once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        decision: Option<RouteDecision>,
    },
    /// An order that is carried out by others gets no more of them; its end follows once those that are there have ended.
    Stopped {
        /// The order.
        order: OrderId,
        /// Why.
        reason: Reason,
    },
    /// The user wants an order gone of which nobody could say yet that it is: the wish is carried out once that is possible.
    CancelWished {
        /// The order.
        order: OrderId,
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
        /// When the attempt that it is about left for its venue, on the first change after that.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sent_at: Option<Timestamp>,
    },
    /// An attempt is provably dead: the next one, or the order's end, follows in the same batch.
    AttemptEnded {
        /// The order.
        order: OrderId,
        /// Which attempt.
        attempt: u32,
        /// When it left for its venue; missing when it never did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sent_at: Option<Timestamp>,
        /// Why it is dead.
        reason: Reason,
    },
    /// An execution at a venue; recorded once for each execution id.
    Filled(Fill),
    /// A fee that counted as nothing, since nobody told what its asset was worth when the execution went on record, is worth something after
    /// all. Once for each execution.
    FeeValued {
        /// The execution as it was recorded, with what its fee is worth.
        fill: Fill,
    },
    /// An order that was found at the venue and that the journal did not know: external, left alone.
    ExternalOrder {
        /// What the venue says of it.
        report: ExecutionReport,
    },
    /// The user changed their own limits, or took a loosening back that waited.
    RiskSettingsChanged {
        /// What holds now, and what takes effect later.
        standing: RiskStanding,
    },
    /// The user paused (`true`) or resumed (`false`) trading.
    Paused {
        /// Whether entries are refused from now on.
        paused: bool,
    },
    /// A kill switch was thrown: from here on no entry in its scope is sent.
    KillSwitchOn {
        /// This use of it.
        id: KillId,
        /// What it stops.
        scope: KillScope,
        /// Whether positions are closed as well.
        flatten: bool,
    },
    /// A kill switch has done what it could; it stays on.
    KillSwitchDone {
        /// Which use of it.
        id: KillId,
        /// What it stops.
        scope: KillScope,
        /// Whether no order and no position was left, as the venues said.
        flat: bool,
        /// What could not be confirmed.
        left: Vec<Unconfirmed>,
        /// Positions too small to be closed.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        dust: Vec<Dust>,
    },
    /// An open position, or the one that the fill after it opens, is guarded by this from now on.
    ProtectionSet {
        /// This setting of it.
        id: ProtectionId,
        /// Where.
        venue: VenueId,
        /// Of what.
        symbol: Symbol,
        /// What was wanted.
        plan: ProtectionPlan,
        /// The entry that brought it along.
        order: Option<OrderId>,
        /// Base units that the position has then.
        held: Decimal,
    },
    /// A trailing stop followed the market.
    ProtectionMoved {
        /// Which setting.
        id: ProtectionId,
        /// Where.
        venue: VenueId,
        /// Of what.
        symbol: Symbol,
        /// The best price so far.
        mark: Price,
    },
    /// A stop or take-profit went off; the orders that carry it out follow.
    ProtectionHit {
        /// Which setting.
        id: ProtectionId,
        /// Where.
        venue: VenueId,
        /// Of what.
        symbol: Symbol,
        /// Which part.
        part: ProtectionPart,
        /// The price seen, where it was seen here.
        price: Option<Price>,
        /// What set it off.
        #[serde(default, skip_serializing_if = "HitCause::is_price")]
        cause: HitCause,
    },
    /// A take-profit's share is gone.
    ProtectionTaken {
        /// Which setting.
        id: ProtectionId,
        /// Where.
        venue: VenueId,
        /// Of what.
        symbol: Symbol,
        /// Which take-profit, from 0.
        take_profit: usize,
    },
    /// A protection was taken away.
    ProtectionRemoved {
        /// Which setting.
        id: ProtectionId,
        /// Where.
        venue: VenueId,
        /// Of what.
        symbol: Symbol,
    },
    /// A kill switch was taken off.
    KillSwitchOff {
        /// What it stopped.
        scope: KillScope,
    },
    /// The user chose how venues are chosen.
    RoutingPreferred {
        /// What from now on; nothing of it follows the platform.
        preference: RoutingPreference,
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
            Self::Scheduled { .. } => "scheduled",
            Self::Stopped { .. } => "stopped",
            Self::CancelWished { .. } => "cancel_wished",
            Self::StateChanged { .. } => "state_changed",
            Self::AttemptEnded { .. } => "attempt_ended",
            Self::Filled(_) => "filled",
            Self::FeeValued { .. } => "fee_valued",
            Self::ExternalOrder { .. } => "external_order",
            Self::RiskSettingsChanged { .. } => "risk_settings_changed",
            Self::Paused { .. } => "paused",
            Self::KillSwitchOn { .. } => "kill_switch_on",
            Self::KillSwitchDone { .. } => "kill_switch_done",
            Self::KillSwitchOff { .. } => "kill_switch_off",
            Self::RoutingPreferred { .. } => "routing_preferred",
            Self::ProtectionSet { .. } => "protection_set",
            Self::ProtectionMoved { .. } => "protection_moved",
            Self::ProtectionHit { .. } => "protection_hit",
            Self::ProtectionTaken { .. } => "protection_taken",
            Self::ProtectionRemoved { .. } => "protection_removed",
        }
    }

    /// The kill switch that the event is about.
    #[must_use]
    pub const fn kill_scope(&self) -> Option<&KillScope> {
        match self {
            Self::KillSwitchOn { scope, .. }
            | Self::KillSwitchDone { scope, .. }
            | Self::KillSwitchOff { scope } => Some(scope),
            _ => None,
        }
    }

    /// Where and of what the protection is that the event is about.
    #[must_use]
    pub const fn protected(&self) -> Option<(&VenueId, &Symbol)> {
        match self {
            Self::ProtectionSet { venue, symbol, .. }
            | Self::ProtectionMoved { venue, symbol, .. }
            | Self::ProtectionHit { venue, symbol, .. }
            | Self::ProtectionTaken { venue, symbol, .. }
            | Self::ProtectionRemoved { venue, symbol, .. } => Some((venue, symbol)),
            _ => None,
        }
    }

    /// The routing decision that the event carries out, with its order: where it goes, that it goes nowhere, or which venues share it. What was
    /// compared before an order was sliced decided nothing.
    #[must_use]
    pub const fn decision(&self) -> Option<(OrderId, &RouteDecision)> {
        match self {
            Self::Routed { order, decision, .. }
            | Self::NotRouted { order, decision }
            | Self::Scheduled { order, method: ExecutionMethod::Split, decision: Some(decision), .. } => {
                Some((*order, decision))
            }
            _ => None,
        }
    }

    /// The order that the event is about.
    #[must_use]
    pub const fn order(&self) -> Option<OrderId> {
        match self {
            Self::IntentAccepted { intent } => Some(intent.id),
            Self::Routed { order, .. }
            | Self::NotRouted { order, .. }
            | Self::Scheduled { order, .. }
            | Self::CancelWished { order }
            | Self::Stopped { order, .. }
            | Self::StateChanged { order, .. }
            | Self::AttemptEnded { order, .. } => Some(*order),
            Self::Filled(fill) | Self::FeeValued { fill } => fill.order,
            Self::ExternalOrder { .. }
            | Self::RiskSettingsChanged { .. }
            | Self::Paused { .. }
            | Self::KillSwitchOn { .. }
            | Self::KillSwitchDone { .. }
            | Self::KillSwitchOff { .. }
            | Self::RoutingPreferred { .. }
            | Self::ProtectionSet { .. }
            | Self::ProtectionMoved { .. }
            | Self::ProtectionHit { .. }
            | Self::ProtectionTaken { .. }
            | Self::ProtectionRemoved { .. } => None,
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
